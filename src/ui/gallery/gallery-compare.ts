/** @file Two pictures one over the other, and a slider that uncovers the one or the other. */
import { css, html, LitElement, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import type { GalleryRecord } from '../../gallery/record.ts';
import { translate } from '../../locale/index.ts';
import { controlStyles } from '../parts/control-styles.ts';
import './kept-picture.ts';
import { LocaleController } from '../parts/locale-controller.ts';

@customElement('emulsion-gallery-compare')
export class EmulsionGalleryCompare extends LitElement {
  static override styles = [
    controlStyles,
    css`
      :host {
        display: grid;
        grid-template-rows: minmax(0, 1fr) auto auto;
        gap: var(--space-3);
        height: 100%;
        min-height: 0;
      }

      .place {
        display: grid;
        place-items: center;
        min-height: 45dvh;
        container-type: size;
      }

      .pictures {
        position: relative;
        width: min(100cqw, 100cqh * var(--ratio));
        aspect-ratio: var(--ratio);
        overflow: hidden;
        border-radius: var(--radius-small);
        background: var(--sunken);
      }

      .pictures > emulsion-kept-picture {
        position: absolute;
        inset: 0;
      }

      .right {
        --covered-start: 50%;
      }

      .left {
        --covered-end: 50%;
        clip-path: inset(0 calc(100% - var(--share)) 0 0);
      }

      .line {
        position: absolute;
        inset-block: 0;
        left: var(--share);
        width: 2px;
        margin-left: -1px;
        background: var(--accent);
      }

      .names {
        display: grid;
        grid-template-columns: 1fr 1fr;
        gap: var(--space-4);
        color: var(--text-muted);
        font-size: var(--text-small);
        overflow-wrap: anywhere;
      }

      .names > :last-child {
        text-align: end;
      }
    `,
  ];

  @property({ attribute: false }) pair!: readonly [GalleryRecord, GalleryRecord];
  @property({ attribute: false }) fileOf!: (id: string) => Promise<Blob>;
  @state() private percent = 50;
  @query('input') private readonly slider!: HTMLInputElement;

  constructor() {
    super();
    new LocaleController(this);
  }

  override focus(): void {
    this.slider.focus();
  }

  protected override render(): TemplateResult {
    const [left, right] = this.pair;
    return html`
      <div class="place">
        <div class="pictures" style="--share: ${this.percent}%; --ratio: ${left.width / left.height}">
          <emulsion-kept-picture
            class="right"
            .record=${right}
            .fileOf=${this.fileOf}
          ></emulsion-kept-picture>
          <emulsion-kept-picture class="left" .record=${left} .fileOf=${this.fileOf}></emulsion-kept-picture>
          <span class="line"></span>
        </div>
      </div>
      <div>
        <input
          type="range"
          min="0"
          max="100"
          aria-label=${translate('galleryCompareSlider')}
          aria-describedby="hint"
          .value=${String(this.percent)}
          @input=${() => (this.percent = this.slider.valueAsNumber)}
        />
        <p id="hint" class="hint">${translate('galleryCompareHint')}</p>
      </div>
      <div class="names">
        ${this.pair.map(
          ({ prompt, values }) => html`<p>${prompt} · ${translate('queueSeed', values['Seed'] ?? '', 1)}</p>`,
        )}
      </div>
    `;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'emulsion-gallery-compare': EmulsionGalleryCompare;
  }
}
