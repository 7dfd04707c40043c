/** @file Switches the language of the page. */
import { css, html, LitElement, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import { currentLocale, LOCALES, setLocale, translate, type Locale } from '../../locale/index.ts';
import { controlStyles } from '../parts/control-styles.ts';
import { LocaleController } from '../parts/locale-controller.ts';
import { readPreference, writePreference } from '../parts/preferences.ts';

const PREFERENCE = 'locale';

/** What the user chose on an earlier visit. */
export function rememberedLanguage(): string | null {
  return readPreference(PREFERENCE);
}

@customElement('emulsion-language-switch')
export class EmulsionLanguageSwitch extends LitElement {
  static override styles = [
    controlStyles,
    css`
      div {
        display: flex;
        padding: 2px;
        border: 1px solid var(--line);
        border-radius: var(--radius-small);
      }

      button {
        min-height: 1.75rem;
        padding: 0 var(--space-2);
        border: 0;
        border-radius: 4px;
        color: var(--text-muted);
        font-size: var(--text-small);
      }

      button[aria-pressed='true'] {
        background: var(--accent-soft);
        color: var(--text);
      }
    `,
  ];

  constructor() {
    super();
    new LocaleController(this);
  }

  protected override render(): TemplateResult {
    return html`
      <div role="group" aria-label=${translate('language')}>
        ${LOCALES.map(
          ({ locale, label }) => html`
            <button
              type="button"
              lang=${locale}
              aria-pressed=${locale === currentLocale()}
              @click=${() => this.choose(locale)}
            >
              ${label}
            </button>
          `,
        )}
      </div>
    `;
  }

  private choose(locale: Locale): void {
    setLocale(locale);
    writePreference(PREFERENCE, locale);
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'emulsion-language-switch': EmulsionLanguageSwitch;
  }
}
