/** @file The seed: drawn anew for every picture, or kept. */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, query, state } from 'lit/decorators.js';
import { translate } from '../../locale/index.ts';
import { controlStyles } from '../parts/control-styles.ts';
import { diceIcon } from '../parts/icons.ts';
import { LocaleController } from '../parts/locale-controller.ts';
import { parseSeed, randomSeed } from '../settings/seed.ts';

/** Typing a seed or rolling one keeps it; "Random" draws a new one for each picture and shows it. */
@customElement('emulsion-seed-field')
export class EmulsionSeedField extends LitElement {
  static override styles = [
    controlStyles,
    css`
      :host {
        display: grid;
        gap: var(--space-1);
      }

      .head,
      .row,
      .random {
        display: flex;
        align-items: center;
        gap: var(--space-2);
      }

      .head {
        justify-content: space-between;
        min-height: 1.5rem;
      }

      .random {
        min-height: 1.5rem;
        cursor: pointer;
      }

      input[aria-invalid='true'] {
        border-color: var(--accent);
      }

      input {
        font-variant-numeric: tabular-nums;
      }

      .error {
        margin-top: var(--space-1);
        color: var(--accent);
        font-size: var(--text-small);
      }
    `,
  ];

  @state() private isRandom = true;
  /** Whether a seed that is held was a random one. */
  private wasRandom = false;
  @state() private text = String(randomSeed());
  @state() private isInvalid = false;
  @query('#seed') private readonly input!: HTMLInputElement;

  constructor() {
    super();
    new LocaleController(this);
  }

  /** The seed for the next picture; `undefined`, with a message in the field, where none is written. */
  take(): bigint | undefined {
    if (this.isRandom) this.text = String(randomSeed());
    const seed = parseSeed(this.text);
    this.isInvalid = seed === undefined;
    if (this.isInvalid) this.input.focus();
    return seed;
  }

  /** The seed that is written, where it is one. */
  get written(): bigint | undefined {
    return parseSeed(this.text);
  }

  /** Whether every picture gets another one, once no seed is held. */
  get isDrawn(): boolean {
    return this.isRandom || this.wasRandom;
  }

  /** Holds the seed that is written, and lets it go to what it was before. */
  hold(isHeld: boolean): void {
    if (isHeld) this.wasRandom = this.isRandom;
    this.isRandom = !isHeld && (this.isRandom || this.wasRandom);
  }

  /** Takes over a seed and keeps it. */
  set(seed: bigint): void {
    this.keep(String(seed));
  }

  protected override render(): TemplateResult {
    return html`
      <div class="head">
        <label for="seed">${translate('seed')}</label>
        <label class="random">
          <input type="checkbox" .checked=${this.isRandom} @change=${this.onRandomChange} />
          ${translate('seedRandom')}
        </label>
      </div>
      <div class="row">
        <input
          id="seed"
          inputmode="numeric"
          autocomplete="off"
          spellcheck="false"
          maxlength="20"
          .value=${this.text}
          aria-invalid=${this.isInvalid}
          aria-describedby=${this.isInvalid ? 'error' : nothing}
          @input=${this.onInput}
        />
        <button
          type="button"
          class="icon"
          aria-label=${translate('seedRoll')}
          title=${translate('seedRoll')}
          @click=${this.onRoll}
        >
          ${diceIcon}
        </button>
      </div>
      <p id="error" class="error" role="alert" ?hidden=${!this.isInvalid}>${translate('seedInvalid')}</p>
    `;
  }

  private readonly onInput = (): void => this.keep(this.input.value);

  private readonly onRoll = (): void => this.keep(String(randomSeed()));

  private readonly onRandomChange = (event: Event): void => {
    this.isRandom = this.wasRandom = (event.target as HTMLInputElement).checked;
    if (this.isRandom) this.isInvalid = false;
  };

  private keep(text: string): void {
    this.text = text;
    this.isRandom = this.wasRandom = false;
    this.isInvalid = false;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'emulsion-seed-field': EmulsionSeedField;
  }
}
