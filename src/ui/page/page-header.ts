/** @file The head of the page: what this is, and the ways to the documents, to help and to other languages. */
import { css, html, LitElement, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import { documentsIn } from '../../locale/documents.ts';
import { currentLocale, translate } from '../../locale/index.ts';
import { controlStyles } from '../parts/control-styles.ts';
import { helpIcon, mark } from '../parts/icons.ts';
import { keyShortcuts } from '../parts/key-names.ts';
import { KEYS } from '../parts/keys.ts';
import { LocaleController } from '../parts/locale-controller.ts';
import './language-switch.ts';

/** @fires open-help - the user wants to see the keys */
@customElement('emulsion-page-header')
export class EmulsionPageHeader extends LitElement {
  static override styles = [
    controlStyles,
    css`
      :host {
        display: block;
      }

      header {
        display: flex;
        align-items: center;
        gap: var(--space-3);
        margin-bottom: var(--space-4);
      }

      h1 {
        display: flex;
        align-items: center;
        gap: var(--space-2);
        margin: 0;
        font-size: var(--text-large);
        font-weight: 650;
        letter-spacing: -0.01em;
      }

      .mark {
        width: 1.5rem;
        height: 1.5rem;
        stroke: var(--accent);
      }

      .documents {
        margin-inline-start: auto;
        padding: var(--space-1) 0;
        color: var(--text-muted);
        font-size: var(--text-small);
        text-underline-offset: 0.2em;
      }

      button.icon {
        width: 2rem;
        min-height: 2rem;
        border: 0;
        color: var(--text-muted);
      }

      .tagline {
        color: var(--text-muted);
        font-size: var(--text-small);
      }

      @media (max-width: 40rem) {
        header {
          flex-wrap: wrap;
        }

        .tagline {
          display: none;
        }
      }
    `,
  ];

  constructor() {
    super();
    new LocaleController(this);
  }

  protected override render(): TemplateResult {
    return html`
      <header>
        <h1>${mark}Emulsion</h1>
        <p class="tagline">${translate('tagline')}</p>
        <a class="documents" href=${documentsIn(currentLocale())}>${translate('documents')}</a>
        <button
          type="button"
          class="icon"
          aria-label=${translate('help')}
          title=${translate('help')}
          aria-keyshortcuts=${keyShortcuts(KEYS.help)}
          @click=${() => this.dispatchEvent(new Event('open-help'))}
        >
          ${helpIcon}
        </button>
        <emulsion-language-switch></emulsion-language-switch>
      </header>
    `;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'emulsion-page-header': EmulsionPageHeader;
  }
}
