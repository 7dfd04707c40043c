/** @file Drafts while writing, with a clock and a painter of the test's. */
import type { ReactiveControllerHost } from 'lit';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { GenerateRequest } from '../../engine/protocol/generate.ts';
import { LiveMode } from './live-mode.ts';
import type { Ending } from './ending.ts';

class Host extends EventTarget implements ReactiveControllerHost {
  readonly updateComplete = Promise.resolve(true);
  addController(): void {
    // The test calls the controller itself.
  }
  removeController(): void {
    // Likewise.
  }
  requestUpdate(): void {
    live.hostUpdated();
  }
}

let host: Host;
let live: LiveMode;
let prompt: string;
let isBusy: boolean;
let ending: Ending;
const painted = vi.fn((_prompt: string) => undefined);
const cancel = vi.fn();
const onFailure = vi.fn();

beforeEach(() => {
  vi.useFakeTimers();
  vi.clearAllMocks();
  [prompt, isBusy, ending] = ['', false, { kind: 'ready' }];
  host = new Host();
  live = new LiveMode(host, {
    describe: () => ({ request: { prompt, seed: 1n } as GenerateRequest, notices: [] }),
    isBusy: () => isBusy,
    paint: (draft) => {
      painted(draft.request.prompt);
      return Promise.resolve(ending);
    },
    cancel,
    onFailure,
  });
  live.hostConnected();
});
afterEach(() => {
  live.hostDisconnected();
  vi.useRealTimers();
});

async function write(text: string, pauseMs = 300): Promise<void> {
  prompt = text;
  host.dispatchEvent(new Event('input'));
  await vi.advanceTimersByTimeAsync(pauseMs);
}

it('paints nothing while it is off', async () => {
  await write('a fox');
  expect(painted).not.toHaveBeenCalled();
});

it('paints what is written once the writer pauses, and the same only once', async () => {
  live.switch(true);
  for (const text of ['a', 'a f', 'a fo']) await write(text, 100);
  expect(painted).not.toHaveBeenCalled();
  await write('a fox');
  expect(painted.mock.calls).toEqual([['a fox']]);
  await write('a fox', 2000);
  host.requestUpdate();
  await vi.advanceTimersByTimeAsync(2000);
  expect(painted).toHaveBeenCalledOnce();
  await write('a red fox');
  expect(painted).toHaveBeenLastCalledWith('a red fox');
});

it('paints nothing of an empty prompt', async () => {
  live.switch(true);
  await write('', 2000);
  expect(painted).not.toHaveBeenCalled();
});

it('sees changes that nobody touched, however often the page is drawn meanwhile', async () => {
  live.switch(true);
  prompt = 'a restored fox';
  for (let i = 0; i < 10; i++) {
    host.requestUpdate();
    await vi.advanceTimersByTimeAsync(100);
  }
  expect(painted).toHaveBeenCalledOnce();
});

it('waits for the queue, and paints nothing of what was ordered', async () => {
  live.switch(true);
  isBusy = true;
  await write('a fox');
  expect(painted).not.toHaveBeenCalled();
  live.ordered();
  isBusy = false;
  host.requestUpdate();
  await vi.advanceTimersByTimeAsync(300);
  expect(painted).not.toHaveBeenCalled();
  await write('a red fox');
  expect(painted).toHaveBeenCalledOnce();
});

it('goes off after a failure, which is told', async () => {
  ending = {
    kind: 'failed',
    failure: { code: 'request/invalid', detail: { field: '', value: '', expected: '' } },
  };
  live.switch(true);
  await write('a fox');
  expect(live.isOn).toBe(false);
  expect(onFailure).toHaveBeenCalledExactlyOnceWith(ending);
  await write('a red fox');
  expect(painted).toHaveBeenCalledOnce();
});

it('stops what is being painted when it is switched off', async () => {
  live.switch(true);
  await write('a fox', 100);
  live.switch(false);
  expect(cancel).toHaveBeenCalledOnce();
  await vi.advanceTimersByTimeAsync(2000);
  expect(painted).not.toHaveBeenCalled();
});
