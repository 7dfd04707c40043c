/** @file Sets of bytes, as ranges that do not touch: what was asked for, and what of it was asked for before. */

/** Bytes `begin` (inclusive) to `end`. */
export interface Range {
  readonly begin: number;
  readonly end: number;
}

/** The bytes of any of some ranges, in order. */
export function union(ranges: readonly Range[]): Range[] {
  const merged: { begin: number; end: number }[] = [];
  for (const { begin, end } of ranges.toSorted((a, b) => a.begin - b.begin)) {
    const last = merged.at(-1);
    if (last && begin <= last.end) last.end = Math.max(last.end, end);
    else if (end > begin) merged.push({ begin, end });
  }
  return merged;
}

/** The bytes of some ranges that are in another one. */
export function within(ranges: readonly Range[], { begin, end }: Range): Range[] {
  return ranges
    .map((range) => ({ begin: Math.max(range.begin, begin), end: Math.min(range.end, end) }))
    .filter((range) => range.begin < range.end);
}

/** The bytes of some ranges that are not in another one. */
export function without(ranges: readonly Range[], { begin, end }: Range): Range[] {
  return [...within(ranges, { begin: 0, end: begin }), ...within(ranges, { begin: end, end: Infinity })];
}

export function byteCount(ranges: readonly Range[]): number {
  return ranges.reduce((sum, { begin, end }) => sum + end - begin, 0);
}
