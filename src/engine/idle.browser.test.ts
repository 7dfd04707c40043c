/** @file Weights that stay on a GPU between pictures leave it when nothing was asked for a while. */
import { expect, it } from 'vitest';
import { TINY_REQUEST } from '../testing/tiny-request.ts';
import { createEngine } from './engine.ts';

it('weights are sent again after the idle time, and not before it', async () => {
  const engine = createEngine();
  const paint = async (idleSeconds: number) => {
    const { gpu } = await engine.generate({ ...TINY_REQUEST, idleSeconds }, {});
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
