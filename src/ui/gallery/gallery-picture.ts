/** @file One picture of the gallery, large, with all that is known of it and what can be done with it. */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property, query } from 'lit/decorators.js';
import type { ModelDescription } from '../../engine/protocol/model.ts';
import type { GalleryRecord } from '../../gallery/record.ts';
import { currentLocale, translate } from '../../locale/index.ts';
import { byteSize } from '../parts/byte-size.ts';
import { controlStyles } from '../parts/control-styles.ts';
import { arrowLeftIcon, arrowRightIcon, binIcon, downloadIcon, starIcon } from '../parts/icons.ts';
import './kept-picture.ts';
import { keyShortcuts } from '../parts/key-names.ts';
import { KEYS, type Chord } from '../parts/keys.ts';
import { LocaleController } from '../parts/locale-controller.ts';
import type { OffspringControl } from '../painting/offspring-control.ts';
import '../painting/picture-actions.ts';
import { isOfModel } from '../settings/picture-model.ts';
import { settingsOf, type PictureSettings } from '../settings/picture-settings.ts';
import { RefusedSizes } from '../settings/size-refusals.ts';
import type { SettingsPart } from '../sharing/restore-settings.ts';

/** What one can do with a picture. */
export type PictureAction = 'star' | 'save' | 'delete' | 'previous' | 'next';

/** What can be used again, by which button and key. */
export const PARTS: readonly (readonly [
  SettingsPart,
  'galleryUseAll' | 'galleryUsePrompt' | 'galleryUseSeed' | 'galleryUseSize',
  Chord,
])[] = [
  ['all', 'galleryUseAll', KEYS.useAll],
  ['prompt', 'galleryUsePrompt', KEYS.usePrompt],
  ['seed', 'galleryUseSeed', KEYS.useSeed],
  ['size', 'galleryUseSize', KEYS.useSize],
];
/** Shown in other words. */
const ELSEWHERE: readonly string[] = ['Size-1', 'Size-2', 'Raw prompt', 'Raw negative prompt'];

/**
 * @fires picture-action - `CustomEvent<PictureAction>`
 * @fires use-settings - `CustomEvent<SettingsPart>`
 * @fires make-of-picture - `CustomEvent<Offspring>`, bubbles
 */
@customElement('emulsion-gallery-picture')
export class EmulsionGalleryPicture extends LitElement {
  static override styles = [
    controlStyles,
    css`
      :host {
        display: grid;
        grid-template-columns: minmax(0, 1fr) minmax(0, 20rem);
        gap: var(--space-4);
        height: 100%;
        min-height: 0;
      }

      figure {
        display: grid;
        grid-template-rows: minmax(0, 1fr) auto;
        gap: var(--space-2);
        min-width: 0;
        min-height: 0;
        margin: 0;
      }

      figure:focus-visible {
        outline-offset: -2px;
      }

      .move {
        display: flex;
        align-items: center;
        justify-content: center;
        gap: var(--space-3);
        color: var(--text-muted);
        font-size: var(--text-small);
        font-variant-numeric: tabular-nums;
      }

      .about {
        display: grid;
        align-content: start;
        gap: var(--space-4);
        min-width: 0;
        overflow: auto;
      }

      .about:focus-visible {
        outline-offset: -2px;
      }

      .prompt {
        white-space: pre-line;
        overflow-wrap: anywhere;
      }

      .actions {
        display: flex;
        flex-wrap: wrap;
        gap: var(--space-1);
      }

      .actions button {
        min-height: 2.25rem;
        font-size: var(--text-small);
      }

      emulsion-picture-actions {
        justify-content: start;
        text-align: start;
      }

      button[aria-pressed='true'] {
        color: var(--accent);
      }

      button[aria-pressed='true'] svg {
        fill: currentColor;
      }

      dl {
        display: grid;
        grid-template-columns: auto minmax(0, 1fr);
        gap: 2px var(--space-3);
        margin: 0;
        font-size: var(--text-small);
        font-variant-numeric: tabular-nums;
      }

      dt {
        color: var(--text-muted);
      }

      dd {
        margin: 0;
        overflow-wrap: anywhere;
      }

      @media (max-width: 56rem) {
        :host {
          grid-template-columns: minmax(0, 1fr);
          height: auto;
        }

        emulsion-kept-picture {
          height: min(50dvh, 100vw * var(--inverse));
        }

        .about {
          overflow: visible;
        }
      }
    `,
  ];

