/** @file The size of the picture: usual shapes as chips, or any multiple the model can paint. */
import { css, html, LitElement, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { ModelDescription } from '../engine/protocol/model.ts';
import { translate } from '../locale/index.ts';
import { controlStyles } from './control-styles.ts';
import { LocaleController } from './locale-controller.ts';
import { isSameSize, sizeChoices, snapSide, type PictureSize } from './picture-size.ts';

/** Every size that leaves this field is one the model can paint. */
@customElement('emulsion-size-field')
export class EmulsionSizeField extends LitElement {
  static override styles = [
    controlStyles,
    css`
      fieldset {
        display: grid;
        gap: var(--space-2);
      }

      legend {
        margin-bottom: var(--space-1);
      }

      .chips {
        display: flex;
        flex-wrap: wrap;
        gap: var(--space-1);
      }

      .chip {
        flex: 1 0 auto;
        font-variant-numeric: tabular-nums;
      }

      .sides {
        display: grid;
        grid-template-columns: 1fr auto 1fr;
        align-items: center;
        gap: var(--space-2);
      }
    `,
  ];

  /** Its own size is taken over when another model is set. */
  @property({ attribute: false }) model: ModelDescription | undefined;
  @state() private size: PictureSize = { width: 512, height: 512 };

  constructor() {
    super();
    new LocaleController(this);
  }

  /** The size for the next picture. */
  take(): PictureSize {
    this.size = { width: this.snap(this.size.width), height: this.snap(this.size.height) };
    return this.size;
  }

  /** Takes over a size. */
  set(size: PictureSize): void {
    this.size = size;
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('model') && this.model)
      this.size = { width: this.model.width, height: this.model.height };
  }

  protected override render(): TemplateResult {
    const choices = this.model ? sizeChoices(this.model, this.model.sizeMultiple) : [];
    return html`
      <fieldset aria-describedby="hint">
        <legend>${translate('size')}</legend>
        <div class="chips">
          ${choices.map(
            (choice) => html`
              <button
                type="button"
                class="chip"
                aria-pressed=${isSameSize(choice, this.size)}
                @click=${() => (this.size = { width: choice.width, height: choice.height })}
              >
                ${choice.label}
              </button>
            `,
          )}
        </div>
        <div class="sides">
          ${this.renderSide('width')}
          <span aria-hidden="true">×</span>
          ${this.renderSide('height')}
        </div>
        <p id="hint" class="hint" ?hidden=${!this.model}>${translate('sizeHint', this.multiple)}</p>
      </fieldset>
    `;
  }

  private renderSide(side: keyof PictureSize): TemplateResult {
    return html`
      <input
        type="number"
        aria-label=${translate(side)}
        .value=${String(this.size[side])}
        min=${this.multiple}
        step=${this.multiple}
        @input=${(event: Event) => this.setSide(side, readNumber(event))}
        @change=${(event: Event) => this.setSide(side, this.snap(readNumber(event)))}
      />
    `;
  }

  private get multiple(): number {
    return this.model?.sizeMultiple ?? 1;
  }

  private snap(value: number): number {
    return snapSide(value, this.multiple);
  }

  private setSide(side: keyof PictureSize, value: number): void {
    this.size = { ...this.size, [side]: value };
  }
}

function readNumber(event: Event): number {
  return (event.target as HTMLInputElement).valueAsNumber;
}

declare global {
  interface HTMLElementTagNameMap {
    'emulsion-size-field': EmulsionSizeField;
  }
}
