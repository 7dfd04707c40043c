import { describe, expect, it } from 'vitest';
import golden from './golden/variations.json';
import { TorchGenerator } from './noise.ts';
import { mixNoise } from './variation.ts';

const TOLERANCE = 1e-6;
/** Of the two noises themselves. */
const NOISE_TOLERANCE = 2e-6;

type Shape = [number, number, number];

function worstDifference(actual: Float32Array, expected: readonly number[]): number {
  expect(actual).toHaveLength(expected.length);
  return Math.max(...Array.from(actual, (value, i) => Math.abs(value - (expected[i] ?? NaN))));
}

describe('mixNoise', () => {
  it.each(golden.cases)(
    'goes $strength of the way from seed $seed to seed $variationSeed as the web UI does',
    ({ seed, variationSeed, strength, shape, first, second, mixed }) => {
      const given = mixNoise(strength, new Float32Array(first), new Float32Array(second), shape as Shape);
      expect(worstDifference(given, mixed)).toBeLessThanOrEqual(TOLERANCE);
      const [one, other] = [seed, variationSeed].map((of) =>
        new TorchGenerator(BigInt(of)).randn(first.length),
      );
      const drawn = mixNoise(
        strength,
        one ?? new Float32Array(),
        other ?? new Float32Array(),
        shape as Shape,
      );
      expect(worstDifference(drawn, mixed)).toBeLessThanOrEqual(2 * NOISE_TOLERANCE + TOLERANCE);
    },
  );

  it('mixes what is nearly the same linearly, as the web UI does', () => {
    const { strength, first, second, shape, mixed } = golden.near;
    const given = mixNoise(strength, new Float32Array(first), new Float32Array(second), shape as Shape);
    expect(worstDifference(given, mixed)).toBeLessThanOrEqual(TOLERANCE);
  });

  it('stays finite where a column is one value', () => {
    const [first, second] = [new Float32Array([1, -2, 3]), new Float32Array([2, 2, 3])];
    const mixed = mixNoise(0.25, first, second, [1, 1, 3]);
    expect([...mixed]).toEqual([1.25, -1, 3]);
  });
});
