import { describe, expect, it } from 'vitest';
import { compress } from './compress.ts';
import golden from './golden/compression.json' with { type: 'json' };

const scaled = (values: readonly number[]) => Float32Array.from(values, (value) => value * golden.unit);

/** up [out, rank] × down [rank, inner]. */
function product(up: Float32Array, down: Float32Array, rank: number): Float64Array {
  const [out, inner] = [up.length / rank, down.length / rank];
  const result = new Float64Array(out * inner);
  for (let row = 0; row < out; row++)
    for (let k = 0; k < rank; k++)
      for (let at = 0; at < inner; at++)
        result[row * inner + at] =
          (result[row * inner + at] as number) +
          (up[row * rank + k] as number) * (down[k * inner + at] as number);
  return result;
}

describe('compress', () => {
  it.each(golden.cases)('$name as well as numpy’s decomposition', ({ rank, up, down, kept, error, norm }) => {
    const whole = { rank, up: scaled(up), down: scaled(down) };
    const made = compress(whole, golden.keep);
    const exact = product(whole.up, whole.down, rank);
    const near = product(made.up, made.down, golden.keep);
    const distance = Math.hypot(...exact.map((value, i) => value - (near[i] as number)));
    expect(Math.abs(distance - error) / norm).toBeLessThan(1e-6);
    expect(made.keptEnergy).toBeCloseTo(kept, 9);
  });

  it('keeps nothing of nothing', () => {
    const made = compress({ rank: 9, up: new Float32Array(45), down: new Float32Array(45) }, 8);
    expect([made.rank, made.keptEnergy, Math.max(...made.up, ...made.down)]).toEqual([8, 1, 0]);
  });
});
