import { describe, expect, it } from 'vitest';
import golden from './golden/noise.json';
import { TorchGenerator } from './noise.ts';

const TOLERANCE = 2e-6;

function worstDifference(actual: readonly number[], expected: readonly number[]): number {
  expect(actual).toHaveLength(expected.length);
  return Math.max(...actual.map((value, i) => Math.abs(value - (expected[i] ?? NaN))));
}

describe('TorchGenerator', () => {
  it.each(golden.cases)('draws torch’s stream for seed $seed, sizes $sizes', ({ seed, sizes, values }) => {
    const generator = new TorchGenerator(BigInt(seed));
    const drawn = sizes.flatMap((size) => [...generator.randn(size)]);
    expect(worstDifference(drawn, values)).toBeLessThanOrEqual(TOLERANCE);
  });

  it('draws nothing for an empty tensor', () => {
    const generator = new TorchGenerator(7n);
    expect(generator.randn(0)).toHaveLength(0);
    expect(generator.randn(40)).toEqual(new TorchGenerator(7n).randn(40));
  });

  it('uses the low 32 bits of the seed, as torch does', () => {
    expect(new TorchGenerator(2n ** 40n + 9n).randn(16)).toEqual(new TorchGenerator(9n).randn(16));
  });

  it.each([-1n, 2n ** 64n])('refuses seed %s', (seed) => {
    expect(() => new TorchGenerator(seed)).toThrow(
      expect.objectContaining({
        code: 'request/invalid',
        detail: { field: 'seed', value: String(seed), expected: '0–18446744073709551615' },
      }) as Error,
    );
  });
});
