/** @file The queue with a painter that ends its work when the test says so. */
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { GenerateRequest } from '../../engine/protocol/generate.ts';
import type { PlainError } from '../../error.ts';
import type { Ending } from '../painting/ending.ts';
import { PictureQueue } from './picture-queue.ts';

const REQUEST: GenerateRequest = {
  model: { kind: 'stored', id: 'm' },
  prompt: '',
  seed: 5n,
  count: 1,
  guidance: 'auto',
  backend: 'auto',
  precision: 'f32',
  dump: false,
  previews: false,
};
const FAILURE: PlainError = { code: 'gpu/device-lost', detail: { reason: 'R' } };
const FAILED: Ending = { kind: 'failed', failure: FAILURE };

/** What is being painted, as `prompt seed count`. */
let painted: string[];
let end: (ending: Ending) => Promise<void>;
let finishOne: () => void;
const onChange = vi.fn();
let queue: PictureQueue;

beforeEach(() => {
  painted = [];
  queue = openQueue(1);
});

function openQueue(together: number): PictureQueue {
  return new PictureQueue({
    paint: ({ prompt, seed, count }, _notices, onPicture) => {
      painted.push(`${prompt} ${seed} ${count}`);
      finishOne = onPicture;
      return new Promise((resolve) => {
        end = async (ending) => {
          resolve(ending);
          await new Promise((settled) => setTimeout(settled));
        };
      });
    },
    cancel: () => void end({ kind: 'cancelled' }),
    together: () => together,
    onChange,
  });
}

function order(prompt: string, count = 1, isNext = false): void {
  queue.add({ ...REQUEST, prompt, count }, [], isNext);
}

const finish = () => end({ kind: 'ready' });
const settle = () => new Promise((settled) => setTimeout(settled));
const waiting = () => queue.state.waiting.map(({ request }) => request.prompt).join(' ');
const idOf = (prompt: string) =>
  queue.state.waiting.find(({ request }) => request.prompt === prompt)?.id ?? 0;

describe('the queue', () => {
  it('makes one order after another, in their order, and those that are to come next before', async () => {
    for (const prompt of ['a', 'b', 'c']) order(prompt);
    order('d', 1, true);
    expect(painted).toEqual(['a 5 1']);
    expect(waiting()).toBe('d b c');
    expect([queue.isBusy, queue.picturesLeft]).toEqual([true, 4]);
    for (let i = 0; i < 4; i++) await finish();
    expect(painted).toEqual(['a 5 1', 'd 5 1', 'b 5 1', 'c 5 1']);
    expect([queue.isBusy, queue.picturesLeft]).toEqual([false, 0]);
  });

  it('of variations near a seed, counts up the seeds of the variations alone', async () => {
    queue.add({ ...REQUEST, count: 2, variation: { seed: 8n, strength: 0.1 } }, []);
    expect(queue.state.running?.request).toMatchObject({ seed: 5n, variation: { seed: 8n } });
    await finish();
    expect(queue.state.running?.request).toMatchObject({ seed: 5n, count: 1, variation: { seed: 9n } });
    await finish();
    // A strength of 0 leaves nothing of the variation.
    queue.add({ ...REQUEST, count: 2, variation: { seed: 8n, strength: 0 } }, []);
    await finish();
    expect(queue.state.running?.request).toMatchObject({ seed: 6n, variation: { seed: 8n } });
  });

  it('makes the pictures of an order one by one, their seeds counting up', async () => {
    order('a', 3);
    finishOne();
    expect(queue.state.running).toMatchObject({ total: 3, request: { seed: 6n, count: 2 } });
    await finish();
    await finish();
    await finish();
    expect(painted).toEqual(['a 5 1', 'a 6 1', 'a 7 1']);
    expect(queue.state.running).toBeUndefined();
  });

  it('makes as many together as it may', async () => {
    queue = openQueue(8);
    order('a', 11);
    await finish();
    await finish();
    expect(painted).toEqual(['a 5 8', 'a 13 3']);
  });

  it('moves and removes what waits, and nothing beyond the ends', () => {
    for (const prompt of ['now', 'a', 'b', 'c']) order(prompt);
    queue.move(idOf('c'), -1);
    expect(waiting()).toBe('a c b');
    queue.move(idOf('a'), -1);
    queue.move(idOf('b'), 1);
    expect(waiting()).toBe('a c b');
    queue.move(idOf('a'), 1);
    queue.remove(idOf('b'));
    expect(waiting()).toBe('c a');
  });

  it('stops the order being made, all its pictures, and goes on with the next', async () => {
    order('a', 5);
    order('b');
    finishOne();
    queue.remove(queue.state.running?.id ?? 0);
    await settle();
    expect(painted).toEqual(['a 5 1', 'b 5 1']);
  });

  it('pauses after what is being painted, and goes on with what is left of the order', async () => {
    order('a', 3);
    order('b');
    queue.pause();
    await finish();
    expect(painted).toEqual(['a 5 1']);
    expect([queue.isBusy, queue.state.isPaused, queue.picturesLeft]).toEqual([false, true, 3]);
    expect(queue.state.waiting[0]).toMatchObject({ total: 3, request: { seed: 6n, count: 2 } });
    queue.resume();
    await finish();
    expect(painted).toEqual(['a 5 1', 'a 6 1', 'a 7 1']);
  });

  it('does not pause where nothing is left', async () => {
    order('a');
    queue.pause();
    await finish();
    expect(queue.state).toMatchObject({ running: undefined, waiting: [], isPaused: false });
  });

  it('stops all', async () => {
    for (const prompt of ['a', 'b', 'c']) order(prompt);
    queue.stopAll();
    await settle();
    expect(painted).toEqual(['a 5 1']);
    expect(queue.isBusy).toBe(false);
  });
});

