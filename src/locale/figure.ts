/** @file Measured values in a sentence. */

/** Six digits of a value, which is more than anybody wants to know of it: `65504`, `-3.40282e+38`. */
export function figure(value: number): string {
  return String(Number(value.toPrecision(6)));
}
