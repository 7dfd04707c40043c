/** @file Orders as the page follows them, with the real engine and a tiny model. */
import { expect, it } from 'vitest';
import { createEngine } from '../../engine/engine.ts';
import { TINY_REQUEST } from '../../testing/tiny-request.ts';
import { Generation, type Picture } from './generation.ts';

it('gives each picture of an order the previews of its own steps', async () => {
  const updates: (Picture | undefined)[] = [];
  const generation = new Generation({
    updateComplete: Promise.resolve(true),
    addController: () => undefined,
    removeController: () => undefined,
    requestUpdate: () => updates.push(generation.picture),
  });
  const order = { ...TINY_REQUEST, backend: 'wasm', count: 2, steps: 2, previews: true } as const;
  expect(await generation.start(createEngine(), order)).toEqual({ kind: 'ready' });
  const pictures = [...new Map(updates.flatMap((one) => (one ? [[one.seed, one]] : []))).values()];
  expect(pictures.map(({ seed }) => seed)).toEqual([0n, 1n]);
  for (const { previews } of pictures) expect(previews.map(({ step }) => step)).toEqual([1, 2]);
  const [first, second] = pictures.map(({ previews }) => previews.at(-1)?.image.data.join());
  expect(first).not.toBe(second);
});
