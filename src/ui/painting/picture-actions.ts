/** @file What may be made of a finished picture: others that begin from it, sisters of it, and the same larger. */
import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { ModelDescription } from '../../engine/protocol/model.ts';
import { translate } from '../../locale/index.ts';
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
import { isSameSize, sizeLabel, type PictureSize } from '../settings/picture-size.ts';
import { sizeRemark, type SizeRefusals } from '../settings/size-refusals.ts';

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

  /** Absent before the first one is there. */
  @property({ attribute: false }) picture: Picture | undefined;
  @property({ attribute: false }) model: ModelDescription | undefined;
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
    const { picture, wanted } = this;
    const isNew = changed.has('picture') && changed.get('picture')?.url !== picture?.url;
    if (isNew && picture && wanted && !isSameSize(picture, wanted)) this.wanted = undefined;
  }

  protected override render(): TemplateResult {
    const { picture, model, wanted } = this;
    // What another model made has no sisters; of what is on its way that is not known.
    const isAlike = model !== undefined && (!picture || isPaintedBy(picture, model));
    return html`
      <div role="group" aria-label=${translate('pictureActions')}>
        ${this.renderAction(translate('pictureBegin'), '', (picture) => this.make({ kind: 'begin', picture }))}
        ${(isAlike ? DEGREES : []).map((degree) =>
          this.renderAction(translate(`vary.${degree}`), translate('varyHint'), (picture) =>
            this.make({ kind: 'sister', picture, degree }),
          ),
        )}
        ${isAlike ? FACTORS.map((factor) => this.renderLarger(factor, model)) : nothing}
      </div>
      <p class="hint" role="status">${wanted && sizeRemark(wanted, model, this.refusals)}</p>
    `;
  }

  private renderLarger(factor: number, model: ModelDescription): TemplateResult {
    const label = translate('larger', factor);
    if (!this.picture) return this.renderAction(label, '', () => undefined);
    const size = enlargedSize(this.picture, factor, model.sizeMultiple);
    const isRefused = this.refusals.has(sizeLabel(size));
    const remark = sizeRemark(size, model, this.refusals);
    return this.renderAction(
      label,
      remark === undefined ? sizeLabel(size) : `${sizeLabel(size)} · ${remark}`,
      (picture) => {
        if (!isRefused) this.make({ kind: 'larger', picture, size });
        this.wanted = size;
      },
      isRefused,
    );
  }

  /** A button that keeps the focus where there is nothing to act on, and says so. */
  private renderAction(
    label: string,
    title: string,
    act: (picture: Picture) => void,
    isRefused = false,
  ): TemplateResult {
    const { picture } = this;
    return html`
      <button
        type="button"
        class="chip"
        title=${title}
        aria-disabled=${isRefused || picture === undefined}
        @click=${() => picture && act(picture)}
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
