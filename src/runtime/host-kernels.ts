/** @file The kernels of `gpu/` again for the CPU: what the WASM backend computes outside ONNX Runtime. */
import type { NarrowFormat } from '../gpu/kernels.ts';
import type { GroupNormOptions } from './backend.ts';

/** GroupNorm over [batch, pixels, channels], statistics in two passes in float64, then SiLU if asked for. */
export function groupNormOnHost(
  x: Float32Array,
  weight: Float32Array,
  bias: Float32Array,
  size: { batch: number; pixels: number; channels: number },
  options: GroupNormOptions,
): Float32Array {
  const { batch, pixels, channels } = size;
  const groupSize = channels / options.groups;
  const y = new Float32Array(x.length);
  for (let n = 0; n < batch; n++) {
    for (let group = 0; group < options.groups; group++) {
      const first = n * pixels * channels + group * groupSize;
      const { mean, deviation } = statistics(x, first, pixels, channels, groupSize, options.eps);
      for (let c = 0; c < groupSize; c++) {
        const scale = (weight[group * groupSize + c] ?? 0) / deviation;
        const shift = (bias[group * groupSize + c] ?? 0) - mean * scale;
        for (let p = 0, i = first + c; p < pixels; p++, i += channels) {
          const value = (x[i] ?? 0) * scale + shift;
          y[i] = options.silu ? value / (1 + Math.exp(-value)) : value;
        }
      }
    }
  }
  return y;
}

function statistics(
  x: Float32Array,
  first: number,
  pixels: number,
  channels: number,
  groupSize: number,
  eps: number,
): { mean: number; deviation: number } {
  const count = pixels * groupSize;
  let sum = 0;
  for (let p = 0; p < pixels; p++) {
    const start = first + p * channels;
    for (let i = start; i < start + groupSize; i++) sum += x[i] ?? 0;
  }
  const mean = sum / count;
  let squares = 0;
  for (let p = 0; p < pixels; p++) {
    const start = first + p * channels;
    for (let i = start; i < start + groupSize; i++) squares += ((x[i] ?? 0) - mean) ** 2;
  }
  return { mean, deviation: Math.sqrt(squares / count + eps) };
}

const INFINITY = 0x7f800000;
const QUIET = 0x00400000;
/** 65520, halfway from the largest float16 to the next power of two. */
const F16_OVERFLOW = 0x477ff000;
/** 2⁻²⁴. */
const F16_SMALLEST = 0x33800000;
const F16_HALF_SMALLEST = 0x33000000;

/**
 * Replaces each value by the nearest that the format holds, ties to even, still as float32. Works on bits, because
 * reading a NaN as a JavaScript number may change them.
 */
export function roundOnHost(values: Float32Array, format: NarrowFormat): void {
  const bits = new Int32Array(values.buffer, values.byteOffset, values.length);
  const rounded = format === 'bf16' ? toBf16 : toF16;
  for (let i = 0; i < bits.length; i++) bits[i] = rounded(bits[i] as number);
}

function toBf16(bits: number): number {
  if ((bits & 0x7fffffff) > INFINITY) return (bits | QUIET) & 0xffff0000;
  return nearest(bits, 16);
}

function toF16(bits: number): number {
  const sign = bits & 0x80000000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > INFINITY) return (bits | QUIET) & 0xffffe000;
  if (magnitude >= F16_OVERFLOW) return sign | INFINITY;
  if (magnitude <= F16_HALF_SMALLEST) return sign;
  if (magnitude < F16_SMALLEST) return sign | F16_SMALLEST;
  // Ten bits of mantissa stay, and one less for every power of two below the smallest normal value, 2⁻¹⁴.
  return sign | nearest(magnitude, 126 - Math.min(113, magnitude >> 23));
}

/** The lowest `dropped` bits rounded away; a carry runs on into the exponent, which is what it should do. */
function nearest(bits: number, dropped: number): number {
  const half = 1 << (dropped - 1);
  const odd = (bits >>> dropped) & 1;
  return ((bits + half - 1 + odd) >>> dropped) << dropped;
}
