/** @file Weights that stay on a GPU between pictures leave it when nothing was asked for a while. */
import { expect, it } from 'vitest';
import { FIXTURES } from '../testing/reference.ts';
import { createEngine } from './engine.ts';
import type { GenerateRequest } from './protocol/generate.ts';

const REQUEST: GenerateRequest = {
  model: { kind: 'url', url: `${FIXTURES}tiny-sdxl/model/` },
  prompt: 'a red apple',
  seed: 0n,
  steps: 1,
  width: 16,
  height: 16,
  count: 1,
  sampler: 'turbo',
  guidance: 'off',
  vae: 'tiny',
  backend: 'webgpu',
  precision: 'f32',
  dump: false,
  previews: false,
};

it('weights are sent again after the idle time, and not before it', async () => {
  const engine = createEngine();
  const paint = async (idleSeconds: number) => {
    const { gpu } = await engine.generate({ ...REQUEST, idleSeconds }, {});
    return { sent: gpu?.uploadedBytes ?? NaN, kept: gpu?.idleBytes ?? NaN };
  };
  const first = await paint(3600);
  expect(first.sent).toBeGreaterThan(0);
  expect(first.kept).toBeGreaterThan(first.sent);
  expect(await paint(0)).toEqual({ sent: 0, kept: first.kept });
  // That idle time is over at once, unless the next order comes sooner.
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(await paint(3600)).toEqual(first);
});
