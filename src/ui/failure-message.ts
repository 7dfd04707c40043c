/** @file What went wrong, in one sentence, and the one thing to do about it. */
import { css, html, LitElement, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { PlainError } from '../error.ts';
import { errorSentence, translate } from '../locale/index.ts';
import { controlStyles } from './control-styles.ts';
import { LocaleController } from './locale-controller.ts';

/**
 * @fires try-again - where trying again makes sense
 * @fires dismiss - otherwise
 */
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

      .foot {
        display: flex;
        align-items: center;
        justify-content: space-between;
        gap: var(--space-3);
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
  /** Whether the same thing can be tried again; otherwise the message can only be dismissed. */
  @property({ type: Boolean }) repeatable = false;

  constructor() {
    super();
    new LocaleController(this);
  }

  protected override firstUpdated(): void {
    this.scrollIntoView({ block: 'nearest' });
  }

  protected override render(): TemplateResult {
    const action = this.repeatable ? 'try-again' : 'dismiss';
    return html`
      <div role="alert">
        <p>${errorSentence(this.failure)}</p>
        <div class="foot">
          <code>${this.failure.code}</code>
          <button type="button" @click=${() => this.dispatchEvent(new Event(action))}>
            ${translate(this.repeatable ? 'tryAgain' : 'dismiss')}
          </button>
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
