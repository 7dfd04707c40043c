/** @file Weights that stay on a GPU between pictures leave it when nothing was painted for a while, and not before. */
import { expect, it } from 'vitest';
import { FIXTURES } from '../testing/reference.ts';
import { TINY_REQUEST } from '../testing/tiny-request.ts';
import { createEngine } from './engine.ts';

it('weights are sent again after the idle time, and not before it', async () => {
  const engine = createEngine();
  const paint = async (idleSeconds: number) => {
    const { gpu } = await engine.generate({ ...TINY_REQUEST, idleSeconds }, {});
    const byKind = Object.values(gpu?.idleByKind ?? {}).reduce((sum, bytes) => sum + bytes, 0);
    expect(byKind).toBe(gpu?.idleBytes);
    return { sent: gpu?.uploadedBytes ?? NaN, kept: gpu?.idleBytes ?? NaN };
  };
  const first = await paint(3600);
  expect(first.sent).toBeGreaterThan(0);
  expect(first.kept).toBeGreaterThan(first.sent);
  // Questions about another model leave this one's weights where they are.
  const model = { kind: 'url', url: `${FIXTURES}odd-sdxl/model/` } as const;
  expect((await engine.countTokens(model, 'a red apple')).tokens).toBeGreaterThan(0);
  const question = { ...TINY_REQUEST, model, vae: 'full' } as const;
  expect(await engine.refusals(question, [{ width: 64, height: 64 }])).toEqual([null]);
  expect(await paint(0)).toEqual({ sent: 0, kept: first.kept });
  // That idle time is over at once, unless the next order comes sooner.
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(await paint(3600)).toEqual(first);
});
