/** @file Evenly spaced numbers, as NumPy and torch round them. */

/** `count` numbers from `start` to `end`, both included; only `start` when one is asked for. NumPy's, in float64. */
export function linspace(start: number, end: number, count: number): number[] {
  const step = count > 1 ? (end - start) / (count - 1) : 0;
  return Array.from({ length: count }, (_, i) => (i > 0 && i === count - 1 ? end : start + i * step));
}

/** torch's, for `count` ≥ 2: a float32 step, counted from the nearer end. */
export function linspaceFloat32(start: number, end: number, count: number): Float32Array {
  const first = Math.fround(start);
  const last = Math.fround(end);
  const step = Math.fround(Math.fround(last - first) / (count - 1));
  const middle = Math.floor(count / 2);
  return Float32Array.from({ length: count }, (_, i) =>
    i < middle ? first + i * step : last - (count - 1 - i) * step,
  );
}
