/**
 * @file The size of the picture: what the model was trained for and usual shapes as chips, or any multiple that it can paint;
 * with the ratio kept on demand, and the sides swapped. What cannot be painted on this device is there with the reason.
 */
import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { ModelDescription } from '../../engine/protocol/model.ts';
import { translate } from '../../locale/index.ts';
import { controlStyles, disclosureStyles } from '../parts/control-styles.ts';
import { lockIcon, swapIcon, unlockIcon } from '../parts/icons.ts';
import { LocaleController } from '../parts/locale-controller.ts';
import {
  isSameSize,
  shapeSizes,
  sizeLabel,
  snapSide,
  trainedSizes,
  type PictureSize,
  type SizeChoice,
} from '../settings/picture-size.ts';
import { sizeRemark, type SizeRefusals } from '../settings/size-refusals.ts';

/** Every size that leaves this field is one the model can paint. */
@customElement('emulsion-size-field')
export class EmulsionSizeField extends LitElement {
  static override styles = [
    controlStyles,
    disclosureStyles,
    css`
      fieldset {
        display: grid;
        gap: var(--space-2);
      }

      legend {
        margin-bottom: var(--space-1);
      }

      .chips {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(4.75rem, 1fr));
        gap: var(--space-1);
      }

      .chip {
        padding: 0 var(--space-2);
        font-variant-numeric: tabular-nums;
      }

      details .chips {
        margin-top: var(--space-2);
      }

      .sides {
        display: grid;
        grid-template-columns: minmax(0, 1fr) auto minmax(0, 1fr) auto auto;
        align-items: center;
        gap: var(--space-2);
      }

      .icon[aria-pressed='true'] {
        border-color: var(--accent);
        background: var(--accent-soft);
      }
    `,
  ];

  /** Its own size is taken over when another model is set. */
  @property({ attribute: false }) model: ModelDescription | undefined;
  /** Of the sizes on offer, what cannot be painted. */
  @property({ attribute: false }) refusals: SizeRefusals = new Map();
  @state() private size: PictureSize = { width: 512, height: 512 };
  /** Width to height, while it is kept. */
  @state() private ratio: number | undefined;
  /** A size that was wanted and cannot be painted. */
  @state() private wanted: PictureSize | undefined;

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
  set({ width, height }: PictureSize): void {
    this.size = { width, height };
    this.wanted = undefined;
    if (this.ratio !== undefined) this.ratio = width / height;
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('model') && this.model) this.set(this.model);
  }

  protected override render(): TemplateResult {
    const { model } = this;
    const trained = model ? trainedSizes(model) : [];
    const shapes = model ? shapeSizes(model) : [];
    return html`
      <fieldset aria-describedby="hint">
        <legend>${translate('size')}</legend>
        ${this.renderChips(trained.length > 0 ? trained : shapes)}
        ${
          trained.length > 0 && shapes.length > 0
            ? html`<details>
                <summary>${translate('sizeOthers')}</summary>
                ${this.renderChips(shapes)}
              </details>`
            : nothing
        }
        <div class="sides">
          ${this.renderSide('width')}
          <span aria-hidden="true">×</span>
          ${this.renderSide('height')} ${this.renderLock()}
          <button
            type="button"
            class="icon"
            aria-label=${translate('sizeSwap')}
            title=${translate('sizeSwap')}
            @click=${() => this.set({ width: this.size.height, height: this.size.width })}
          >
            ${swapIcon}
          </button>
        </div>
        <p id="hint" class="hint" role="status">${this.remark}</p>
      </fieldset>
    `;
  }

  private renderChips(choices: readonly SizeChoice[]): TemplateResult {
    return html`
      <div class="chips">
        ${choices.map((choice) => {
          const isRefused = this.refusals.has(sizeLabel(choice));
          return html`
            <button
              type="button"
              class="chip"
              title=${sizeLabel(choice)}
              aria-pressed=${isSameSize(choice, this.size)}
              aria-disabled=${isRefused}
              @click=${() => (isRefused ? (this.wanted = choice) : this.set(choice))}
            >
              ${choice.label}
            </button>
          `;
        })}
      </div>
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

  private renderLock(): TemplateResult {
    const isLocked = this.ratio !== undefined;
    return html`
      <button
        type="button"
        class="icon"
        aria-label=${translate('sizeLock')}
        title=${translate('sizeLock')}
        aria-pressed=${isLocked}
        @click=${() => (this.ratio = isLocked ? undefined : this.size.width / this.size.height)}
      >
        ${isLocked ? lockIcon : unlockIcon}
      </button>
    `;
  }

  /** What there is to say of the size that is set, or was wanted. */
  private get remark(): string {
    const { model, wanted, size, refusals } = this;
    const hint = model ? translate('sizeHint', model.sizeMultiple) : '';
    return sizeRemark(wanted ?? size, model, refusals) ?? hint;
  }

  private get multiple(): number {
    return this.model?.sizeMultiple ?? 1;
  }

  private snap(value: number): number {
    return snapSide(value, this.multiple);
  }

  private setSide(side: keyof PictureSize, value: number): void {
    this.wanted = undefined;
    this.size = { ...this.size, [side]: value };
    if (this.ratio === undefined || !Number.isFinite(value)) return;
    const other = side === 'width' ? 'height' : 'width';
    this.size = {
      ...this.size,
      [other]: this.snap(side === 'width' ? value / this.ratio : value * this.ratio),
    };
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
