import { describe, expect, it } from 'vitest';
import golden from './golden/embeddings.json';
import { applyGuidance, guidanceScaleEmbedding } from './guidance.ts';
import { timestepEmbedding } from './timestep-embedding.ts';

/** A frequency may be off by one float32 unit (torch's `exp` differs by processor); the angle multiplies that. */
const tolerance = (value: number): number => 2 ** -23 * Math.max(1, Math.abs(value));

function worstDifference(actual: Float32Array, expected: readonly number[]): number {
  expect(actual).toHaveLength(expected.length);
  return Math.max(...expected.map((value, i) => Math.abs(value - (actual[i] ?? NaN))));
}

describe('timestepEmbedding', () => {
  it.each(golden.timesteps)('agrees with torch: $timestep in $dim dimensions', (expected) => {
    const { timestep, dim, flipSinToCos, freqShift, values } = expected;
    const embedding = timestepEmbedding(timestep, dim, { flipSinToCos, freqShift });
    expect(worstDifference(embedding, values)).toBeLessThanOrEqual(tolerance(timestep));
  });
});

describe('guidanceScaleEmbedding', () => {
  it.each(golden.guidance)(
    'agrees with diffusers: scale $scale in $dim dimensions',
    ({ scale, dim, values }) => {
      expect(worstDifference(guidanceScaleEmbedding(scale, dim), values)).toBeLessThanOrEqual(
        tolerance(1000 * (scale - 1)),
      );
    },
  );
});

describe('applyGuidance', () => {
  const uncond = Float32Array.of(1, -2, 0.5);
  const cond = Float32Array.of(3, 2, 0.5);

  it('goes beyond the conditional prediction, away from the unconditional one', () => {
    expect([...applyGuidance(uncond, cond, 1.5)]).toEqual([4, 4, 0.5]);
  });

  it('is the unconditional prediction at 0 and the conditional one at 1', () => {
    expect(applyGuidance(uncond, cond, 0)).toEqual(uncond);
    expect(applyGuidance(uncond, cond, 1)).toEqual(cond);
  });
});
