/** @file The newest pictures below the stage, and the way into the gallery. */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import type { GalleryState } from '../../gallery/gallery.ts';
import type { GalleryRecord } from '../../gallery/record.ts';
import { errorSentence, translate } from '../../locale/index.ts';
import { controlStyles } from '../parts/control-styles.ts';
import { closeIcon } from '../parts/icons.ts';
import { LocaleController } from '../parts/locale-controller.ts';
import { ObjectUrls } from '../parts/object-urls.ts';
import type { GalleryControl } from './gallery-control.ts';
import { renderUnkept } from './unkept-pictures.ts';

const MOST = 16;

/** @fires open-gallery - `CustomEvent<string | null>`: the picture to show first; `null` is all of them */
@customElement('emulsion-gallery-strip')
export class EmulsionGalleryStrip extends LitElement {
  static override styles = [
    controlStyles,
    css`
      :host {
        display: grid;
        gap: var(--space-2);
        min-width: 0;
      }

      header {
        display: flex;
        align-items: center;
        justify-content: space-between;
        gap: var(--space-3);
      }

      h2 {
        color: var(--text-muted);
        font-size: var(--text-small);
        font-weight: 500;
      }

      header button {
        min-height: 2rem;
        font-size: var(--text-small);
      }

      /* As high without pictures as with them: nothing moves when they come. */
      .place {
        display: grid;
        align-items: center;
        min-height: 5.25rem;
      }

      ul {
        display: flex;
        gap: var(--space-2);
        margin: 0;
        padding: 3px;
        overflow-x: auto;
        overscroll-behavior-x: contain;
        scrollbar-width: thin;
        list-style: none;
      }

      li {
        flex: none;
      }

      li button {
        width: 4.5rem;
        height: 4.5rem;
        padding: 0;
        overflow: hidden;
        border-color: var(--line);
        background: var(--sunken);
      }

      img {
        width: 100%;
        height: 100%;
        object-fit: cover;
      }

      .trouble {
        display: flex;
        align-items: start;
        justify-content: space-between;
        gap: var(--space-2);
        padding: var(--space-2) var(--space-2) var(--space-2) var(--space-3);
        border-inline-start: 3px solid var(--accent);
        border-radius: var(--radius-small);
        background: var(--accent-soft);
        font-size: var(--text-small);
        overflow-wrap: anywhere;
      }

      .trouble button {
        min-height: 1.75rem;
      }

      .trouble button.icon {
        width: 1.75rem;
        border: 0;
      }
    `,
  ];

  @property({ attribute: false }) control!: GalleryControl;
  @property({ attribute: false }) gallery!: GalleryState;
  private readonly urls = new ObjectUrls(this);

  constructor() {
    super();
    new LocaleController(this);
  }

  protected override render(): TemplateResult {
    const { records, phase } = this.gallery;
    const newest = records.slice(0, MOST);
    this.urls.keepOnly(newest.flatMap(({ thumbnail }) => thumbnail ?? []));
    return html`
      <header>
        <h2>
          ${translate('gallery')}${records.length === 0 ? nothing : html` · ${translate('galleryCount', records.length)}`}
        </h2>
        <button type="button" @click=${() => this.open()}>${translate('galleryOpen')}</button>
      </header>
      ${renderUnkept(this.gallery, this.control, () => this.open())}
      <div role="status">${this.renderTrouble()}</div>
      <div class="place">
        ${
          newest.length === 0
            ? html`<p class="hint" ?hidden=${phase === 'failed'}>
                ${translate(phase === 'loading' ? 'galleryLoading' : 'galleryEmpty')}
              </p>`
            : html`<ul aria-label=${translate('gallery')}>
                ${repeat(
                  newest,
                  ({ id }) => id,
                  (record) => this.renderPicture(record),
                )}
              </ul>`
        }
      </div>
    `;
  }

  private renderPicture({ id, prompt, thumbnail }: GalleryRecord): TemplateResult {
    return html`
      <li>
        <button
          type="button"
          title=${prompt}
          aria-label=${translate('galleryOpenPicture', prompt)}
          @click=${() => this.open(id)}
        >
          ${thumbnail ? html`<img src=${this.urls.of(thumbnail)} alt="" />` : nothing}
        </button>
      </li>
    `;
  }

  private renderTrouble(): TemplateResult | typeof nothing {
    const { failure, damaged, phase } = this.gallery;
    if (!failure && damaged === 0) return nothing;
    return html`
      <div class="trouble">
        <p>${failure ? errorSentence(failure) : translate('galleryDamaged', damaged)}</p>
        ${
          phase === 'failed'
            ? html`<button type="button" @click=${() => this.control.reload()}>
                ${translate('tryAgain')}
              </button>`
            : html`<button
                type="button"
                class="icon"
                aria-label=${translate('dismiss')}
                @click=${() => this.control.dismiss()}
              >
                ${closeIcon}
              </button>`
        }
      </div>
    `;
  }

  private open(detail: string | null = null): void {
    this.dispatchEvent(new CustomEvent<string | null>('open-gallery', { detail }));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'emulsion-gallery-strip': EmulsionGalleryStrip;
  }
}
