/**
 * @file What a live region says, at a pace that can be listened to: what comes too soon after the last sentence waits, and
 * only the latest of what waits is said.
 */

/** About as long as a sentence takes to be read out. */
const PAUSE_MS = 4000;

export class Announcer {
  sentence = '';
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
    this.#onChange();
  }
}
