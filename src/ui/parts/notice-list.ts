/** @file Things the user should know about the picture that are not failures. */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { translate } from '../../locale/index.ts';
import { controlStyles } from './control-styles.ts';
import { closeIcon } from './icons.ts';
import { LocaleController } from './locale-controller.ts';
import { shownSentence, type ShownNotice } from './page-notice.ts';

/**
 * Stays in the page while it is empty, so that what comes is announced.
 * @fires dismiss - `CustomEvent<ShownNotice>`
 * @fires use-model - `CustomEvent<string>`: the id of the model that a notice speaks of
 */
@customElement('emulsion-notice-list')
export class EmulsionNoticeList extends LitElement {
  static override styles = [
    controlStyles,
    css`
      :host {
        display: block;
      }

      ul {
        margin: 0;
        padding: 0;
        list-style: none;
      }

      li {
        display: flex;
        align-items: start;
        justify-content: space-between;
        gap: var(--space-2);
        max-height: 8rem;
        overflow: auto;
        padding: var(--space-2) var(--space-2) var(--space-2) var(--space-3);
        border-inline-start: 3px solid var(--line-strong);
        border-radius: var(--radius-small);
        margin-bottom: var(--space-2);
        background: var(--sunken);
        font-size: var(--text-small);
        overflow-wrap: anywhere;
      }

      li:last-child {
        margin-bottom: var(--space-4);
      }

      li > div {
        display: flex;
        flex: 1;
        flex-wrap: wrap;
        align-items: start;
        gap: var(--space-1) var(--space-2);
        min-width: 0;
      }

      div > span {
        flex: 1 1 12rem;
      }

      button {
        flex: none;
        min-height: 1.75rem;
        font-size: var(--text-small);
      }

      button.icon {
        width: 1.75rem;
        border: 0;
      }
    `,
  ];

  @property({ attribute: false }) notices: readonly ShownNotice[] = [];

  constructor() {
    super();
    new LocaleController(this);
  }

  protected override render(): TemplateResult {
    return html`
      <div role="status">
        <ul>
          ${this.notices.map(
            (notice) => html`
              <li>
                <div>
                  <span>${shownSentence(notice)}</span>
                  ${notice.kind === 'picture-other-model' ? this.renderUse(notice.id) : nothing}
                </div>
                <button
                  type="button"
                  class="icon"
                  aria-label=${translate('dismiss')}
                  @click=${() => this.dispatchEvent(new CustomEvent<ShownNotice>('dismiss', { detail: notice }))}
                >
                  ${closeIcon}
                </button>
              </li>
            `,
          )}
        </ul>
      </div>
    `;
  }

  private renderUse(id: string | undefined): TemplateResult | typeof nothing {
    if (id === undefined) return nothing;
    const use = () => this.dispatchEvent(new CustomEvent<string>('use-model', { detail: id }));
    return html`<button type="button" @click=${use}>${translate('pictureUseModel')}</button>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'emulsion-notice-list': EmulsionNoticeList;
  }
}
