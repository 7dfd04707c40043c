/**
 * @file What a live region says, at a pace that can be listened to: what comes too soon after the last sentence waits, and
 * only the latest of what waits is said. A sentence that is said again is news again.
 */
import { html } from 'lit';
import { keyed } from 'lit/directives/keyed.js';

/** About as long as a sentence takes to be read out. */
const PAUSE_MS = 4000;

export class Announcer {
  sentence = '';
  /** Counts what was said. */
  #said = 0;
  readonly #onChange: () => void;
  #saidAt = -Infinity;
  #waiting: ReturnType<typeof setTimeout> | undefined;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /** Says a sentence once the last one has been heard. */
  say(sentence: string): void {
    clearTimeout(this.#waiting);
    const wait = this.#saidAt + PAUSE_MS - performance.now();
    if (wait <= 0) this.sayNow(sentence);
    else this.#waiting = setTimeout(() => this.sayNow(sentence), wait);
  }

  /** Says a sentence that answers something the user has just done; an empty one ends what was said. */
  sayNow(sentence: string): void {
    clearTimeout(this.#waiting);
    this.#saidAt = sentence === '' ? -Infinity : performance.now();
    this.sentence = sentence;
    this.#said++;
    this.#onChange();
  }

  /** Screen readers hear of what is added: with the same words as before, only if it is another element. */
  render(): unknown {
    return keyed(this.#said, html`<span>${this.sentence}</span>`);
  }
}
