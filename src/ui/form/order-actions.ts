/** @file The buttons of the form that start and stop: how many pictures, generate, cancel, and drafts while writing. */
import { css, html, LitElement, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query } from 'lit/decorators.js';
import { translate } from '../../locale/index.ts';
import { controlStyles } from '../parts/control-styles.ts';
import '../parts/count-field.ts';
import { keyShortcuts, shortcut } from '../parts/key-names.ts';
import { KEYS } from '../parts/keys.ts';
import { LocaleController } from '../parts/locale-controller.ts';

/**
 * @fires order - pictures are wanted
 * @fires cancel-picture - what is being made is wanted no more; bubbles
 * @fires switch-live - `CustomEvent<boolean>`, bubbles
 */
@customElement('emulsion-order-actions')
export class EmulsionOrderActions extends LitElement {
  static override styles = [
    controlStyles,
    css`
      :host {
        display: grid;
        gap: var(--space-2);
      }

      .actions {
        display: flex;
        flex-wrap: wrap;
        gap: var(--space-2);
      }

      .primary {
        flex: 1;
        min-height: 3rem;
        font-size: 1rem;
      }

      .cancel {
        min-height: 3rem;
      }

      kbd {
        font: inherit;
        font-size: var(--text-small);
        font-weight: 400;
        opacity: 0.85;
      }

      .live {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 0 var(--space-3);
      }

      .live label {
        display: flex;
        align-items: center;
        gap: var(--space-2);
        min-height: 1.5rem;
        cursor: pointer;
      }

      @media (hover: none) {
        kbd {
          display: none;
        }
      }
    `,
  ];

  /** Whether a model is open. */
  @property({ type: Boolean }) ready = false;
  /** Whether an order waits for the model. */
  @property({ type: Boolean }) waiting = false;
  /** Whether an order joins others. */
  @property({ type: Boolean }) queued = false;
  @property({ type: Boolean }) running = false;
  @property({ type: Boolean }) cancelling = false;
  @property({ type: Boolean }) live = false;
  /** Seconds that the last draft took. */
  @property({ attribute: false }) draftSeconds: number | undefined;
  @query('emulsion-count-field') private readonly countField!: HTMLElementTagNameMap['emulsion-count-field'];
  @query('.cancel') private readonly cancelButton!: HTMLButtonElement;
  @query('.primary') private readonly generateButton!: HTMLButtonElement;

  constructor() {
    super();
    new LocaleController(this);
  }

  /** Pictures of the next order; `undefined`, with a message in the field, where no such number is written. */
  takeCount(): number | undefined {
    return this.countField.take();
  }

  /** What comes next is to generate. */
  focusGenerate(): void {
    this.generateButton.focus();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    // The cancel button is about to be hidden, with the focus it may have; what comes next is to generate again.
    const isOver = changed.get('running') === true;
    if (isOver && this.shadowRoot?.activeElement === this.cancelButton) this.focusGenerate();
  }

  protected override render(): TemplateResult {
    return html`
      <div class="actions">
        <emulsion-count-field></emulsion-count-field>
        <button
          type="button"
          class="primary"
          aria-disabled=${!this.ready}
          aria-keyshortcuts=${keyShortcuts(KEYS.generate)}
          title=${translate('generateNext', shortcut(KEYS.generateNext))}
          @click=${() => this.dispatchEvent(new Event('order'))}
        >
          ${
            this.waiting
              ? translate('modelOpening')
              : this.queued
                ? translate('generateQueued')
                : html`${translate('generate')} <kbd aria-hidden="true">${shortcut(KEYS.generate)}</kbd>`
          }
        </button>
        <button
          type="button"
          class="cancel"
          ?hidden=${!this.running}
          aria-disabled=${this.cancelling}
          aria-keyshortcuts=${keyShortcuts(KEYS.escape)}
          @click=${this.onCancel}
        >
          ${translate(this.cancelling ? 'cancelling' : 'cancel')}
          <kbd aria-hidden="true">${shortcut(KEYS.escape)}</kbd>
        </button>
      </div>
      <div class="live">
        <label>
          <input
            type="checkbox"
            role="switch"
            aria-describedby="live-hint"
            aria-checked=${this.live}
            .checked=${this.live}
            @change=${this.onSwitch}
          />
          ${translate('live')}
        </label>
        <p id="live-hint" class="hint">${this.liveHint}</p>
      </div>
    `;
  }

  private get liveHint(): string {
    if (!this.live) return translate('liveOff');
    return this.draftSeconds === undefined
      ? translate('liveOn')
      : translate('liveCost', this.draftSeconds.toFixed(1));
  }

  private readonly onSwitch = (event: Event): void => {
    const { checked: detail } = event.target as HTMLInputElement;
    this.dispatchEvent(new CustomEvent<boolean>('switch-live', { detail, bubbles: true, composed: true }));
  };

  private readonly onCancel = (): void => {
    this.dispatchEvent(new Event('cancel-picture', { bubbles: true, composed: true }));
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'emulsion-order-actions': EmulsionOrderActions;
  }
}
