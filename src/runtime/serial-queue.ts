/** @file Runs asynchronous jobs strictly one after another, whatever becomes of each. */

export class SerialQueue {
  #last: Promise<unknown> = Promise.resolve();

  /** Starts `job` once every earlier job has settled. */
  run<T>(job: () => Promise<T>): Promise<T> {
    const result = this.#last.then(job);
    this.#last = result.catch(() => undefined);
    return result;
  }
}
