/** @file For tests: a million float32 patterns made by a rule, and what torch's casts make of them. */
import golden from './golden/rounding.json' with { type: 'json' };

export const ROUNDING = golden;

/** What any NaN counts as: torch's payloads are its own. */
const NAN = 0x7fc00000;

/**
 * Bit patterns, the same as `e2e/fixtures/precision/make.py` makes: any; of float16's range and its edges; ties of
 * bfloat16; ties of float16; infinities and subnormals among them.
 */
export function roundingInputs(): Uint32Array<ArrayBuffer> {
  const bits = new Uint32Array(ROUNDING.count);
  for (let i = 0; i < bits.length; i++) {
    const h = hash(i);
    const inRange = (h & 0x807fffff) | ((100 + (((h >>> 23) & 0xff) % 44)) << 23);
    const kinds = [h, inRange, (h & 0xffff0000) | 0x8000, (inRange & 0xffffe000) | 0x1000];
    bits[i] =
      i % 1024 === 0
        ? (h & 0x80000000) | 0x7f800000
        : i % 1024 === 512
          ? h & 0x807fffff
          : (kinds[i % 4] as number);
  }
  return bits;
}

/** The patterns with one NaN for all. */
export function withOneNaN(bits: Uint32Array): Uint32Array<ArrayBuffer> {
  return Uint32Array.from(bits, (value) => ((value & 0x7fffffff) > 0x7f800000 ? NAN : value));
}

function hash(i: number): number {
  let h = Math.imul(i + 1, 2654435761);
  h = Math.imul(h ^ (h >>> 15), 2246822519);
  h = Math.imul(h ^ (h >>> 13), 3266489917);
  return (h ^ (h >>> 16)) >>> 0;
}
