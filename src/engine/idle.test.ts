import { describe, expect, it } from 'vitest';
import { IdleTimer } from './idle.ts';

const SECONDS = 0.05;
const wait = (seconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, seconds * 1000));

/** On the real clock. */
describe('IdleTimer', () => {
  it('acts once, after the time that was set', async () => {
    const begun = performance.now();
    const acts: number[] = [];
    await new Promise<void>((resolve) => {
      new IdleTimer().start(SECONDS, () => {
        acts.push(performance.now() - begun);
        resolve();
      });
    });
    await wait(2 * SECONDS);
    expect(acts).toHaveLength(1);
    // Node's timers may be a millisecond early by this clock.
    expect(acts[0]).toBeGreaterThanOrEqual(1000 * SECONDS - 1);
  });

  it('does nothing while somebody is at work', async () => {
    const idle = new IdleTimer();
    let acts = 0;
    idle.start(SECONDS, () => acts++);
    idle.stop();
    await wait(2 * SECONDS);
    expect(acts).toBe(0);
    idle.start(SECONDS, () => acts++);
    await wait(2 * SECONDS);
    expect(acts).toBe(1);
  });

  it('counts from the last start, by what that says', async () => {
    const idle = new IdleTimer();
    const acts: string[] = [];
    idle.start(SECONDS, () => acts.push('first'));
    idle.start(0, () => acts.push('second'));
    await wait(2 * SECONDS);
    expect(acts).toEqual(['second']);
  });
});