describe('a failure', () => {
  it('takes out its own order with the pictures that are not made, to be made again before all others', async () => {
    queue = openQueue(4);
    order('a', 3);
    order('b');
    finishOne();
    await end(FAILED);
    expect(painted).toEqual(['a 5 3', 'b 5 1']);
    const [failed] = queue.state.failed;
    expect(failed).toMatchObject({ failure: FAILURE, order: { total: 3, request: { seed: 6n, count: 2 } } });
    order('c');
    if (failed) queue.retry(failed, { width: 64 });
    expect(queue.state.failed).toEqual([]);
    expect(waiting()).toBe('a c');
    expect(queue.state.waiting[0]?.request).toMatchObject({ seed: 6n, count: 2, width: 64 });
  });

  it('makes the queue pause when the next one fails too, until it is told to go on', async () => {
    for (const prompt of ['a', 'b', 'c', 'd']) order(prompt);
    await end(FAILED);
    await end(FAILED);
    expect(painted).toHaveLength(2);
    expect([queue.isBusy, queue.state.isPaused, queue.state.failed.length]).toEqual([false, true, 2]);
    queue.resume();
    expect(painted).toHaveLength(3);
    // The count begins anew.
    await end(FAILED);
    expect(painted).toHaveLength(4);
  });

  it('is forgotten once something else is ordered after all is done, and not before', async () => {
    order('a');
    order('b');
    await end(FAILED);
    order('c');
    expect(queue.state.failed).toHaveLength(1);
    await finish();
    await finish();
    order('d');
    expect(queue.state.failed).toEqual([]);
  });
});

describe('what an earlier visit left', () => {
  const kept = { id: 1, request: { ...REQUEST, prompt: 'kept' }, total: 1, notices: [] };

  it('waits to be told to go on', () => {
    queue.adopt([kept]);
    expect([painted.length, queue.state.isPaused, queue.isBusy]).toEqual([0, true, false]);
    queue.resume();
    expect(painted).toEqual(['kept 5 1']);
  });

  it('follows what is being made', async () => {
    order('a');
    queue.adopt([kept]);
    await finish();
    expect(painted).toEqual(['a 5 1', 'kept 5 1']);
  });

  it('may be nothing', () => {
    queue.adopt([]);
    expect(queue.state.isPaused).toBe(false);
  });
});
