/** @file The dialog that lists the keys of the page, with the ways to further help. Loaded when it is opened for the first time. */
import { css, html, LitElement, type TemplateResult } from 'lit';
import { customElement, query } from 'lit/decorators.js';
import { documentsIn } from '../../locale/documents.ts';
import { currentLocale, translate } from '../../locale/index.ts';
import { controlStyles } from '../parts/control-styles.ts';
import { dialogHead, dialogStyles } from '../parts/dialog-frame.ts';
import { KEY_GROUPS } from '../parts/key-groups.ts';
import { keyNames } from '../parts/key-names.ts';
import type { Chord } from '../parts/keys.ts';
import { LocaleController } from '../parts/locale-controller.ts';

/** @fires show-tour */
@customElement('emulsion-help-dialog')
export class EmulsionHelpDialog extends LitElement {
  static override styles = [
    controlStyles,
    dialogStyles,
    css`
      table {
        width: 100%;
        border-collapse: collapse;
      }

      caption {
        color: var(--text-muted);
        font-size: var(--text-small);
        font-weight: 500;
        text-align: start;
      }

      th,
      td {
        padding: var(--space-1) 0;
        font-weight: 400;
        text-align: start;
        vertical-align: baseline;
      }

      tbody tr + tr {
        border-top: 1px solid var(--line);
      }

      th {
        width: 40%;
        padding-inline-end: var(--space-3);
      }

      .chord {
        display: inline-block;
        margin-inline-end: var(--space-2);
        white-space: nowrap;
      }

      kbd {
        display: inline-block;
        min-width: 1.5rem;
        padding: 0 var(--space-1);
        border: 1px solid var(--line-strong);
        border-radius: var(--radius-small);
        background: var(--sunken);
        font: inherit;
        font-size: var(--text-small);
        text-align: center;
      }

      .foot {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: var(--space-2) var(--space-3);
      }

      .foot a {
        color: inherit;
      }
    `,
  ];

  @query('dialog') private readonly dialog!: HTMLDialogElement;

  constructor() {
    super();
    new LocaleController(this);
  }

  get isOpen(): boolean {
    return this.hasUpdated && this.dialog.open;
  }

  show(): void {
    if (!this.dialog.open) this.dialog.showModal();
  }

  protected override render(): TemplateResult {
    return html`
      <dialog aria-labelledby="title" closedby="any">
        ${dialogHead(translate('help'), () => this.dialog.close())}
        <div class="body" role="region" aria-labelledby="title" tabindex="0">
          ${Object.values(KEY_GROUPS).map(
            ({ title, rows }) => html`
              <table>
                <caption>
                  ${translate(title)}
                </caption>
                <thead class="visually-hidden">
                  <tr>
                    <th scope="col">${translate('keysKey')}</th>
                    <th scope="col">${translate('keysAction')}</th>
                  </tr>
                </thead>
                <tbody>
                  ${rows.map(
                    ({ text, keys }) => html`
                      <tr>
                        <th scope="row">${keys.map(renderChord)}</th>
                        <td>${translate(text)}</td>
                      </tr>
                    `,
                  )}
                </tbody>
              </table>
            `,
          )}
        </div>
        <div class="foot">
          <button type="button" @click=${this.onTour}>${translate('helpTour')}</button>
          <a class="hint" href=${documentsIn(currentLocale())}>${translate('helpDocuments')}</a>
        </div>
      </dialog>
    `;
  }

  private readonly onTour = (): void => {
    this.dialog.close();
    this.dispatchEvent(new Event('show-tour'));
  };
}

function renderChord(chord: Chord): TemplateResult {
  return html`<span class="chord">${keyNames(chord).map((name) => html`<kbd>${name}</kbd> `)}</span>`;
}

declare global {
  interface HTMLElementTagNameMap {
    'emulsion-help-dialog': EmulsionHelpDialog;
  }
}
