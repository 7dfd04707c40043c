/** @file Earlier prompts: a menu of them for mouse and touch, and the keys of the prompt box that walk through them. */
import { css, html, LitElement, type TemplateResult } from 'lit';
import { customElement, query, state } from 'lit/decorators.js';
import { translate } from '../../locale/index.ts';
import { controlStyles } from '../parts/control-styles.ts';
import { historyIcon } from '../parts/icons.ts';
import { shortcut } from '../parts/key-names.ts';
import { isPressed, KEYS } from '../parts/keys.ts';
import { LocaleController } from '../parts/locale-controller.ts';
import { PromptHistory } from './prompt-history.ts';

/**
 * @fires pick-prompt - `CustomEvent<string>`: the text that is to be in the prompt box
 * @fires close-history - a prompt was picked from the menu; to write on comes next
 */
@customElement('emulsion-prompt-history-menu')
export class EmulsionPromptHistoryMenu extends LitElement {
  static override styles = [
    controlStyles,
    css`
      :host {
        display: flex;
      }

      .open {
        anchor-name: --prompt-history;
        min-height: 1.5rem;
        padding: 0 var(--space-2);
        border: 0;
        color: var(--text-muted);
        font-size: var(--text-small);
      }

      [popover] {
        position-anchor: --prompt-history;
        width: min(23rem, calc(100vw - 2rem));
        max-height: min(26rem, 60dvh);
        padding: var(--space-1);
        overflow: auto;
        overscroll-behavior: contain;
        border: 1px solid var(--line);
        border-radius: var(--radius);
        background: var(--surface);
        color: var(--text);
        box-shadow: var(--shadow);
      }

      /* Elsewhere it opens in the middle of the window. */
      @supports (position-area: bottom span-left) {
        [popover] {
          position-area: bottom span-left;
          position-try-fallbacks: flip-block;
          margin: var(--space-1) 0;
        }
      }

      ul {
        margin: 0;
        padding: 0;
        list-style: none;
      }

      li button {
        display: -webkit-box;
        width: 100%;
        min-height: 2.25rem;
        overflow: hidden;
        border: 0;
        text-align: start;
        overflow-wrap: anywhere;
        -webkit-box-orient: vertical;
        -webkit-line-clamp: 2;
      }

      p {
        padding: var(--space-3);
      }

      .clear {
        width: 100%;
        margin-top: var(--space-1);
        border: 0;
        border-top: 1px solid var(--line);
        border-radius: 0;
        color: var(--text-muted);
        font-size: var(--text-small);
      }
    `,
  ];

  private readonly history = new PromptHistory();
  /** Where the walk is, to be told. */
  @state() private told = '';
  @query('[popover]') private readonly menu!: HTMLElement;

  constructor() {
    super();
    new LocaleController(this);
  }

  get isOpen(): boolean {
    return this.menu.matches(':popover-open');
  }

  /** Takes a prompt that was ordered. */
  add(prompt: string): void {
    this.history.add(prompt);
    this.requestUpdate();
  }

  /** The prompt box has got another text: the walk begins anew there. */
  leave(): void {
    this.history.leave();
  }

  /** A key in the prompt box: Alt with an arrow goes one prompt back or forth. */
  walk(event: KeyboardEvent, text: string): void {
    const isOlder = isPressed(event, KEYS.olderPrompt);
    if (!isOlder && !isPressed(event, KEYS.newerPrompt)) return;
    event.preventDefault();
    const prompt = isOlder ? this.history.older(text) : this.history.newer();
    if (prompt === undefined) return;
    const { position, entries } = this.history;
    this.told =
      position === 0
        ? translate('promptHistoryWritten', prompt)
        : translate('promptHistoryAt', position, entries.length, prompt);
    this.offer(prompt);
  }

  protected override render(): TemplateResult {
    const { entries } = this.history;
    return html`
      <button
        type="button"
        class="open"
        popovertarget="menu"
        title=${translate('promptHistoryKeys', shortcut(KEYS.olderPrompt), shortcut(KEYS.newerPrompt))}
      >
        ${historyIcon} ${translate('promptHistory')}
      </button>
      <div id="menu" popover role="group" aria-label=${translate('promptHistory')} @toggle=${this.onToggle}>
        ${
          entries.length === 0
            ? html`<p class="hint">${translate('promptHistoryEmpty')}</p>`
            : html`
                <ul>
                  ${entries.map(
                    (entry) => html`
                      <li><button type="button" @click=${() => this.pick(entry)}>${entry}</button></li>
                    `,
                  )}
                </ul>
                <button type="button" class="clear" @click=${this.onClear}>
                  ${translate('promptHistoryClear')}
                </button>
              `
        }
      </div>
      <p class="visually-hidden" role="status">${this.told}</p>
    `;
  }

  private pick(prompt: string): void {
    this.menu.hidePopover();
    this.history.leave();
    this.offer(prompt);
    this.dispatchEvent(new Event('close-history'));
  }

  private offer(detail: string): void {
    this.dispatchEvent(new CustomEvent<string>('pick-prompt', { detail }));
  }

  private readonly onClear = (): void => {
    this.menu.hidePopover();
    this.history.clear();
    this.told = translate('promptHistoryCleared');
  };

  private readonly onToggle = (event: ToggleEvent): void => {
    if (event.newState === 'open') this.menu.querySelector('button')?.focus();
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'emulsion-prompt-history-menu': EmulsionPromptHistoryMenu;
  }
}
