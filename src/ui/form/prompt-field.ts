/** @file The field of a prompt: its label, how long it is to the model, and the text with its emphasis keys. */
import { css, html, nothing, type TemplateResult } from 'lit';
import { keyShortcuts } from '../parts/key-names.ts';
import { KEYS } from '../parts/keys.ts';
import { onEmphasisKey } from './emphasis-keys.ts';
import type { TokenCounter } from './token-counter.ts';

export interface PromptField {
  readonly id: string;
  readonly label: string;
  readonly placeholder: string;
  readonly rows: number;
  readonly text: string;
  readonly tokens: TokenCounter;
  readonly onInput: (text: string) => void;
  /** Hears of keys besides those of emphasis. */
  readonly onKey?: (event: KeyboardEvent) => void;
  /** At the end of the line with the label. */
  readonly menu?: TemplateResult;
}

export const promptFieldStyles = css`
  textarea {
    resize: vertical;
    min-height: 5.5rem;
    font-size: 1rem;
    line-height: 1.5;
  }

  textarea[rows='1'] {
    min-height: 3rem;
  }

  .head {
    display: flex;
    align-items: center;
    gap: 0 var(--space-2);
  }

  .head label {
    margin-inline-end: auto;
  }

  .tokens {
    color: var(--text-muted);
    font-size: var(--text-small);
    font-variant-numeric: tabular-nums;
  }
`;

/** Stands in the host's own tree, so that labels and descriptions reach it. */
export function promptField(field: PromptField): TemplateResult {
  const { id, label, placeholder, rows, text, tokens, onInput, onKey, menu } = field;
  return html`
    <div class="head">
      <label for=${id}>${label}</label>
      ${tokens.render(`${id}-tokens`)} ${menu ?? nothing}
    </div>
    <textarea
      id=${id}
      rows=${rows}
      placeholder=${placeholder}
      aria-describedby=${`${id}-tokens`}
      aria-keyshortcuts=${keyShortcuts(KEYS.weighMore, KEYS.weighLess)}
      .value=${text}
      @input=${(event: Event) => onInput((event.target as HTMLTextAreaElement).value)}
      @keydown=${(event: KeyboardEvent) => {
        onEmphasisKey(event);
        onKey?.(event);
      }}
    ></textarea>
  `;
}
