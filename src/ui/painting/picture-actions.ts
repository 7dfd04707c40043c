/** @file What may be made of a finished picture: others that begin from it, sisters of it, and the same larger. */
import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { ModelDescription } from '../../engine/protocol/model.ts';
import { translate } from '../../locale/index.ts';
import { controlStyles } from '../parts/control-styles.ts';
import { LocaleController } from '../parts/locale-controller.ts';
import {
  enlargedSize,
  FACTORS,
  VARIATIONS,
  type Offspring,
  type VariationDegree,
} from './picture-offspring.ts';
import { isSameSize, sizeLabel, type PictureSize } from '../settings/picture-size.ts';
import { sizeRemark, type SizeRefusals } from '../settings/size-refusals.ts';

const DEGREES = Object.keys(VARIATIONS) as VariationDegree[];

/** @fires make-of-picture - `CustomEvent<Offspring>`, bubbles */
@customElement('emulsion-picture-actions')
export class EmulsionPictureActions extends LitElement {
  static override styles = [
    controlStyles,
    css`
      :host {
        display: block;
        justify-content: center;
        text-align: center;
      }

      [role='group'] {
        display: flex;
        flex-wrap: wrap;
        justify-content: inherit;
        gap: var(--space-1);
      }

      .hint {
        margin-top: var(--space-1);
      }
    `,
  ];

  /** Of the picture; absent before the first one is there. */
  @property({ attribute: false }) size: PictureSize | undefined;
  /** Tells the picture from others. */
  @property({ attribute: false }) key: string | undefined;
  /** The open model, where it is the picture's: what another one makes would be no sister, nor the same. */
  @property({ attribute: false }) model: ModelDescription | undefined;
  /** Whether the model makes the same of the picture's settings: else there are no sisters. */
  @property({ attribute: false }) repeatable = true;
  /** Of the larger sizes, what cannot be painted. */
  @property({ attribute: false }) refusals: SizeRefusals = new Map();
  /** The larger size that was wanted last, while there is something to say of it. */
  @state() private wanted: PictureSize | undefined;

  constructor() {
    super();
    new LocaleController(this);
  }

  /** Of another picture it would not be true. */
  protected override willUpdate(changed: PropertyValues<this>): void {
    const { size, wanted } = this;
    if (changed.has('key') && size && wanted && !isSameSize(size, wanted)) this.wanted = undefined;
  }

  protected override render(): TemplateResult {
    const { model, wanted } = this;
    return html`
      <div role="group" aria-label=${translate('pictureActions')}>
        ${this.renderAction(translate('pictureBegin'), '', () => this.make({ kind: 'begin' }))}
        ${(model && this.repeatable ? DEGREES : []).map((degree) =>
          this.renderAction(translate(`vary.${degree}`), translate('varyHint'), () =>
            this.make({ kind: 'sister', degree }),
          ),
        )}
        ${model ? FACTORS.map((factor) => this.renderLarger(factor, model)) : nothing}
      </div>
      <p class="hint" role="status">${wanted && sizeRemark(wanted, model, this.refusals)}</p>
    `;
  }

  private renderLarger(factor: number, model: ModelDescription): TemplateResult {
    const label = translate('larger', factor);
    if (!this.size) return this.renderAction(label, '', () => undefined);
    const size = enlargedSize(this.size, factor, model.sizeMultiple);
    const isRefused = this.refusals.has(sizeLabel(size));
    const remark = sizeRemark(size, model, this.refusals);
    return this.renderAction(
      label,
      remark === undefined ? sizeLabel(size) : `${sizeLabel(size)} · ${remark}`,
      () => {
        if (!isRefused) this.make({ kind: 'larger', size });
        this.wanted = size;
      },
      isRefused,
    );
  }

  /** A button that keeps the focus where there is nothing to act on, and says so. */
  private renderAction(label: string, title: string, act: () => void, isRefused = false): TemplateResult {
    const isAbsent = this.size === undefined;
    return html`
      <button
        type="button"
        class="chip"
        title=${title}
        aria-disabled=${isRefused || isAbsent}
        @click=${() => isAbsent || act()}
      >
        ${label}
      </button>
    `;
  }

  private make(detail: Offspring): void {
    this.wanted = undefined;
    this.dispatchEvent(
      new CustomEvent<Offspring>('make-of-picture', { detail, bubbles: true, composed: true }),
    );
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'emulsion-picture-actions': EmulsionPictureActions;
  }
}
