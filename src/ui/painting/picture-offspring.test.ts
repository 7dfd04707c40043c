import { describe, expect, it } from 'vitest';
import type { GenerateRequest } from '../../engine/protocol/generate.ts';
import { enlargedSize, enlargementOf, sisterOf, type Parent } from './picture-offspring.ts';

const REQUEST: GenerateRequest = {
  model: { kind: 'stored', id: 'emoji' },
  prompt: 'a fox',
  seed: 5n,
  steps: 2,
  count: 3,
  guidance: 'auto',
  backend: 'wasm',
  precision: 'bf16',
  gpuBudgetBytes: 1,
  variation: { seed: 1n, strength: 0.9 },
  dump: false,
  previews: true,
};
/** The second of three. */
const PARENT: Parent = { request: REQUEST, seed: 6n, width: 64, height: 96 };
const PAGE = {
  model: { kind: 'url', url: 'https://a/' },
  memory: { ramBudgetBytes: 7 },
  backend: 'auto',
} as const;

describe('a sister', () => {
  it('has the seed and settings of its own picture, other noise, and the budgets of the page', () => {
    const sister = sisterOf(PARENT, 'strong', 9n, PAGE);
    expect(sister).toMatchObject({
      ...{ prompt: 'a fox', seed: 6n, steps: 2, count: 1, width: 64, height: 96, precision: 'bf16' },
      variation: { seed: 9n, strength: 0.3 },
      ...{ model: PAGE.model, ramBudgetBytes: 7, backend: 'auto' },
    });
    expect(sister).not.toHaveProperty('gpuBudgetBytes');
    expect(sisterOf(PARENT, 'subtle', 9n, PAGE).variation?.strength).toBe(0.1);
  });
});

describe('an enlargement', () => {
  it('begins from the picture, and takes two steps at least', () => {
    const bytes = new Uint8Array([1]);
    const size = { width: 96, height: 144 };
    const order = enlargementOf(PARENT, bytes, size, PAGE);
    expect(order).toMatchObject({
      ...size,
      seed: 6n,
      count: 1,
      steps: 4,
      initImage: { bytes, strength: 0.5 },
    });
    const slow = { ...PARENT, request: { ...REQUEST, steps: 30 } };
    expect(enlargementOf(slow, bytes, size, PAGE).steps).toBe(30);
  });

  it('takes nothing but its sides from what has the size', () => {
    const picture = { width: 96, height: 144, model: { id: 'emoji' }, prompt: 'else' };
    const order = enlargementOf(PARENT, new Uint8Array(), picture, PAGE);
    expect(order).toMatchObject({ width: 96, height: 144, model: PAGE.model, prompt: 'a fox' });
  });

  it('has sides that the model can paint', () => {
    expect(enlargedSize({ width: 200, height: 136 }, 1.5, 16)).toEqual({ width: 304, height: 208 });
    expect(enlargedSize({ width: 1920, height: 1080 }, 2, 8)).toEqual({ width: 3840, height: 2160 });
  });
});
