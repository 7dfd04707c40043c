/**
 * @file What the watchdog keeps of a tensor: how many values are not finite, and the range of the others. Works on
 * the bits of the floats, on the CPU here and on the GPU in `gpu/kernels/summarise.wgsl`.
 */
import { AppError } from '../error.ts';

export interface ValueSummary {
  /** Values in all. */
  readonly count: number;
  /** How many of them are NaN or infinite. */
  readonly nonFinite: number;
  /**
   * Of the finite values; where there are none, Infinity and −Infinity. NaN where nobody looked for them, see
   * {@link noteOnHost}.
   */
  readonly least: number;
  readonly greatest: number;
}

/** Whether every value is zero. */
export function isZero({ nonFinite, least, greatest }: ValueSummary): boolean {
  return nonFinite === 0 && least === 0 && greatest === 0;
}

/**
 * The summary of values in the page's memory. Where all are finite and not all are zero it goes without their range,
 * which takes three times as long as the rest.
 */
export function noteOnHost(values: Float32Array): ValueSummary {
  if (!isSound(values)) return summariseOnHost(values);
  return { count: values.length, nonFinite: 0, least: NaN, greatest: NaN };
}

function isSound(values: Float32Array): boolean {
  // Nothing but NaN and infinity times zero is not zero. Four sums, because each addition waits for the one before.
  let [a, b, c, d] = [0, 0, 0, 0];
  const whole = values.length - (values.length % 4);
  for (let i = 0; i < whole; i += 4) {
    a += (values[i] as number) * 0;
    b += (values[i + 1] as number) * 0;
    c += (values[i + 2] as number) * 0;
    d += (values[i + 3] as number) * 0;
  }
  for (let i = whole; i < values.length; i++) a += (values[i] as number) * 0;
  return a + b + c + d === 0 && values.some((value) => value !== 0);
}

const MAGNITUDE = 0x7fffffff;
const INFINITY = 0x7f800000;

/** The whole summary of values in the page's memory. */
export function summariseOnHost(values: Float32Array): ValueSummary {
  const bits = new Int32Array(values.buffer, values.byteOffset, values.length);
  let nonFinite = 0;
  let least = MAGNITUDE;
  let greatest = ~MAGNITUDE;
  for (let i = 0; i < bits.length; i++) {
    const value = bits[i] as number;
    if ((value & MAGNITUDE) >= INFINITY) {
      nonFinite++;
      continue;
    }
    const key = keyOf(value);
    if (key < least) least = key;
    if (key > greatest) greatest = key;
  }
  return summaryOf(values.length, nonFinite, least, greatest);
}

/** A summary of `count` values from the words that the kernel wrote. Throws `runtime/run-failed` if it wrote none. */
export function summaryFromWords(words: Uint32Array, count: number): ValueSummary {
  const [nonFinite = 0, greatest = 0, least = 0] = words;
  // No finite value has this key.
  if (greatest === 0 && nonFinite < count)
    throw new AppError('runtime/run-failed', { stage: 'summarise', reason: 'nothing came back but zeros' });
  // The kernel's keys are without a sign, and of the least value it keeps the complement.
  return summaryOf(count, nonFinite, ~least ^ ~MAGNITUDE, greatest ^ ~MAGNITUDE);
}

function summaryOf(count: number, nonFinite: number, least: number, greatest: number): ValueSummary {
  if (nonFinite === count) return { count, nonFinite, least: Infinity, greatest: -Infinity };
  const [low = 0, high = 0] = new Float32Array(Int32Array.of(keyOf(least), keyOf(greatest)).buffer);
  return { count, nonFinite, least: low, greatest: high };
}

/** The bits of a float as an integer that is ordered as the floats are; its own inverse. */
function keyOf(bits: number): number {
  return bits ^ ((bits >> 31) & MAGNITUDE);
}