  @property({ attribute: false }) record!: GalleryRecord;
  @property({ attribute: false }) fileOf!: (id: string) => Promise<Blob>;
  /** The open model. */
  @property({ attribute: false }) model: ModelDescription | undefined;
  @property({ attribute: false }) offspring!: OffspringControl;
  /** From 1, among so many. */
  @property({ type: Number }) position = 1;
  @property({ type: Number }) total = 1;
  @query('figure') private readonly figure!: HTMLElement;
  private readonly larger = new RefusedSizes(this, {
    engine: () => this.offspring.engine,
    question: () => {
      const settings = settingsOf(this.record);
      return this.painterOf(settings) && this.offspring.question(settings, this.record);
    },
  });

  constructor() {
    super();
    new LocaleController(this);
  }

  override focus(): void {
    this.figure.focus();
  }

  protected override render(): TemplateResult {
    const { record } = this;
    const settings = settingsOf(record);
    return html`
      <figure tabindex="-1" style="--inverse: ${record.height / record.width}">
        <emulsion-kept-picture .record=${record} .fileOf=${this.fileOf}></emulsion-kept-picture>
        <div class="move">
          ${this.renderAction('previous', 'galleryPrevious', arrowLeftIcon, this.position === 1)}
          <span>${translate('galleryPosition', this.position, this.total)}</span>
          ${this.renderAction('next', 'galleryNext', arrowRightIcon, this.position === this.total)}
        </div>
      </figure>
      <div class="about" tabindex="0" role="group" aria-label=${translate('gallerySettings')}>
        <p class="prompt">${record.prompt}</p>
        ${
          record.negative === ''
            ? nothing
            : html`<div>
                <p class="label">${translate('negativePrompt')}</p>
                <p class="prompt">${record.negative}</p>
              </div>`
        }
        <div>
          <p class="label" id="use">${translate('galleryUse')}</p>
          <div class="actions" role="group" aria-labelledby="use">
            ${PARTS.map(
              ([part, label, key]) => html`
                <button type="button" aria-keyshortcuts=${keyShortcuts(key)} @click=${() => this.use(part)}>
                  ${translate(label)}
                </button>
              `,
            )}
          </div>
        </div>
        <emulsion-picture-actions
          .size=${record}
          .key=${record.id}
          .model=${this.painterOf(settings)}
          .repeatable=${settings.hasOurNoise && settings.strength === undefined}
          .refusals=${this.larger.refusals}
        ></emulsion-picture-actions>
        <div class="actions">
          <button
            type="button"
            aria-keyshortcuts=${keyShortcuts(KEYS.star)}
            aria-pressed=${record.isStarred}
            @click=${() => this.act('star')}
          >
            ${starIcon}${translate('galleryStar')}
          </button>
          <button type="button" @click=${() => this.act('save')}>
            ${downloadIcon}${translate('galleryDownload')}
          </button>
          <button
            type="button"
            aria-keyshortcuts=${keyShortcuts(KEYS.delete)}
            @click=${() => this.act('delete')}
          >
            ${binIcon}${translate('galleryDelete')}
          </button>
        </div>
        ${this.renderFacts()}
      </div>
    `;
  }

  /** The open model, where it painted a picture of these settings, and knows all of them. */
  private painterOf(settings: PictureSettings): ModelDescription | undefined {
    const { model } = this;
    return model && isOfModel(settings, model) && settings.unknown.length === 0 ? model : undefined;
  }

  private renderFacts(): TemplateResult {
    const { createdAt, width, height, sizeBytes, values } = this.record;
    const date = new Intl.DateTimeFormat(currentLocale(), { dateStyle: 'medium', timeStyle: 'short' });
    return html`
      <dl>
        <dt>${translate('galleryCreated')}</dt>
        <dd>${date.format(createdAt)}</dd>
        <dt>${translate('galleryFile')}</dt>
        <dd>${width} × ${height} · PNG · ${byteSize(sizeBytes)}</dd>
        ${Object.entries(values)
          .filter(([key]) => !ELSEWHERE.includes(key))
          .map(
            // The field's own words, the same in every language.
            ([term, value]) =>
              html`<dt translate="no">${term}</dt>
                <dd translate="no">${value}</dd>`,
          )}
      </dl>
    `;
  }

  private renderAction(
    action: PictureAction,
    label: 'galleryPrevious' | 'galleryNext',
    icon: unknown,
    isEnd: boolean,
  ): TemplateResult {
    return html`
      <button
        type="button"
        class="icon"
        aria-label=${translate(label)}
        aria-disabled=${isEnd}
        @click=${() => isEnd || this.act(action)}
      >
        ${icon}
      </button>
    `;
  }

  private act(detail: PictureAction): void {
    this.dispatchEvent(new CustomEvent<PictureAction>('picture-action', { detail }));
  }

  private use(detail: SettingsPart): void {
    this.dispatchEvent(new CustomEvent<SettingsPart>('use-settings', { detail }));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'emulsion-gallery-picture': EmulsionGalleryPicture;
  }
}
