/**
 * @file The prompts that were ordered, the newest first, kept between visits; and the walk through them, which leaves the text
 * that was being written where it can be walked back to.
 */
import { readPreference, writePreference } from '../parts/preferences.ts';

const NAME = 'prompt-history';
/** More than anyone walks through. */
const MOST_KEPT = 100;

export class PromptHistory {
  #entries = parseEntries(readPreference(NAME));
  /** Where the walk is; −1 is at the text being written. */
  #at = -1;
  #written = '';

  /** The newest first. */
  get entries(): readonly string[] {
    return this.#entries;
  }

  /** How many entries back the walk is, from 1; 0 at the text being written. */
  get position(): number {
    return this.#at + 1;
  }

  /** Takes a prompt that was ordered; one that is there already becomes the newest. */
  add(prompt: string): void {
    this.leave();
    if (prompt === '') return;
    // Other tabs may have added some.
    const others = parseEntries(readPreference(NAME) ?? JSON.stringify(this.#entries));
    this.#keep([prompt, ...others.filter((other) => other !== prompt)].slice(0, MOST_KEPT));
  }

  clear(): void {
    this.leave();
    this.#keep([]);
  }

  /** One prompt back from what is in the prompt box; `undefined` at the oldest. */
  older(text: string): string | undefined {
    if (this.#at === -1) {
      this.#written = text;
      // What was just ordered is in the box already.
      if (this.#entries[0] === text.trim() && this.#entries.length > 1) this.#at = 0;
    }
    const entry = this.#entries[this.#at + 1];
    if (entry !== undefined) this.#at++;
    return entry;
  }

  /** One prompt forth, at last the text that was being written; `undefined` when that is reached. */
  newer(): string | undefined {
    if (this.#at === -1) return undefined;
    this.#at--;
    return this.#entries[this.#at] ?? this.#written;
  }

  /** Ends the walk: from now on the text in the box is the one being written. */
  leave(): void {
    this.#at = -1;
  }

  #keep(entries: readonly string[]): void {
    this.#entries = entries;
    writePreference(NAME, JSON.stringify(entries));
  }
}

/** What was kept, as far as it is what this program writes. */
function parseEntries(text: string | null): readonly string[] {
  try {
    const value: unknown = JSON.parse(text ?? '[]');
    return Array.isArray(value) ? value.filter((entry) => typeof entry === 'string').slice(0, MOST_KEPT) : [];
  } catch {
    // Somebody else's; it is overwritten with the next prompt.
    return [];
  }
}
