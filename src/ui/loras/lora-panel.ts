/** @file Which LoRAs go into the next picture, and the way to all others. */
import { css, html, LitElement, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { translate } from '../../locale/index.ts';
import type { LoraEntry } from '../../store/lora-entry.ts';
import { controlStyles } from '../parts/control-styles.ts';
import { LocaleController } from '../parts/locale-controller.ts';
import { short } from './lora-report.ts';
import { panelStyles } from '../parts/panel-styles.ts';

/** @fires open-loras - the user wants to see the LoRAs */
@customElement('emulsion-lora-panel')
export class EmulsionLoraPanel extends LitElement {
  static override styles = [
    controlStyles,
    panelStyles,
    css`
      ul {
        margin: 0;
        padding: 0;
        list-style: none;
        overflow-wrap: anywhere;
      }

      li {
        display: flex;
        gap: var(--space-2);
        font-weight: 600;
      }

      .weight {
        color: var(--text-muted);
        font-weight: 400;
        font-variant-numeric: tabular-nums;
      }
    `,
  ];

  @property({ attribute: false }) entries: readonly LoraEntry[] = [];

  constructor() {
    super();
    new LocaleController(this);
  }

  protected override render(): TemplateResult {
    const used = this.entries.filter(({ isOn }) => isOn);
    return html`
      <div>
        <h2>${translate('loras')}</h2>
        ${
          used.length === 0
            ? html`<p class="hint">${translate('lorasNoneOn')}</p>`
            : html`
                <ul>
                  ${used.map(
                    ({ name, weight }) =>
                      html`<li>${name} <span class="weight">× ${short(weight)}</span></li>`,
                  )}
                </ul>
              `
        }
      </div>
      <button type="button" @click=${() => this.dispatchEvent(new Event('open-loras'))}>
        ${translate('lorasOpen')}
      </button>
    `;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'emulsion-lora-panel': EmulsionLoraPanel;
  }
}
