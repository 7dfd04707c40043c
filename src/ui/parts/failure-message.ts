/** @file What went wrong, in one sentence, and what can be done about it. */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { PlainError } from '../../error.ts';
import { errorSentence, translate } from '../../locale/index.ts';
import { controlStyles } from './control-styles.ts';
import { LocaleController } from './locale-controller.ts';

/** A button of the message. */
export interface FailureAction {
  readonly label: string;
  readonly act: () => void;
}

/** @fires dismiss - where there is no action */
@customElement('emulsion-failure-message')
export class EmulsionFailureMessage extends LitElement {
  static override styles = [
    controlStyles,
    css`
      [role='alert'] {
        display: grid;
        gap: var(--space-2);
        padding: var(--space-4);
        border: 1px solid var(--accent);
        border-radius: var(--radius);
        background: var(--accent-soft);
        overflow-wrap: anywhere;
      }

      .context {
        color: var(--text-muted);
        font-size: var(--text-small);
      }

      .foot {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        justify-content: space-between;
        gap: var(--space-2) var(--space-3);
      }

      .actions {
        display: flex;
        flex-wrap: wrap;
        justify-content: end;
        gap: var(--space-2);
      }

      code {
        color: var(--text-muted);
        font-size: var(--text-small);
      }

      button {
        flex: none;
        min-height: 2.25rem;
        background: var(--surface);
      }
    `,
  ];

  @property({ attribute: false }) failure!: PlainError;
  /** What it happened to, where that is not plain. */
  @property() context = '';
  /** What may help, the best first; without any the message can only be dismissed. */
  @property({ attribute: false }) actions: readonly FailureAction[] = [];

  constructor() {
    super();
    new LocaleController(this);
  }

  protected override firstUpdated(): void {
    this.scrollIntoView({ block: 'nearest' });
  }

  protected override render(): TemplateResult {
    const dismiss: FailureAction = {
      label: translate('dismiss'),
      act: () => this.dispatchEvent(new Event('dismiss')),
    };
    const actions = this.actions.length > 0 ? this.actions : [dismiss];
    return html`
      <div role="alert">
        ${this.context === '' ? nothing : html`<p class="context">${this.context}</p>`}
        <p>${errorSentence(this.failure)}</p>
        <div class="foot">
          <code>${this.failure.code}</code>
          <div class="actions">
            ${actions.map(({ label, act }) => html`<button type="button" @click=${act}>${label}</button>`)}
          </div>
        </div>
      </div>
    `;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'emulsion-failure-message': EmulsionFailureMessage;
  }
}
