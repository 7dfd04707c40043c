import { describe, expect, it } from 'vitest';
import { SerialQueue } from './serial-queue.ts';

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('SerialQueue', () => {
  it('never runs two jobs at once, and keeps their order', async () => {
    const queue = new SerialQueue();
    const log: string[] = [];
    const job = (name: string, ms: number) => async () => {
      log.push(`${name} begins`);
      await pause(ms);
      log.push(`${name} ends`);
      return name;
    };
    const results = await Promise.all([
      queue.run(job('a', 5)),
      queue.run(job('b', 0)),
      queue.run(job('c', 2)),
    ]);
    expect(results).toEqual(['a', 'b', 'c']);
    expect(log).toEqual(['a', 'b', 'c'].flatMap((name) => [`${name} begins`, `${name} ends`]));
  });

  it('goes on after a job that fails, and gives the error to its caller alone', async () => {
    const queue = new SerialQueue();
    const failing = queue.run(() => Promise.reject(new Error('first')));
    const throwing = queue.run(() => {
      throw new Error('second');
    });
    const fine = queue.run(() => Promise.resolve(3));
    await expect(failing).rejects.toThrow('first');
    await expect(throwing).rejects.toThrow('second');
    await expect(fine).resolves.toBe(3);
  });
});
