/** @file Does something once nothing has been asked for a while: weights leave the GPU when nobody paints. */

export class IdleTimer {
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Somebody is at work; nothing happens until {@link start}. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Work is done: `act` in so many seconds, unless it begins again. */
  start(seconds: number, act: () => void): void {
    this.stop();
    this.#timer = setTimeout(act, seconds * 1000);
  }
}
