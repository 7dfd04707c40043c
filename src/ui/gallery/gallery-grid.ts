/**
 * @file Many pictures as a grid, page by page. The arrow keys move within it, so that Tab has one stop in it; what is out of
 * sight is neither laid out nor painted.
 */
import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import type { GalleryRecord } from '../../gallery/record.ts';
import { translate } from '../../locale/index.ts';
import { controlStyles } from '../parts/control-styles.ts';
import { starIcon } from '../parts/icons.ts';
import { isPressed, KEYS } from '../parts/keys.ts';
import { LocaleController } from '../parts/locale-controller.ts';
import { ObjectUrls } from '../parts/object-urls.ts';

/** Pictures that come at a time. */
const PAGE = 60;

/**
 * @fires open-picture - `CustomEvent<string>`
 * @fires select-picture - `CustomEvent<string>`: selects it, or selects it no more
 */
@customElement('emulsion-gallery-grid')
export class EmulsionGalleryGrid extends LitElement {
  static override styles = [
    controlStyles,
    css`
      ul {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(8.5rem, 1fr));
        gap: var(--space-2);
        margin: 0;
        padding: 3px;
        list-style: none;
      }

      li {
        position: relative;
        min-height: 0;
        aspect-ratio: 1;
        content-visibility: auto;
        contain-intrinsic-size: auto 6rem;
      }

      li > button {
        width: 100%;
        height: 100%;
        padding: 0;
        overflow: hidden;
        border-color: var(--line);
        background: var(--sunken);
      }

      li.selected > button {
        border: 3px solid var(--accent);
      }

      li > button:focus-visible {
        outline-offset: -3px;
      }

      img {
        width: 100%;
        height: 100%;
        object-fit: cover;
      }

      label {
        position: absolute;
        inset: 0 auto auto 0;
        display: grid;
        place-items: center;
        width: 2.25rem;
        height: 2.25rem;
        cursor: pointer;
      }

      @media (hover: hover) {
        ul:not(.selecting) li:not(:hover, :focus-within) label {
          opacity: 0;
        }
      }

      .starred {
        position: absolute;
        inset: auto 4px 4px auto;
        display: grid;
        padding: 3px;
        border-radius: 50%;
        background: var(--surface);
        color: var(--accent);
        pointer-events: none;
      }

      .starred svg {
        width: 0.875rem;
        height: 0.875rem;
        fill: currentColor;
      }

      .more {
        display: grid;
        justify-items: center;
        gap: var(--space-2);
        padding: var(--space-3);
      }

      @media (max-width: 40rem) {
        ul {
          grid-template-columns: repeat(auto-fill, minmax(6rem, 1fr));
        }
      }
    `,
  ];

  @property({ attribute: false }) records: readonly GalleryRecord[] = [];
  @property({ attribute: false }) selected: ReadonlySet<string> = new Set();
  /** The picture that Tab leads to. */
  @property({ attribute: false }) current: string | undefined;
  @state() private shown = PAGE;
  @query('ul') private readonly list!: HTMLElement;
  @query('.more') private readonly more!: HTMLElement | null;

  private readonly urls = new ObjectUrls(this);
  private readonly observer = new IntersectionObserver((entries) => {
    if (entries.some(({ isIntersecting }) => isIntersecting)) this.showMore();
  });

  constructor() {
    super();
    new LocaleController(this);
    this.addController({ hostDisconnected: () => this.observer.disconnect() });
  }

  /** Leads the keys to a picture. */
  async focusPicture(id: string | undefined): Promise<void> {
    const index = this.records.findIndex((record) => record.id === id);
    if (index >= this.shown) this.shown = index + PAGE;
    this.current = this.records[Math.max(0, index)]?.id;
    await this.updateComplete;
    this.list.querySelector<HTMLElement>('button[tabindex="0"]')?.focus();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has('records')) return;
    if (!this.records.some(({ id }) => id === this.current)) this.current = this.records[0]?.id;
  }

  protected override updated(): void {
    // Watched anew after each page, because it may still be in sight.
    this.observer.disconnect();
    if (this.more) this.observer.observe(this.more);
  }

  protected override render(): TemplateResult {
    const page = this.records.slice(0, this.shown);
    this.urls.keepOnly(page.flatMap(({ thumbnail }) => thumbnail ?? []));
    return html`
      <ul
        class=${this.selected.size > 0 ? 'selecting' : ''}
        aria-label=${translate('gallery')}
        @keydown=${this.onKeyDown}
      >
        ${repeat(
          page,
          ({ id }) => id,
          (record) => this.renderPicture(record),
        )}
      </ul>
      ${
        page.length < this.records.length
          ? html`<div class="more">
              <p class="hint">${translate('galleryShown', page.length, this.records.length)}</p>
              <button type="button" @click=${() => this.showMore()}>${translate('galleryMore')}</button>
            </div>`
          : nothing
      }
    `;
  }

  private renderPicture({ id, prompt, thumbnail, isStarred }: GalleryRecord): TemplateResult {
    const isSelected = this.selected.has(id);
    const name = translate('galleryOpenPicture', prompt);
    const tabindex = id === this.current ? 0 : -1;
    const fire = (name: string) => (): void =>
      void this.dispatchEvent(new CustomEvent<string>(name, { detail: id }));
    return html`
      <li class=${isSelected ? 'selected' : ''} @focusin=${() => (this.current = id)}>
        <button
          type="button"
          title=${prompt}
          aria-label=${isStarred ? translate('galleryStarred', name) : name}
          tabindex=${tabindex}
          @click=${fire('open-picture')}
        >
          ${thumbnail ? html`<img src=${this.urls.of(thumbnail)} alt="" decoding="async" />` : nothing}
        </button>
        <label>
          <input
            type="checkbox"
            aria-label=${translate('gallerySelect', prompt)}
            tabindex=${tabindex}
            .checked=${isSelected}
            @change=${fire('select-picture')}
          />
        </label>
        ${isStarred ? html`<span class="starred">${starIcon}</span>` : nothing}
      </li>
    `;
  }

  private showMore(): void {
    this.shown += PAGE;
  }

  private readonly onKeyDown = (event: KeyboardEvent): void => {
    const columns = getComputedStyle(this.list).gridTemplateColumns.split(' ').length;
    const moves = [
      [KEYS.left, -1],
      [KEYS.right, 1],
      [KEYS.up, -columns],
      [KEYS.down, columns],
      [KEYS.first, -this.records.length],
      [KEYS.last, this.records.length],
    ] as const;
    const [, move] = moves.find(([key]) => isPressed(event, key)) ?? [];
    if (move === undefined) return;
    event.preventDefault();
    const from = this.records.findIndex(({ id }) => id === this.current);
    const to = Math.min(this.records.length - 1, Math.max(0, from + move));
    void this.focusPicture(this.records[to]?.id);
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'emulsion-gallery-grid': EmulsionGalleryGrid;
  }
}
