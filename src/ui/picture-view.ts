/** @file The picture itself: none yet, the one being painted, or the finished one with its download. */
import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query } from 'lit/decorators.js';
import { translate } from '../locale/index.ts';
import { controlStyles } from './control-styles.ts';
import type { Picture, Run } from './generation.ts';
import { downloadIcon } from './icons.ts';
import { LocaleController } from './locale-controller.ts';
import './picture-receipt.ts';
import type { PictureSize } from './picture-size.ts';

/** Small pictures are shown larger, up to this factor. */
const MAX_ZOOM = 4;
/** The shape of the frame until a model says otherwise. */
const NO_MODEL_SIZE: PictureSize = { width: 128, height: 128 };

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
      canvas {
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

      canvas {
        filter: blur(6px) saturate(0.85);
        transform: scale(1.03);
        opacity: 0.9;
      }

      figcaption {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        justify-content: center;
        gap: var(--space-2) var(--space-4);
        color: var(--text-muted);
        font-size: var(--text-small);
        font-variant-numeric: tabular-nums;
        text-align: center;
      }

      emulsion-picture-receipt {
        display: block;
        margin-top: var(--space-2);
      }

      a {
        display: inline-flex;
        align-items: center;
        gap: var(--space-2);
        min-height: 2.25rem;
        padding: 0 var(--space-3);
        border: 1px solid var(--line-strong);
        border-radius: var(--radius-small);
        color: var(--text);
        text-decoration: none;
      }

      a:hover {
        background: var(--accent-soft);
      }
    `,
  ];

  @property({ attribute: false }) run: Run | undefined;
  @property({ attribute: false }) picture: Picture | undefined;
  /** The shape of the frame while it is empty. */
  @property({ attribute: false }) size: PictureSize | undefined;
  @query('canvas') private readonly canvas!: HTMLCanvasElement | null;

  constructor() {
    super();
    new LocaleController(this);
  }

  protected override updated(changed: PropertyValues<this>): void {
    const preview = this.run?.preview;
    if (!changed.has('run') || !preview || !this.canvas || changed.get('run')?.preview === preview) return;
    this.canvas.width = preview.width;
    this.canvas.height = preview.height;
    // On the CPU, so that showing a preview never waits for a GPU that is busy painting.
    const context = this.canvas.getContext('2d', { willReadFrequently: true });
    context?.putImageData(new ImageData(preview.data, preview.width, preview.height), 0, 0);
  }

  protected override render(): TemplateResult {
    const { width, height } = this.frameSize;
    const { picture, run } = this;
    return html`
      <figure style="--ratio: ${width / height}; --zoomed: ${MAX_ZOOM * width}px">
        <div
          class="frame ${picture || run?.preview ? 'full' : run ? 'developing' : ''}"
          aria-busy=${run !== undefined}
        >
          ${
            picture
              ? html`<img
                  class=${run ? 'old' : ''}
                  src=${picture.url}
                  alt=${translate('pictureAlt', picture.prompt)}
                />`
              : nothing
          }
          ${run?.preview ? html`<canvas role="img" aria-label=${translate('previewAlt')}></canvas>` : nothing}
          ${picture || run ? nothing : renderEmpty()}
        </div>
        ${picture && !run ? renderCaption(picture) : nothing}
      </figure>
      ${
        picture && !run
          ? html`<emulsion-picture-receipt .receipt=${picture.receipt}></emulsion-picture-receipt>`
          : nothing
      }
    `;
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

function renderCaption(picture: Picture): TemplateResult {
  const { width, height, seed, steps, seconds, backend, url, fileName } = picture;
  const facts = translate('pictureFacts', String(seed), steps, seconds.toFixed(1));
  return html`
    <figcaption>
      <span>${width} × ${height} · ${facts} · ${backend === 'webgpu' ? 'WebGPU' : 'WASM'}</span>
      <a href=${url} download=${fileName}>${downloadIcon}${translate('download')}</a>
    </figcaption>
  `;
}

declare global {
  interface HTMLElementTagNameMap {
    'emulsion-picture-view': EmulsionPictureView;
  }
}
