/**
 * @file Tells, once, that the site and the open model work without a network, and when a newer version of the site
 * waits. Silent otherwise.
 */
import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { OfflineSite, OfflineState } from '../../offline/offline-site.ts';
import { translate } from '../../locale/index.ts';
import { controlStyles } from '../parts/control-styles.ts';
import { closeIcon } from '../parts/icons.ts';
import { LocaleController } from '../parts/locale-controller.ts';
import { readPreference, writePreference } from '../parts/preferences.ts';

const TOLD_PREFERENCE = 'offline-told';

@customElement('emulsion-offline-status')
export class EmulsionOfflineStatus extends LitElement {
  static override styles = [
    controlStyles,
    css`
      p {
        display: flex;
        align-items: center;
        justify-content: center;
        gap: var(--space-2);
        color: var(--text-muted);
        font-size: var(--text-small);
      }

      button {
        min-height: 1.75rem;
      }

      button.icon {
        width: 1.75rem;
        border: 0;
      }
    `,
  ];

  /** Absent where the site is not kept. */
  @property({ attribute: false }) site: OfflineSite | undefined;
  /** Whether the open model is in the store. */
  @property({ type: Boolean }) stored = false;
  /** Whether a picture is being painted, which a reload would lose. */
  @property({ type: Boolean }) busy = false;

  @state() private siteState: OfflineState = 'unsupported';
  /** Whether it is told now. */
  @state() private isTelling = false;

  private readonly followSite = (): void => {
    this.siteState = this.site?.state ?? 'unsupported';
  };

  constructor() {
    super();
    new LocaleController(this);
    this.addController({
      hostConnected: () => this.site?.addEventListener('change', this.followSite),
      hostDisconnected: () => this.site?.removeEventListener('change', this.followSite),
    });
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('site')) {
      changed.get('site')?.removeEventListener('change', this.followSite);
      this.site?.addEventListener('change', this.followSite);
      this.followSite();
    }
    const isReady = this.siteState === 'ready' && this.stored;
    if (isReady && readPreference(TOLD_PREFERENCE) === null) {
      writePreference(TOLD_PREFERENCE, 'yes');
      this.isTelling = true;
    }
  }

  /** The live region stays while it is empty, so that what comes is announced. */
  protected override render(): TemplateResult {
    return html`<div role="status">${this.message}</div>`;
  }

  private get message(): TemplateResult | typeof nothing {
    if (this.siteState === 'update') {
      return html`
        <p>
          ${translate('updateAvailable')}
          <button type="button" ?disabled=${this.busy} @click=${() => this.site?.acceptUpdate()}>
            ${translate('reload')}
          </button>
        </p>
      `;
    }
    if (this.siteState === 'updating') return html`<p>${translate('updating')}</p>`;
    if (!this.isTelling) return nothing;
    return html`
      <p>
        ${translate('offlineReady')}
        <button
          type="button"
          class="icon"
          aria-label=${translate('dismiss')}
          @click=${() => (this.isTelling = false)}
        >
          ${closeIcon}
        </button>
      </p>
    `;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'emulsion-offline-status': EmulsionOfflineStatus;
  }
}
