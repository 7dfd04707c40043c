/** @file For tests: GroupNorm cases whose results torch gave, and their inputs, made here by the same rule. */
import golden from './golden/group-norm.json' with { type: 'json' };

export const GROUP_NORM_CASES = golden.cases;
export type GroupNormCase = (typeof GROUP_NORM_CASES)[number];

/** The x, weight and bias of a case. */
export function groupNormInputs({ batch, pixels, channels, mean, spread }: GroupNormCase) {
  return {
    x: values(batch * pixels * channels, 1, mean, spread),
    weight: values(channels, 2, 1, 0.5),
    bias: values(channels, 3, 0, 0.5),
  };
}

/** ‖actual − expected‖ / ‖expected‖ over the values the reference kept. */
export function groupNormError(
  actual: Float32Array,
  { batch, pixels, channels, stride, expected }: GroupNormCase,
): number {
  if (actual.length !== batch * pixels * channels) return Infinity;
  let difference = 0;
  let norm = 0;
  expected.forEach((value, i) => {
    difference += ((actual[i * stride] ?? NaN) - value) ** 2;
    norm += value ** 2;
  });
  return Math.sqrt(difference / norm);
}

/** mean ± spread, uniform; a hash of the index in place of chance. */
function values(count: number, seed: number, mean: number, spread: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => {
    let hash = (Math.imul(i, 2654435761) + Math.imul(seed, 2246822519)) >>> 0;
    hash = Math.imul(hash ^ (hash >>> 15), 2246822519) >>> 0;
    hash ^= hash >>> 13;
    return mean + spread * ((2 * (hash >>> 8)) / 2 ** 24 - 1);
  });
}
