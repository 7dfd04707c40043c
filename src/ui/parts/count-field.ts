/** @file How many pictures are ordered at once; their seeds count up. */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, query, state } from 'lit/decorators.js';
import { translate } from '../../locale/index.ts';
import { controlStyles } from './control-styles.ts';
import { LocaleController } from './locale-controller.ts';

/** As many as anyone looks through; more can be ordered again. */
const MOST = 100;

@customElement('emulsion-count-field')
export class EmulsionCountField extends LitElement {
  static override styles = [
    controlStyles,
    css`
      :host {
        position: relative;
        display: block;
      }

      label {
        position: absolute;
        inset-block: 0;
        inset-inline-start: var(--space-3);
        display: grid;
        align-items: center;
        pointer-events: none;
      }

      input:not([type='range']) {
        width: 4.5rem;
        height: 100%;
        min-height: 3rem;
        padding-inline: var(--space-6) var(--space-1);
        font-variant-numeric: tabular-nums;
      }

      input[aria-invalid='true'] {
        border-color: var(--accent);
      }

      .error {
        position: absolute;
        z-index: 1;
        inset-block-start: calc(100% + var(--space-1));
        width: max-content;
        max-width: 15rem;
        padding: var(--space-1) var(--space-2);
        border: 1px solid var(--accent);
        border-radius: var(--radius-small);
        background: var(--surface);
        color: var(--accent);
        font-size: var(--text-small);
      }
    `,
  ];

  @state() private text = '1';
  @state() private isInvalid = false;
  @query('input') private readonly input!: HTMLInputElement;

  constructor() {
    super();
    new LocaleController(this);
  }

  /** Pictures of the next order; `undefined`, with a message in the field, where no such number is written. */
  take(): number | undefined {
    const count = Number(this.text);
    this.isInvalid = !(Number.isInteger(count) && count >= 1 && count <= MOST);
    if (!this.isInvalid) return count;
    this.input.focus();
    return undefined;
  }

  protected override render(): TemplateResult {
    return html`
      <label for="count"
        ><span aria-hidden="true">×</span> <span class="visually-hidden">${translate('count')}</span></label
      >
      <input
        id="count"
        type="number"
        inputmode="numeric"
        min="1"
        max=${MOST}
        title=${translate('countHint')}
        .value=${this.text}
        aria-invalid=${this.isInvalid}
        aria-describedby=${this.isInvalid ? 'error' : nothing}
        @input=${this.onInput}
      />
      <p id="error" class="error" role="alert" ?hidden=${!this.isInvalid}>
        ${translate('countInvalid', MOST)}
      </p>
    `;
  }

  private readonly onInput = (): void => {
    this.text = this.input.value;
    this.isInvalid = false;
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'emulsion-count-field': EmulsionCountField;
  }
}
