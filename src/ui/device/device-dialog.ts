/** @file The dialog about this device: what the browser offers, what follows from it, and a report to copy. */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import type { DeviceExamination } from '../../engine/device-report.ts';
import type { Engine } from '../../engine/protocol/engine.ts';
import { toPlainError, type PlainError } from '../../error.ts';
import { translate } from '../../locale/index.ts';
import { controlStyles, disclosureStyles } from '../parts/control-styles.ts';
import { capabilityGroups, deviceText, rawLines, type CapabilityRow } from './device-capabilities.ts';
import { dialogHead, dialogStyles, dialogTrouble } from '../parts/dialog-frame.ts';
import { LocaleController } from '../parts/locale-controller.ts';
import { pageFacts } from './page-facts.ts';

@customElement('emulsion-device-dialog')
export class EmulsionDeviceDialog extends LitElement {
  static override styles = [
    controlStyles,
    disclosureStyles,
    dialogStyles,
    css`
      table {
        width: 100%;
        border-collapse: collapse;
        text-align: start;
      }

      caption {
        color: var(--text-muted);
        font-size: var(--text-small);
        font-weight: 500;
        text-align: start;
      }

      th,
      td {
        padding: var(--space-2) var(--space-3) var(--space-2) 0;
        overflow-wrap: anywhere;
        text-align: start;
        vertical-align: baseline;
      }

      tbody tr + tr {
        border-top: 1px solid var(--line);
      }

      th {
        width: 28%;
        font-weight: 500;
      }

      td:nth-child(2) {
        width: 24%;
      }

      td:last-child {
        padding-inline-end: 0;
        color: var(--text-muted);
        font-size: var(--text-small);
      }

      pre {
        margin: var(--space-2) 0 0;
        font-size: var(--text-small);
        white-space: pre-wrap;
        overflow-wrap: anywhere;
      }

      textarea {
        min-height: 12rem;
        font-family: monospace;
        font-size: var(--text-small);
      }

      .foot {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: var(--space-2) var(--space-3);
      }

      @media (max-width: 40rem) {
        tr {
          display: grid;
          grid-template-columns: minmax(0, 1fr) minmax(0, 1fr);
          padding: var(--space-2) 0;
        }

        th,
        td,
        td:nth-child(2) {
          width: auto;
          padding-block: 0;
        }

        td:nth-child(2) {
          padding-inline-end: 0;
          text-align: end;
        }

        td:last-child {
          grid-column: 1 / -1;
        }
      }
    `,
  ];

  @property({ attribute: false }) engine!: Engine;

  /** Stays from one time the dialog is open to the next, so that it shows at once. */
  @state() private device: DeviceExamination | undefined;
  @state() private failure: PlainError | undefined;
  @state() private copying: 'not-yet' | 'copied' | 'refused' = 'not-yet';
  @query('dialog') private readonly dialog!: HTMLDialogElement;
  @query('.body') private readonly body!: HTMLElement;
  @query('textarea') private readonly report!: HTMLTextAreaElement | null;

  constructor() {
    super();
    new LocaleController(this);
  }

  get isOpen(): boolean {
    return this.dialog.open;
  }

  /** Shows the dialog, and looks again: storage changes, and so may the GPU. */
  show(): void {
    this.copying = 'not-yet';
    void this.examine();
    if (!this.dialog.open) this.dialog.showModal();
  }

  protected override render(): TemplateResult {
    return html`
      <dialog aria-labelledby="title" closedby="any">
        ${dialogHead(translate('deviceAbout'), () => this.dialog.close())}
        <div
          class="body"
          role="region"
          aria-labelledby="title"
          tabindex="0"
          aria-busy=${!this.device && !this.failure}
        >
          <p class="hint">${translate('deviceAboutHint')}</p>
          ${this.failure ? dialogTrouble(this.failure, this.onRetry) : nothing}
          ${this.device ? this.renderDevice(this.device) : nothing}
          <p role="status" ?hidden=${this.device ?? this.failure}>${translate('deviceExamining')}</p>
        </div>
        <div class="foot" ?hidden=${!this.device}>
          <button type="button" @click=${this.onCopy}>${translate('deviceCopy')}</button>
          <p class="hint" role="status">
            ${this.copying === 'not-yet' ? nothing : translate(this.copying === 'copied' ? 'deviceCopied' : 'deviceCopyRefused')}
          </p>
        </div>
      </dialog>
    `;
  }

  private renderDevice(device: DeviceExamination): TemplateResult {
    return html`
      ${capabilityGroups(device).map(
        ({ title, rows }) => html`
          <table>
            <caption>
              ${title}
            </caption>
            <thead class="visually-hidden">
              <tr>
                <th scope="col">${translate('deviceCapability')}</th>
                <th scope="col">${translate('deviceFound')}</th>
                <th scope="col">${translate('deviceMeaning')}</th>
              </tr>
            </thead>
            <tbody>
              ${rows.map(renderRow)}
            </tbody>
          </table>
        `,
      )}
      <details>
        <summary>${translate('deviceRaw')}</summary>
        <pre>${rawLines(device).join('\n')}</pre>
      </details>
      ${
        this.copying === 'refused'
          ? html`<textarea
              readonly
              aria-label=${translate('deviceReport')}
              .value=${deviceText(device)}
            ></textarea>`
          : nothing
      }
    `;
  }

  private async examine(): Promise<void> {
    this.failure = undefined;
    try {
      this.device = await this.engine.examine(pageFacts());
    } catch (error) {
      this.failure = toPlainError(error);
    }
  }

  private readonly onRetry = (): void => {
    // The button goes, with the focus it has; what comes instead is to be read here.
    this.body.focus();
    void this.examine();
  };

  private readonly onCopy = async (): Promise<void> => {
    if (!this.device) return;
    // So that a second time is announced as well.
    this.copying = 'not-yet';
    await this.updateComplete;
    this.copying = await copyText(deviceText(this.device));
    if (this.copying !== 'refused') return;
    await this.updateComplete;
    this.report?.focus();
    this.report?.select();
  };
}

function renderRow({ id, name, found, meaning }: CapabilityRow): TemplateResult {
  return html`
    <tr data-capability=${id}>
      <th scope="row">${name}</th>
      <td>${found}</td>
      <td>${meaning}</td>
    </tr>
  `;
}

/** Puts text on the clipboard, where the browser has one and lets us. */
async function copyText(text: string): Promise<'copied' | 'refused'> {
  const clipboard = navigator.clipboard as Clipboard | undefined;
  if (!clipboard) return 'refused';
  return clipboard.writeText(text).then(
    () => 'copied',
    () => 'refused',
  );
}

declare global {
  interface HTMLElementTagNameMap {
    'emulsion-device-dialog': EmulsionDeviceDialog;
  }
}
