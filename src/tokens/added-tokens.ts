/**
 * @file Added tokens: strings with an id of their own, found in the text before it is split into words. They
 * are how `<|endoftext|>` typed in a prompt becomes one token, and why SDXL's second tokenizer, whose padding
 * is "!", turns every literal "!" into padding. The rules are those of Hugging Face's `tokenizers`.
 */
import { normalizeText } from './words.ts';

/** A string that bypasses byte-pair encoding. */
export interface AddedToken {
  readonly content: string;
  readonly id: number;
  /** Looked for in the normalised text (so in any case), not in the text as typed. */
  readonly normalized: boolean;
  /** Found only where no word character touches it. */
  readonly singleWord: boolean;
}

/** A stretch of text, normalised, or the id of an added token. */
type TextPiece = string | number;

const WORD_CHARACTER = String.raw`[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]`;
const STARTS_WITH_WORD = new RegExp(`^${WORD_CHARACTER}`, 'u');
const ENDS_WITH_WORD = new RegExp(`${WORD_CHARACTER}$`, 'u');

/**
 * Finds added tokens, first those that match the text as typed, then, between them, those that match it
 * normalised. (Whether a token also takes the white space around it changes nothing: words drop it anyway.)
 */
export class AddedTokenSplitter {
  readonly #typed: TokenFinder;
  readonly #normalized: TokenFinder;

  constructor(tokens: readonly AddedToken[]) {
    this.#typed = new TokenFinder(tokens.filter((token) => !token.normalized));
    this.#normalized = new TokenFinder(
      tokens
        .filter((token) => token.normalized)
        .map((token) => ({ ...token, content: normalizeText(token.content) })),
    );
  }

  split(text: string): TextPiece[] {
    return this.#typed
      .split(text)
      .flatMap((piece) => (typeof piece === 'number' ? piece : this.#normalized.split(normalizeText(piece))));
  }
}

/** Cuts a text at the leftmost, longest matches of a set of tokens. */
class TokenFinder {
  readonly #tokens: ReadonlyMap<string, AddedToken>;
  readonly #pattern: RegExp | undefined;

  constructor(tokens: readonly AddedToken[]) {
    this.#tokens = new Map(tokens.map((token) => [token.content, token]));
    const longestFirst = [...this.#tokens.keys()].sort((a, b) => b.length - a.length);
    const escaped = longestFirst.map((content) => content.replace(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`));
    this.#pattern = escaped.length > 0 ? new RegExp(escaped.join('|'), 'gu') : undefined;
  }

  split(text: string): TextPiece[] {
    if (!this.#pattern) return [text];
    const pieces: TextPiece[] = [];
    let end = 0;
    for (const match of text.matchAll(this.#pattern)) {
      const token = this.#tokens.get(match[0]);
      const after = match.index + match[0].length;
      if (!token || (token.singleWord && touchesWord(text, match.index, after))) continue;
      pieces.push(text.slice(end, match.index), token.id);
      end = after;
    }
    pieces.push(text.slice(end));
    return pieces;
  }
}

function touchesWord(text: string, start: number, end: number): boolean {
  // Two code units hold any one character, so the test does not depend on the length of the text.
  return (
    ENDS_WITH_WORD.test(text.slice(Math.max(0, start - 2), start)) ||
    STARTS_WITH_WORD.test(text.slice(end, end + 2))
  );
}
