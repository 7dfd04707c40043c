/** @file Paired comparisons: what was measured in the same round met the same machine, so ratios are taken by round. */

/** The middle of some measurements and their extremes. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** Of at least one value. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const half = (sorted.length - 1) / 2;
  const [below = NaN, above = NaN] = [sorted[Math.floor(half)], sorted[Math.ceil(half)]];
  return { median: (below + above) / 2, least: sorted[0] ?? NaN, most: sorted.at(-1) ?? NaN };
}

/** The spread of a/b over rounds. */
export function ratioOf(a: readonly number[], b: readonly number[]): Spread {
  return spreadOf(a.map((value, round) => value / (b[round] ?? NaN)));
}
