/**
 * @file Keeps the queue through a reload or a crash. What cannot be kept (a model of picked files, a browser that stores
 * nothing, a second tab) is not lost in silence: the browser asks before it leaves the page.
 */
import { isLasting, QueueRecords, whenOwner } from '../../store/queue-records.ts';
import type { PictureQueue, QueuedOrder } from './picture-queue.ts';

export class QueueKeeper {
  readonly #queue: PictureQueue;
  readonly #records: QueueRecords;
  /** Whether this tab is the one that keeps its orders. */
  #isOwner = false;
  #hasFailed = false;
  #saved: readonly QueuedOrder[] = [];

  constructor(queue: PictureQueue, records = new QueueRecords()) {
    this.#queue = queue;
    this.#records = records;
  }

  /** Brings back what an earlier visit left; call once. */
  start(): void {
    addEventListener('beforeunload', this.#onLeave);
    whenOwner(async () => {
      try {
        const kept = await this.#records.load();
        this.#isOwner = true;
        this.#queue.adopt(kept.map((order) => ({ ...order, notices: [] })));
        this.keep();
      } catch {
        // The browser keeps nothing for this page.
        this.#hasFailed = true;
      }
    });
  }

  /** Takes note of a change of the queue. */
  keep(): void {
    const failed = this.#queue.state.failed.map(({ order }) => order);
    const lasting = [...failed, ...this.#orders].filter(({ request }) => isLasting(request.model));
    const isSame =
      lasting.length === this.#saved.length && lasting.every((order, i) => order === this.#saved[i]);
    if (!this.#isOwner || isSame) return;
    this.#saved = lasting;
    this.#records.save(lasting).then(
      () => (this.#hasFailed = false),
      () => (this.#hasFailed = true),
    );
  }

  get #orders(): readonly QueuedOrder[] {
    const { running, waiting } = this.#queue.state;
    return running ? [running, ...waiting] : waiting;
  }

  readonly #onLeave = (event: BeforeUnloadEvent): void => {
    const isKept = this.#isOwner && !this.#hasFailed;
    const isLost = this.#orders.some(({ request }) => !isKept || !isLasting(request.model));
    if (isLost) event.preventDefault();
  };
}
