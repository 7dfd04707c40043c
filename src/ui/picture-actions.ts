/** @file What may be made of a finished picture. */
import { css, html, LitElement, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { translate } from '../locale/index.ts';
import { controlStyles } from './control-styles.ts';
import type { Picture } from './generation.ts';
import { LocaleController } from './locale-controller.ts';

/** @fires begin-from-picture - `CustomEvent<Picture>`, bubbles: the next picture is to begin from this one */
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
    `,
  ];

  @property({ attribute: false }) picture!: Picture;

  constructor() {
    super();
    new LocaleController(this);
  }

  protected override render(): TemplateResult {
    return html`
      <div role="group" aria-label=${translate('pictureActions')}>
        <button type="button" class="chip" @click=${() => this.tell('begin-from-picture', this.picture)}>
          ${translate('pictureBegin')}
        </button>
      </div>
    `;
  }

  private tell(type: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'emulsion-picture-actions': EmulsionPictureActions;
  }
}
