/** @file The line under the picture: how far it is, or what it is and its download. */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { toPlainError, type PlainError } from '../../error.ts';
import { translate } from '../../locale/index.ts';
import { controlStyles } from '../parts/control-styles.ts';
import { downloadIcon } from '../parts/icons.ts';
import { LocaleController } from '../parts/locale-controller.ts';
import type { Picture, Run } from './generation.ts';
import './progress-strip.ts';
import { saveMarked } from './saved-picture.ts';

/**
 * @fires keep-draft - the draft that is shown is to be kept as a picture; bubbles
 * @fires fail-to-save - `CustomEvent<PlainError>`, bubbles: the mark could not be drawn
 */
@customElement('emulsion-picture-caption')
export class EmulsionPictureCaption extends LitElement {
  static override styles = [
    controlStyles,
    css`
      /* As high while a picture develops as when it is there: what is below stays where it is. */
      :host {
        display: grid;
        align-content: center;
        justify-items: center;
        gap: var(--space-2);
        min-height: 2.25rem;
        color: var(--text-muted);
        font-size: var(--text-small);
        font-variant-numeric: tabular-nums;
        text-align: center;
      }

      emulsion-progress-strip {
        width: min(100%, 32rem);
      }

      .facts {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        justify-content: center;
        gap: var(--space-2) var(--space-4);
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

      button {
        min-height: 2.25rem;
        color: var(--text);
      }

      strong {
        color: var(--text);
        font-weight: 600;
      }

      @media (max-width: 40rem) {
        :host {
          min-height: 4.25rem;
        }
      }
    `,
  ];

  /** The order that is being painted; a draft is no work that is waited for. */
  @property({ attribute: false }) run: Run | undefined;
  /** What is shown in the frame; absent while another one is painted over it. */
  @property({ attribute: false }) picture: Picture | undefined;

  constructor() {
    super();
    new LocaleController(this);
  }

  protected override render(): TemplateResult {
    const { run, picture } = this;
    return html`
      ${run ? html`<emulsion-progress-strip .run=${run}></emulsion-progress-strip>` : nothing}
      ${picture ? this.renderFacts(picture) : nothing}
    `;
  }

  private renderFacts(picture: Picture): TemplateResult {
    const { width, height, seed, steps, seconds, backend, url, fileName, isDraft } = picture;
    const facts = translate('pictureFacts', String(seed), steps, seconds.toFixed(1));
    return html`
      <div class="facts">
        <span>
          ${isDraft ? html`<strong>${translate('draft')}</strong> ·` : nothing} ${width} × ${height} ·
          ${facts} · ${backend === 'webgpu' ? 'WebGPU' : 'WASM'}
        </span>
        ${isDraft ? this.renderKeep() : nothing}
        <a href=${url} download=${fileName} @click=${(event: Event) => void this.save(event, url, fileName)}
          >${downloadIcon}${translate('download')}</a
        >
      </div>
    `;
  }

  private async save(event: Event, url: string, fileName: string): Promise<void> {
    try {
      await saveMarked(event, url, fileName);
    } catch (error) {
      const detail = toPlainError(error);
      this.dispatchEvent(
        new CustomEvent<PlainError>('fail-to-save', { detail, bubbles: true, composed: true }),
      );
    }
  }

  private renderKeep(): TemplateResult {
    const keep = (): void =>
      void this.dispatchEvent(new Event('keep-draft', { bubbles: true, composed: true }));
    return html`<button type="button" @click=${keep}>${translate('draftKeep')}</button>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'emulsion-picture-caption': EmulsionPictureCaption;
  }
}
