/** @file One line of the page that says what paints, and leads to more about it. */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { DeviceReport } from '../../engine/device-report.ts';
import type { BackendChoice } from '../../engine/protocol/generate.ts';
import { translate } from '../../locale/index.ts';
import { controlStyles } from '../parts/control-styles.ts';
import { LocaleController } from '../parts/locale-controller.ts';
import { deviceSentence } from './device-sentence.ts';

/** @fires open-device - the user wants to know more */
@customElement('emulsion-device-line')
export class EmulsionDeviceLine extends LitElement {
  static override styles = [
    controlStyles,
    css`
      :host {
        display: block;
      }

      .device {
        color: var(--text-muted);
        font-size: var(--text-small);
        text-align: center;
        overflow-wrap: anywhere;
      }

      button {
        min-height: 1.75rem;
        padding: 0 var(--space-2);
        border: 0;
        color: inherit;
        font-size: inherit;
        text-decoration: underline;
        text-underline-offset: 0.2em;
      }
    `,
  ];

  /** Absent until it is known. */
  @property({ attribute: false }) report: DeviceReport | undefined;
  @property() choice: BackendChoice = 'auto';

  constructor() {
    super();
    new LocaleController(this);
  }

  protected override render(): TemplateResult {
    const { report, choice } = this;
    return html`
      <p class="device">
        <span>${report ? translate('runsOn', deviceSentence(report, choice)) : nothing}</span>
        <button type="button" @click=${() => this.dispatchEvent(new Event('open-device'))}>
          ${translate('deviceAbout')}
        </button>
      </p>
    `;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'emulsion-device-line': EmulsionDeviceLine;
  }
}
