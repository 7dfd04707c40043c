/** @file Measured values in a sentence. */

/** Six digits of a value, which is more than anybody wants to know of it: `65504`, `-3.40282e+38`; words as they are. */
export function figure(value: number | string): string {
  return typeof value === 'string' ? value : String(Number(value.toPrecision(6)));
}
