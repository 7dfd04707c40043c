/**
 * @file The picture itself: none yet, the one being painted, or the finished one; the strip that looks back at its steps; and
 * what can be done with it and told of it.
 */
import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { ModelDescription } from '../../engine/protocol/model.ts';
import { translate } from '../../locale/index.ts';
import { controlStyles } from '../parts/control-styles.ts';
import type { Picture, Run } from './generation.ts';
import { LocaleController } from '../parts/locale-controller.ts';
import './picture-actions.ts';
import './picture-caption.ts';
import { isPaintedBy } from './picture-offspring.ts';
import './picture-receipt.ts';
import type { PictureSize } from '../settings/picture-size.ts';
import '../parts/pixels.ts';
import { fractionDone, segmentsOf } from './run-progress.ts';
import type { SizeRefusals } from '../settings/size-refusals.ts';
import type { StepPreview } from './step-previews.ts';
import './step-strip.ts';

/** Small pictures are shown larger, up to this factor. */
const MAX_ZOOM = 4;
/** The frame until a model says otherwise: that of the embedded one, so that nothing moves when it is open. */
const NO_MODEL_SIZE: PictureSize = { width: 256, height: 256 };

/** @fires keep-draft - the draft that is shown is to be kept as a picture; bubbles */
@customElement('emulsion-picture-view')
export class EmulsionPictureView extends LitElement {
  static override styles = [
    controlStyles,
    css`
      figure {
        display: grid;
        justify-items: center;
        gap: var(--space-3);
        margin: 0;
      }

      .frame {
        position: relative;
        display: grid;
        place-items: center;
        width: min(100%, var(--zoomed), 66vh * var(--ratio));
        aspect-ratio: var(--ratio);
        overflow: hidden;
        border-radius: var(--radius);
        background: var(--sunken);
      }

      /* In one column, as page-layout.ts lays out the page, what is to be written comes into sight as well. */
      @media (width < 56rem) {
        .frame.idle {
          width: 100%;
          aspect-ratio: auto;
        }
      }

      .frame.full {
        box-shadow: var(--shadow);
      }

      .frame.developing::before {
        content: '';
        position: absolute;
        inset: 0;
        background: radial-gradient(circle at 50% 60%, var(--accent-soft), transparent 70%);
        animation: glow 2.4s ease-in-out infinite alternate;
      }

      @keyframes glow {
        from {
          opacity: 0.25;
        }
      }

      @media (prefers-reduced-motion: reduce) {
        .frame.developing::before {
          animation: none;
        }
      }

      .empty {
        display: grid;
        gap: var(--space-1);
        padding: var(--space-6);
        color: var(--text-muted);
        text-align: center;
      }

      .empty strong {
        color: var(--text);
        font-size: var(--text-large);
        font-weight: 600;
      }

      img,
      emulsion-pixels {
        position: absolute;
        inset: 0;
        width: 100%;
        height: 100%;
        object-fit: contain;
        transition: opacity var(--quick);
      }

      img.old {
        opacity: 0.35;
      }

      img.outdated {
        opacity: 0.8;
      }

      .draft {
        position: absolute;
        inset: auto 0 0;
        height: 3px;
        background: var(--accent);
        transform-origin: left;
      }

      emulsion-pixels {
        filter: blur(6px) saturate(0.85);
        transform: scale(1.03);
        opacity: 0.9;
      }

      emulsion-step-strip,
      figcaption {
        width: 100%;
      }

      emulsion-picture-actions {
        margin-top: var(--space-3);
      }

      emulsion-picture-receipt {
        display: block;
        margin-top: var(--space-2);
      }
    `,
  ];

  @property({ attribute: false }) run: Run | undefined;
  @property({ attribute: false }) picture: Picture | undefined;
  /** The shape of the frame while it is empty. */
  @property({ attribute: false }) size: PictureSize | undefined;
  @property({ attribute: false }) model: ModelDescription | undefined;
  /** Of the sizes that the picture may be enlarged to. */
  @property({ attribute: false }) refusals: SizeRefusals = new Map();
  /** Whether there is neither a picture nor one on its way, nor will be without being ordered. */
  @property({ type: Boolean }) idle = false;
  /** The step that is looked at; `null`: the picture, or the newest preview of the one being painted. */
  @state() private chosen: number | null = null;

  constructor() {
    super();
    new LocaleController(this);
  }

  /** What is new is looked at first. */
  protected override willUpdate(changed: PropertyValues<this>): void {
    const hasBegunOrEnded =
      changed.has('run') && (changed.get('run') === undefined || this.run === undefined);
    if (hasBegunOrEnded || changed.has('picture')) this.chosen = null;
  }

