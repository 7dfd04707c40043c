/** @file Orders at work with an engine and a gallery that do as the test says. */
import { expect, it, vi } from 'vitest';
import type { ReactiveControllerHost } from 'lit';
import type { Engine } from '../../engine/protocol/engine.ts';
import type { GenerateRequest, GenerateResult, PictureFacts } from '../../engine/protocol/generate.ts';
import { encodePng } from '../../image/png.ts';
import { Generation } from '../painting/generation.ts';
import { QueueControl } from './queue-control.ts';

const HOST = {
  addController: () => undefined,
  requestUpdate: () => undefined,
} as Partial<ReactiveControllerHost> as ReactiveControllerHost;
const REQUEST: GenerateRequest = {
  ...{ model: { kind: 'stored', id: 'm' }, prompt: 'a fox', seed: 5n, count: 1, guidance: 'auto' },
  ...{ backend: 'wasm', precision: 'f32', dump: false, previews: false },
};
const FACTS = {
  model: { id: 'm', name: 'M' },
  backend: 'wasm',
  timesteps: [999],
} as Partial<PictureFacts> as PictureFacts;
const PNG = encodePng({ width: 1, height: 1, data: new Uint8ClampedArray(4) }, {});

/** Seeds of what was painted, and of what was kept. */
let painted: bigint[];
let keeping: (() => void)[];
let unkept: number;

/** Paints at once. */
const engine: Partial<Engine> = {
  generate: ({ seed, count }, { onImage }) => {
    for (let i = 0n; i < count; i++) {
      painted.push(seed + i);
      const image = { seed: seed + i, width: 1, height: 1, nonFinite: 0, black: false, png: PNG };
      onImage?.(image, FACTS);
    }
    return Promise.resolve({ ...FACTS, images: [] } as Partial<GenerateResult> as GenerateResult);
  },
};

function openControl(): QueueControl {
  [painted, keeping, unkept] = [[], [], 0];
  return new QueueControl(HOST, {
    engine: () => engine as Engine,
    generation: new Generation(HOST),
    device: () => undefined,
    keep: () => new Promise<void>((resolve) => keeping.push(resolve)),
    hasUnkept: () => unkept > 0,
    onBusy: () => undefined,
  });
}

/** Ends the keeping of the next picture. */
async function endKeeping(isKept = true): Promise<void> {
  await vi.waitFor(() => expect(keeping).not.toHaveLength(0));
  if (!isKept) unkept++;
  keeping.shift()?.();
}

it('counts a picture as done, and goes on, when it is kept', async () => {
  const { queue } = openControl();
  queue.add({ ...REQUEST, count: 2 }, []);
  await vi.waitFor(() => expect(keeping).toHaveLength(1));
  await new Promise((settled) => setTimeout(settled, 50));
  expect(queue.state.running?.request).toMatchObject({ seed: 5n, count: 2 });
  expect(painted).toEqual([5n]);
  await endKeeping();
  await vi.waitFor(() => expect(painted).toEqual([5n, 6n]));
  expect(queue.state.running?.request).toMatchObject({ seed: 6n, count: 1 });
  await endKeeping();
  await vi.waitFor(() => expect(queue.isBusy).toBe(false));
});

it('pauses after the first picture that is not kept, and not again when it is told to go on', async () => {
  const { queue } = openControl();
  queue.add({ ...REQUEST, count: 4 }, []);
  await endKeeping(false);
  await vi.waitFor(() => expect(queue.state.isPaused).toBe(true));
  expect([painted, queue.picturesLeft]).toEqual([[5n], 3]);
  queue.resume();
  await endKeeping(false);
  await endKeeping(false);
  await vi.waitFor(() => expect(painted).toHaveLength(4));
  // With all of them kept or let go, the next one is news.
  unkept = 0;
  await endKeeping(false);
  await vi.waitFor(() => expect(queue.isBusy).toBe(false));
});
