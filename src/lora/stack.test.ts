import { describe, expect, it } from 'vitest';
import type { ModuleFactors } from './module-factors.ts';
import { stackLoras } from './stack.ts';

const QUERY = { component: 'unet', path: 'mid_block.attentions.0.to_q', shape: [3, 2] } as const;
const TEXT = {
  component: 'text_encoder',
  path: 'text_model.encoder.layers.0.mlp.fc1',
  shape: [3, 2],
} as const;

/** Factors of a 3 × 2 module with values that count up. */
function factors(module: ModuleFactors['module'], rank: number, scale: number, first: number): ModuleFactors {
  const up = Float32Array.from({ length: 3 * rank }, (_, i) => first + i);
  const down = Float32Array.from({ length: 2 * rank }, (_, i) => first - i);
  return { module, rank, alpha: scale * rank, scale, up, down, shapes: { up: [3, rank], down: [rank, 2] } };
}

/** weight · scale · up × down, written out. */
function product(
  { rank, scale, up, down }: ModuleFactors,
  weight: number,
  row: number,
  column: number,
): number {
  let sum = 0;
  for (let k = 0; k < rank; k++) sum += (up[row * rank + k] ?? NaN) * (down[k * 2 + column] ?? NaN);
  return weight * scale * sum;
}

describe('stackLoras', () => {
  it('is the sum of all products, each with its weight and scale', () => {
    const one = factors(QUERY, 2, 0.5, 1);
    const other = factors(QUERY, 3, 1, -4);
    const { unet } = stackLoras([
      { modules: [one], weight: 0.75 },
      { modules: [other], weight: -2 },
    ]);
    const added = unet.get(`${QUERY.path}.weight`);
    expect(added?.rank).toBe(5);
    for (const row of [0, 1, 2]) {
      for (const column of [0, 1]) {
        let sum = 0;
        for (let k = 0; k < 5; k++)
          sum += (added?.up[k * 3 + row] ?? NaN) * (added?.down[k * 2 + column] ?? NaN);
        expect(sum).toBeCloseTo(product(one, 0.75, row, column) + product(other, -2, row, column), 4);
      }
    }
  });

  it('keeps components apart, and has nothing for a LoRA without weight', () => {
    const { unet, text_encoder, text_encoder_2 } = stackLoras([
      { modules: [factors(TEXT, 1, 1, 1)], weight: 1 },
      { modules: [factors(QUERY, 1, 1, 1)], weight: 0 },
    ]);
    expect([...text_encoder.keys()]).toEqual([`${TEXT.path}.weight`]);
    expect([unet.size, text_encoder_2.size]).toEqual([0, 0]);
  });
});
