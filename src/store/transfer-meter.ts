/**
 * @file Speed and time left of a transfer, smoothed so that they can be read. Time is passed in, so that a test need
 * not wait.
 */

/** Half of the speed shown is this old or younger. */
const HALF_LIFE_MS = 4000;
/** Shorter intervals only measure how bytes come in bursts. */
const INTERVAL_MS = 250;
/** Until then nothing worth showing is known. */
const WARM_UP_MS = 1000;

export interface Speed {
  readonly bytesPerSecond: number | undefined;
  readonly secondsLeft: number | undefined;
}

export class TransferMeter {
  readonly #startedAt: number;
  #measuredAt: number;
  #bytes = 0;
  /** Exponentially weighted sums of bytes and milliseconds. */
  #sums = { bytes: 0, ms: 0 };

  constructor(now: number) {
    this.#startedAt = now;
    this.#measuredAt = now;
  }

  add(bytes: number): void {
    this.#bytes += bytes;
  }

  /** @param bytesLeft of the same kind as were added */
  speed(now: number, bytesLeft: number): Speed {
    const ms = now - this.#measuredAt;
    if (ms >= INTERVAL_MS) {
      const kept = 2 ** (-ms / HALF_LIFE_MS);
      this.#sums = { bytes: this.#sums.bytes * kept + this.#bytes, ms: this.#sums.ms * kept + ms };
      this.#bytes = 0;
      this.#measuredAt = now;
    }
    if (now - this.#startedAt < WARM_UP_MS) return { bytesPerSecond: undefined, secondsLeft: undefined };
    const bytesPerSecond = (1000 * this.#sums.bytes) / this.#sums.ms;
    return { bytesPerSecond, secondsLeft: bytesPerSecond > 0 ? bytesLeft / bytesPerSecond : undefined };
  }
}
