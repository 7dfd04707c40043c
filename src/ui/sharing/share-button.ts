/** @file Copies a link to what the form says. */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { translate } from '../../locale/index.ts';
import { controlStyles } from '../parts/control-styles.ts';
import { LocaleController } from '../parts/locale-controller.ts';

@customElement('emulsion-share-button')
export class EmulsionShareButton extends LitElement {
  static override styles = [
    controlStyles,
    css`
      :host {
        display: grid;
        gap: var(--space-1);
        min-width: 0;
      }
    `,
  ];

  /** The address, asked for when it is copied. */
  @property({ attribute: false }) link: () => string = () => location.href;
  /** The last one copied, and whether the browser allowed that. */
  @state() private copied: { readonly address: string; readonly isAllowed: boolean } | undefined;

  constructor() {
    super();
    new LocaleController(this);
  }

  protected override render(): TemplateResult {
    const { copied } = this;
    return html`
      <button type="button" aria-describedby="outcome" @click=${() => void this.copy()}>
        ${translate('share')}
      </button>
      ${
        copied?.isAllowed === false
          ? html`<input readonly aria-label=${translate('shareAddress')} .value=${copied.address} />`
          : nothing
      }
      <p id="outcome" class="hint" role="status">
        ${copied ? translate(copied.isAllowed ? 'shareCopied' : 'shareRefused') : translate('shareHint')}
      </p>
    `;
  }

  private async copy(): Promise<void> {
    const address = this.link();
    try {
      await navigator.clipboard.writeText(address);
      this.copied = { address, isAllowed: true };
    } catch {
      this.copied = { address, isAllowed: false };
      await this.updateComplete;
      this.renderRoot.querySelector('input')?.select();
    }
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'emulsion-share-button': EmulsionShareButton;
  }
}
