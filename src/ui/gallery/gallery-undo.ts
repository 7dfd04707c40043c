/** @file What was deleted, with a button to bring it back, for as long as that can be done. */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property, query } from 'lit/decorators.js';
import { translate } from '../../locale/index.ts';
import { controlStyles } from '../parts/control-styles.ts';
import { keyShortcuts, shortcut } from '../parts/key-names.ts';
import { KEYS } from '../parts/keys.ts';
import { LocaleController } from '../parts/locale-controller.ts';

/** @fires undo-delete */
@customElement('emulsion-gallery-undo')
export class EmulsionGalleryUndo extends LitElement {
  static override styles = [
    controlStyles,
    css`
      .toast {
        display: flex;
        align-items: center;
        justify-content: space-between;
        gap: var(--space-3);
        padding: var(--space-1) var(--space-1) var(--space-1) var(--space-3);
        border: 1px solid var(--line-strong);
        border-radius: var(--radius-small);
        background: var(--surface);
        font-size: var(--text-small);
      }

      button {
        min-height: 2rem;
      }

      kbd {
        color: var(--text-muted);
        font: inherit;
      }

      @media (hover: none) {
        kbd {
          display: none;
        }
      }
    `,
  ];

  @property({ type: Number }) count = 0;
  @query('button') private readonly button!: HTMLButtonElement | null;

  constructor() {
    super();
    new LocaleController(this);
  }

  /** The button has it, where there is something to bring back. */
  override focus(): void {
    this.button?.focus();
  }

  protected override render(): TemplateResult {
    return html`
      <div role="status">
        ${
          this.count === 0
            ? nothing
            : html`
                <div class="toast">
                  <span>${translate('galleryDeleted', this.count)}</span>
                  <button
                    type="button"
                    aria-keyshortcuts=${keyShortcuts(KEYS.undo)}
                    @click=${() => this.dispatchEvent(new Event('undo-delete'))}
                  >
                    ${translate('galleryUndo')} <kbd aria-hidden="true">${shortcut(KEYS.undo)}</kbd>
                  </button>
                </div>
              `
        }
      </div>
    `;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'emulsion-gallery-undo': EmulsionGalleryUndo;
  }
}
