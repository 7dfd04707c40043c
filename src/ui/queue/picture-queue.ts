/**
 * @file The orders that wait for their turn, and the one whose pictures are being made. Knows no engine: it says what is
 * to be painted next, and is told how that ended. A failure takes its own order out and leaves the others; after two in a
 * row the queue pauses, because what broke them will break the next one too. It also pauses when it is told to: after the
 * pictures that are being made.
 */
import type { GenerateRequest } from '../../engine/protocol/generate.ts';
import type { PlainError } from '../../error.ts';
import type { Ending } from '../painting/ending.ts';
import type { ShownNotice } from '../parts/page-notice.ts';

/** So many failures in a row make the queue pause. */
const FAILURES_TO_PAUSE = 2;

/** An order for pictures, as it was when it was given: what is changed on the page afterwards does not touch it. */
export interface QueuedOrder {
  readonly id: number;
  /** Its `seed` and `count` are those of the pictures still to be made. */
  readonly request: GenerateRequest;
  /** Pictures that were ordered, the finished ones among them. */
  readonly total: number;
  /** What the page has to say of the order. */
  readonly notices: readonly ShownNotice[];
}

export interface FailedOrder {
  readonly order: QueuedOrder;
  readonly failure: PlainError;
}

export interface QueueState {
  readonly running: QueuedOrder | undefined;
  readonly waiting: readonly QueuedOrder[];
  /** The oldest first; their pictures can be ordered again. */
  readonly failed: readonly FailedOrder[];
  readonly isPaused: boolean;
}

export interface QueueParts {
  /** Paints all pictures of a request; never rejects. `onPicture` is called for each as it is finished. */
  readonly paint: (
    request: GenerateRequest,
    notices: readonly ShownNotice[],
    onPicture: () => void,
  ) => Promise<Ending>;
  /** Makes what is being painted end soon. */
  readonly cancel: () => void;
  /** How many pictures of an order are painted together, at least 1. */
  readonly together: (request: GenerateRequest) => number;
  readonly onChange: () => void;
}

export class PictureQueue {
  readonly #parts: QueueParts;
  #state: QueueState = { running: undefined, waiting: [], failed: [], isPaused: false };
  #failuresInARow = 0;
  /** Ids that are not used again, not even by what an earlier visit left. */
  #lastId = Date.now();

  constructor(parts: QueueParts) {
    this.#parts = parts;
  }

  get state(): QueueState {
    return this.#state;
  }

  /** Whether anything is being made or will be without further ado. */
  get isBusy(): boolean {
    const { running, waiting, isPaused } = this.#state;
    return running !== undefined || (waiting.length > 0 && !isPaused);
  }

  /** Pictures that are still to be made. */
  get picturesLeft(): number {
    const { running, waiting } = this.#state;
    return [...(running ? [running] : []), ...waiting].reduce((sum, { request }) => sum + request.count, 0);
  }

