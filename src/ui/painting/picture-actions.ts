/** @file What may be made of a finished picture: others that begin from it, sisters of it, and the same larger. */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { ModelDescription } from '../../engine/protocol/model.ts';
import { errorSentence, translate } from '../../locale/index.ts';
import { controlStyles } from '../parts/control-styles.ts';
import type { Picture } from './generation.ts';
import { LocaleController } from '../parts/locale-controller.ts';
import {
  enlargedSize,
  FACTORS,
  isPaintedBy,
  VARIATIONS,
  type Offspring,
  type VariationDegree,
} from './picture-offspring.ts';
import { isUntrained, sizeLabel, trainedSizes, type PictureSize } from '../settings/picture-size.ts';
import type { SizeRefusals } from '../settings/size-refusals.ts';

const DEGREES = Object.keys(VARIATIONS) as VariationDegree[];

/** @fires make-of-picture - `CustomEvent<Offspring>`, bubbles */
@customElement('emulsion-picture-actions')
export class EmulsionPictureActions extends LitElement {
  static override styles = [
    controlStyles,
    css`
      [role='group'] {
        display: flex;
        flex-wrap: wrap;
        justify-content: center;
        gap: var(--space-1);
      }

      .hint {
        margin-top: var(--space-1);
        text-align: center;
      }
    `,
  ];

  @property({ attribute: false }) picture!: Picture;
  @property({ attribute: false }) model: ModelDescription | undefined;
  /** Of the larger sizes, what cannot be painted. */
  @property({ attribute: false }) refusals: SizeRefusals = new Map();
  /** A larger size that was wanted and cannot be painted. */
  @state() private wanted: PictureSize | undefined;

  constructor() {
    super();
    new LocaleController(this);
  }

  protected override render(): TemplateResult {
    const { picture, model, wanted } = this;
    const isAlike = model !== undefined && isPaintedBy(picture, model);
    return html`
      <div role="group" aria-label=${translate('pictureActions')}>
        <button type="button" class="chip" @click=${() => this.make({ kind: 'begin', picture })}>
          ${translate('pictureBegin')}
        </button>
        ${(isAlike ? DEGREES : []).map(
          (degree) => html`
            <button
              type="button"
              class="chip"
              title=${translate('varyHint')}
              @click=${() => this.make({ kind: 'sister', picture, degree })}
            >
              ${translate(`vary.${degree}`)}
            </button>
          `,
        )}
        ${isAlike ? FACTORS.map((factor) => this.renderLarger(factor, model)) : nothing}
      </div>
      <p class="hint" role="status">${wanted && model ? this.reasonAgainst(wanted, model) : ''}</p>
    `;
  }

  private renderLarger(factor: number, model: ModelDescription): TemplateResult {
    const { picture } = this;
    const size = enlargedSize(picture, factor, model.sizeMultiple);
    const isRefused = this.reasonAgainst(size, model) !== '';
    return html`
      <button
        type="button"
        class="chip"
        title=${sizeLabel(size)}
        aria-disabled=${isRefused}
        @click=${() => (isRefused ? (this.wanted = size) : this.make({ kind: 'larger', picture, size }))}
      >
        ${translate('larger', factor)}
      </button>
    `;
  }

  private reasonAgainst(size: PictureSize, model: ModelDescription): string {
    if (isUntrained(size, model)) {
      const trained = trainedSizes(model).map(({ label }) => label);
      return translate('largerUntrained', sizeLabel(size), translate('names', trained));
    }
    const refusal = this.refusals.get(sizeLabel(size));
    return refusal ? errorSentence(refusal) : '';
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