  protected override render(): TemplateResult {
    const { width, height } = this.frameSize;
    const { picture, run, shownPreview: preview } = this;
    const order = run?.isDraft ? undefined : run;
    // The picture stays what is looked at while a draft is painted, and when it is the first of several.
    const isCovered = order?.finished === 0;
    // The last picture is there while it is being kept.
    const underWay = order && order.finished < order.request.count ? order : undefined;
    return html`
      <figure style="--ratio: ${width / height}; --zoomed: ${MAX_ZOOM * width}px">
        <div
          class="frame ${picture || preview ? 'full' : run ? 'developing' : this.idle ? 'idle' : ''}"
          aria-busy=${run !== undefined}
        >
          ${
            picture
              ? html`<img
                  class=${isCovered ? 'old' : run?.isDraft ? 'outdated' : ''}
                  ?hidden=${!isCovered && preview !== undefined}
                  src=${picture.url}
                  alt=${translate('pictureAlt', picture.prompt)}
                />`
              : nothing
          }
          ${preview ? html`<emulsion-pixels .image=${preview.image} .alt=${this.previewAlt}></emulsion-pixels>` : nothing}
          ${run?.isDraft ? renderDraftProgress(run) : nothing} ${picture || run ? nothing : renderEmpty()}
        </div>
        ${run || picture ? this.renderCaption(underWay, isCovered ? undefined : picture) : nothing}
        ${this.renderStrip()}
      </figure>
      ${order || (picture && !picture.isDraft) ? this.renderBelow(order) : nothing}
    `;
  }

  private renderCaption(run: Run | undefined, picture: Picture | undefined): TemplateResult {
    return html`
      <figcaption>
        <emulsion-picture-caption .run=${run} .picture=${picture}></emulsion-picture-caption>
      </figcaption>
    `;
  }

  /** What belongs to the picture that was finished last. It is there from the first order on, so that nothing moves. */
  private renderBelow(order: Run | undefined): TemplateResult {
    const picture = this.picture?.isDraft ? undefined : this.picture;
    const { model } = this;
    // Of what is on its way it is not known what will have painted it.
    const isIts = !picture || !model || isPaintedBy(picture, model);
    return html`
      <emulsion-picture-actions
        .size=${picture}
        .key=${picture?.url}
        .model=${isIts ? model : undefined}
        .refusals=${this.refusals}
      ></emulsion-picture-actions>
      <emulsion-picture-receipt .receipt=${picture?.receipt} .run=${order}></emulsion-picture-receipt>
    `;
  }

  /** A model without previews has no strip. */
  private renderStrip(): TemplateResult | typeof nothing {
    const { run, picture, chosen } = this;
    const hasStrip = run && !run.isDraft ? run.request.previews : (picture?.previews.length ?? 0) > 0;
    if (!hasStrip) return nothing;
    return html`
      <emulsion-step-strip
        .steps=${this.subject?.steps}
        .kept=${this.keptPreviews}
        .newest=${run?.preview}
        .pictureUrl=${run?.finished === 0 ? undefined : picture?.url}
        .chosen=${chosen}
        @choose-step=${(event: CustomEvent<number | null>) => (this.chosen = event.detail)}
      ></emulsion-step-strip>
    `;
  }

  private get keptPreviews(): readonly StepPreview[] {
    return this.subject?.previews ?? [];
  }

  private get shownPreview(): StepPreview | undefined {
    const chosen = this.keptPreviews.find(({ step }) => step === this.chosen);
    // Of several pictures the first is previewed, until it is there.
    return chosen ?? (this.run?.finished === 0 ? this.run.preview : undefined);
  }

  /** What the strip looks back at: of several pictures of an order, the newest that is finished. */
  private get subject(): Run | Picture | undefined {
    return this.run?.finished === 0 && !this.run.isDraft ? this.run : this.picture;
  }

  private get previewAlt(): string {
    const steps = this.subject?.steps ?? 1;
    return this.chosen === null ? translate('previewAlt') : translate('stepAlt', this.chosen, steps);
  }

  private get orderedSize(): PictureSize | undefined {
    const { width, height } = this.run?.request ?? {};
    return width === undefined || height === undefined ? undefined : { width, height };
  }

  private get frameSize(): PictureSize {
    return this.orderedSize ?? this.picture ?? this.size ?? NO_MODEL_SIZE;
  }
}

function renderEmpty(): TemplateResult {
  return html`
    <p class="empty"><strong>${translate('emptyTitle')}</strong> <span>${translate('emptyHint')}</span></p>
  `;
}

/** How far a draft is; told to nobody, because the next letter begins another one. */
function renderDraftProgress({ steps, progress }: Run): TemplateResult {
  return html`<div
    class="draft"
    style="transform: scaleX(${fractionDone(segmentsOf(steps), progress)})"
  ></div>`;
}

declare global {
  interface HTMLElementTagNameMap {
    'emulsion-picture-view': EmulsionPictureView;
  }
}