  /** Takes an order, at the end or before all others; a queue that was paused goes on. */
  add(request: GenerateRequest, notices: readonly ShownNotice[], isNext = false): void {
    const { running, waiting, failed } = this.#state;
    const order = { id: ++this.#lastId, request, total: request.count, notices };
    // With nothing else to be made, what failed before has been seen.
    const isFresh = running === undefined && waiting.length === 0;
    this.#set({
      waiting: isNext ? [order, ...waiting] : [...waiting, order],
      failed: isFresh ? [] : failed,
    });
    this.resume();
  }

  /** Takes orders of an earlier visit, and waits to be told to go on; where pictures are being made they follow. */
  adopt(orders: readonly QueuedOrder[]): void {
    if (orders.length === 0) return;
    this.#set({ waiting: [...this.#state.waiting, ...orders], isPaused: !this.isBusy });
  }

  /** Moves a waiting order by so many places, negative towards the front. */
  move(id: number, places: number): void {
    const { waiting } = this.#state;
    const from = waiting.findIndex((order) => order.id === id);
    const order = waiting[from];
    const to = from + places;
    if (!order || to < 0 || to >= waiting.length) return;
    this.#set({ waiting: waiting.toSpliced(from, 1).toSpliced(to, 0, order) });
  }

  /** Takes an order out, the one being made too. */
  remove(id: number): void {
    if (this.#state.running?.id === id) this.stop();
    else this.#set({ waiting: this.#state.waiting.filter((order) => order.id !== id) });
  }

  /** Stops the order being made; its finished pictures stay, and the next order begins. */
  stop(): void {
    if (this.#state.running) this.#parts.cancel();
  }

  /** Stops the order being made and takes all others out. */
  stopAll(): void {
    this.#set({ waiting: [], failed: [], isPaused: false });
    this.stop();
  }

  /** Makes nothing more after what is being painted, until it is told to go on. */
  pause(): void {
    this.#set({ isPaused: true });
  }

  /** Goes on after a pause. */
  resume(): void {
    this.#failuresInARow = 0;
    this.#set({ isPaused: false });
    if (!this.#state.running) void this.#work();
  }

  /** Orders the pictures of a failed order again, before all others and perhaps changed. */
  retry(failed: FailedOrder, change: Partial<GenerateRequest> = {}): void {
    const { order } = failed;
    this.dismiss(failed);
    const again = { ...order, request: { ...order.request, ...change } };
    this.#set({ waiting: [again, ...this.#state.waiting] });
    this.resume();
  }

  /** Lets go of a failed order. */
  dismiss(failed: FailedOrder): void {
    this.#set({ failed: this.#state.failed.filter((other) => other !== failed) });
  }

  async #work(): Promise<void> {
    for (;;) {
      const { waiting, isPaused } = this.#state;
      const [next, ...others] = waiting;
      if (!next || isPaused) return;
      this.#set({ running: next, waiting: others });
      this.#settle(await this.#make(next));
    }
  }

  /** Makes all pictures of an order, some of them together. */
  async #make({ id, notices }: QueuedOrder): Promise<Ending> {
    for (;;) {
      const { running, isPaused } = this.#state;
      if (running?.id !== id || running.request.count === 0 || isPaused) return { kind: 'ready' };
      const { request } = running;
      const count = Math.min(request.count, this.#parts.together(request));
      let finished = 0;
      const ending = await this.#parts.paint({ ...request, count }, notices, () => {
        this.#advance(request, ++finished);
      });
      if (ending.kind !== 'ready') return ending;
      this.#advance(request, count);
    }
  }

  #advance(begun: GenerateRequest, finished: number): void {
    const { running } = this.#state;
    if (!running) return;
    this.#set({ running: { ...running, request: remainder(begun, finished) } });
  }

  #settle(ending: Ending): void {
    const { running, failed, isPaused } = this.#state;
    this.#failuresInARow = ending.kind === 'failed' ? this.#failuresInARow + 1 : 0;
    // After a pause it goes on with the pictures that are left of the order.
    const isLeft = ending.kind === 'ready' && running !== undefined && running.request.count > 0;
    const waiting = isLeft ? [running, ...this.#state.waiting] : this.#state.waiting;
    this.#set({
      running: undefined,
      waiting,
      failed:
        ending.kind === 'failed' && running
          ? [...failed, { order: running, failure: ending.failure }]
          : failed,
      isPaused: waiting.length > 0 && (isPaused || this.#failuresInARow >= FAILURES_TO_PAUSE),
    });
  }

  #set(change: Partial<QueueState>): void {
    this.#state = { ...this.#state, ...change };
    this.#parts.onChange();
  }
}

/** The pictures still to be made. Of variations near a seed, their own seeds count up. */
function remainder(request: GenerateRequest, finished: number): GenerateRequest {
  const { seed, variation, count } = request;
  const by = BigInt(finished);
  const rest = { ...request, count: count - finished };
  return variation && variation.strength > 0
    ? { ...rest, variation: { ...variation, seed: variation.seed + by } }
    : { ...rest, seed: seed + by };
}
