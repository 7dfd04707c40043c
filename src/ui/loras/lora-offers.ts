/** @file The LoRAs that come with the site, each to be added with one click; nothing where there are none. */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { inLanguage, translate } from '../../locale/index.ts';
import { loraName } from '../../lora/lora-name.ts';
import type { LoraEntry } from '../../store/lora-entry.ts';
import { controlStyles } from '../parts/control-styles.ts';
import { listStyles } from '../parts/list-styles.ts';
import { LocaleController } from '../parts/locale-controller.ts';
import type { OfferedLora } from './lora-catalog.ts';

@customElement('emulsion-lora-offers')
export class EmulsionLoraOffers extends LitElement {
  static override styles = [
    controlStyles,
    listStyles,
    css`
      li {
        display: grid;
        grid-template-columns: minmax(0, 1fr) auto;
        align-items: center;
        gap: var(--space-1) var(--space-3);
        padding: var(--space-3) 0;
        overflow-wrap: anywhere;
      }

      .name {
        font-weight: 600;
      }

      button {
        min-height: 2.25rem;
        font-size: var(--text-small);
      }
    `,
  ];

  @property({ attribute: false }) offered: readonly OfferedLora[] = [];
  @property({ attribute: false }) entries: readonly LoraEntry[] = [];
  /** Resolves when it is on the shelf, or could not be put there. */
  @property({ attribute: false }) add!: (offer: OfferedLora) => Promise<void>;

  @state() private adding: OfferedLora | undefined;

  constructor() {
    super();
    new LocaleController(this);
  }

  protected override render(): TemplateResult | typeof nothing {
    if (this.offered.length === 0) return nothing;
    return html`
      <section aria-labelledby="offered">
        <h3 id="offered">${translate('lorasOffered')}</h3>
        <ul>
          ${this.offered.map((offer) => this.renderOffer(offer))}
        </ul>
      </section>
    `;
  }

  private renderOffer(offer: OfferedLora): TemplateResult {
    const { name, file, base, licence, description } = offer;
    const isThere = this.entries.some((entry) => entry.name === loraName(file));
    const facts = [
      ...(base === undefined ? [] : [translate('loraBase', base)]),
      ...(licence === undefined ? [] : [translate('licence', licence)]),
    ];
    return html`
      <li>
        <div>
          <p class="name">${name}</p>
          <p class="hint">${inLanguage(description)}</p>
          <p class="hint">${facts.join(' · ')}</p>
        </div>
        ${
          isThere
            ? html`<span class="hint">${translate('loraOnShelf')}</span>`
            : html`
                <button
                  type="button"
                  aria-label=${translate('loraAddNamed', name)}
                  aria-disabled=${this.adding !== undefined}
                  @click=${() => void this.give(offer)}
                >
                  ${translate(this.adding === offer ? 'loraAdding' : 'loraAdd')}
                </button>
              `
        }
      </li>
    `;
  }

  private async give(offer: OfferedLora): Promise<void> {
    if (this.adding) return;
    this.adding = offer;
    await this.add(offer);
    this.adding = undefined;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'emulsion-lora-offers': EmulsionLoraOffers;
  }
}
