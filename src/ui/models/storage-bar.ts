/** @file How much of the browser's storage is used, and whether the browser has promised to keep it. */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { StorageReport } from '../../engine/protocol/library.ts';
import { translate } from '../../locale/index.ts';
import { byteSize } from '../parts/byte-size.ts';
import { controlStyles } from '../parts/control-styles.ts';
import { LocaleController } from '../parts/locale-controller.ts';

/** @fires ask-to-keep - the user wants the browser to be asked */
@customElement('emulsion-storage-bar')
export class EmulsionStorageBar extends LitElement {
  static override styles = [
    controlStyles,
    css`
      :host {
        display: grid;
        gap: var(--space-1);
        font-size: var(--text-small);
      }

      meter {
        width: 100%;
        height: 0.5rem;
      }

      meter::-webkit-meter-bar {
        height: 0.375rem;
        border: 0;
        border-radius: 1rem;
        background: var(--line);
      }

      meter::-webkit-meter-optimum-value,
      meter::-webkit-meter-suboptimum-value,
      meter::-webkit-meter-even-less-good-value {
        background: var(--line-strong);
      }

      meter::-moz-meter-bar {
        background: var(--line-strong);
      }

      .persistence {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        justify-content: space-between;
        gap: var(--space-1) var(--space-3);
      }

      button {
        min-height: 2rem;
        font-size: inherit;
      }
    `,
  ];

  @property({ attribute: false }) storage!: StorageReport;
  /** Whether the browser has been asked and has not promised it. */
  @property({ type: Boolean }) refused = false;

  constructor() {
    super();
    new LocaleController(this);
  }

  protected override render(): TemplateResult {
    const { usedBytes, availableBytes } = this.storage;
    const total =
      usedBytes === undefined || availableBytes === undefined ? undefined : usedBytes + availableBytes;
    const sentence =
      usedBytes === undefined
        ? translate('storageUnknown')
        : total === undefined
          ? translate('storageUsed', byteSize(usedBytes))
          : translate('storageUsedOf', byteSize(usedBytes), byteSize(total));
    return html`
      <p>${sentence}</p>
      ${
        total === undefined
          ? nothing
          : html`<meter min="0" max=${total} .value=${usedBytes ?? 0} aria-label=${sentence}></meter>`
      }
      ${this.renderPersistence()}
    `;
  }

  private renderPersistence(): TemplateResult | typeof nothing {
    const { persisted } = this.storage;
    if (persisted === undefined) return nothing;
    if (persisted) return html`<p class="hint">${translate('storageKept')}</p>`;
    return html`
      <div class="persistence" role="status">
        <p class="hint">${translate(this.refused ? 'storageRefused' : 'storageMayGo')}</p>
        ${
          this.refused
            ? nothing
            : html`<button type="button" @click=${() => this.dispatchEvent(new Event('ask-to-keep'))}>
                ${translate('storageAsk')}
              </button>`
        }
      </div>
    `;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'emulsion-storage-bar': EmulsionStorageBar;
  }
}
