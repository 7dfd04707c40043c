/** @file What the page's dialogs share: a head with a title and a way out, a body that scrolls, perhaps a foot. */
import { css, html, type TemplateResult } from 'lit';
import type { PlainError } from '../../error.ts';
import { errorSentence, translate } from '../../locale/index.ts';
import { closeIcon } from './icons.ts';

/** The head of a dialog; its title has the id `title`. */
export function dialogHead(title: string, close: () => void): TemplateResult {
  return html`
    <div class="head">
      <h2 id="title">${title}</h2>
      <button type="button" class="icon" aria-label=${translate('close')} @click=${close}>
        ${closeIcon}
      </button>
    </div>
  `;
}

/** What went wrong, with a button to try again. */
export function dialogTrouble(failure: PlainError, tryAgain: () => void): TemplateResult {
  return html`
    <div class="trouble" role="alert">
      <p>${errorSentence(failure)}</p>
      <button type="button" @click=${tryAgain}>${translate('tryAgain')}</button>
    </div>
  `;
}

/** For a `dialog` with `.head`, `.body` and `.foot`. */
export const dialogStyles = css`
  dialog {
    width: min(44rem, calc(100vw - 2rem));
    max-width: none;
    max-height: min(52rem, calc(100dvh - 2rem));
    padding: 0;
    overflow: hidden;
    border: 1px solid var(--line);
    border-radius: var(--radius);
    background: var(--surface);
    color: var(--text);
    box-shadow: var(--shadow);
  }

  dialog[open] {
    display: grid;
    grid-template-rows: auto minmax(0, 1fr) auto;
  }

  dialog::backdrop {
    background: #0009;
  }

  .head {
    display: flex;
    align-items: center;
    justify-content: space-between;
    padding: var(--space-2) var(--space-2) var(--space-2) var(--space-4);
    border-bottom: 1px solid var(--line);
  }

  .head h2 {
    font-size: var(--text-large);
    font-weight: 600;
  }

  .head button {
    border: 0;
  }

  /* Positioned, so that what is in it for screen readers alone scrolls with it. */
  .body {
    position: relative;
    display: grid;
    align-content: start;
    gap: var(--space-6);
    overflow: auto;
    overscroll-behavior: contain;
    padding: var(--space-4);
  }

  .body:focus-visible {
    outline-offset: -2px;
  }

  .foot {
    padding: var(--space-3) var(--space-4);
    border-top: 1px solid var(--line);
  }

  .trouble {
    display: grid;
    justify-items: start;
    gap: var(--space-2);
    padding: var(--space-3);
    border-radius: var(--radius-small);
    background: var(--accent-soft);
    overflow-wrap: anywhere;
  }

  @media (max-width: 40rem) {
    dialog {
      width: 100vw;
      height: 100dvh;
      max-height: none;
      border: 0;
      border-radius: 0;
    }
  }
`;
