/**
 * @file The bfloat16 codec. bfloat16 is the upper half of a float32 (1 sign, 8 exponent, 7 mantissa bits), so it
 * has float32's range at 8 significant bits. Weights are stored in it and computed with in float32. Everything
 * works on bit patterns: reading a NaN as a JavaScript number may change its bits.
 */

/** What each of the 65 536 float16 values becomes; a lookup is faster than the arithmetic. Made on first use. */
let f16Table: Float32Array | undefined;
let f16ToBf16Table: Uint16Array | undefined;

/**
 * Rounds float32 to bfloat16 bits, to nearest with ties to even. Magnitudes from 0x7F7F8000 up become infinite,
 * subnormals round like any other value, and NaN stays a (quiet) NaN.
 * @param out where to write, at least as long as `source`; a new array when absent
 */
export function bf16FromF32(source: Float32Array, out = new Uint16Array(source.length)): typeof out {
  const bits = new Int32Array(source.buffer, source.byteOffset, source.length);
  for (let i = 0; i < bits.length; i++) {
    const u = bits[i] as number;
    // NaN goes first: the rounding addition would carry some of them into infinity or minus zero.
    out[i] = (u & 0x7fffffff) > 0x7f800000 ? (u >>> 16) | 0x0040 : (u + 0x7fff + ((u >>> 16) & 1)) >>> 16;
  }
  return out;
}

/** Widens bfloat16 bits to float32, exactly. */
export function f32FromBf16(source: Uint16Array, out = new Float32Array(source.length)): typeof out {
  const bits = new Int32Array(out.buffer, out.byteOffset, source.length);
  for (let i = 0; i < source.length; i++) bits[i] = (source[i] as number) << 16;
  return out;
}

/** Widens IEEE float16 bits to float32, exactly (float32 holds every float16, subnormals included). */
export function f32FromF16(source: Uint16Array, out = new Float32Array(source.length)): typeof out {
  const table = (f16Table ??= Float32Array.from({ length: 0x10000 }, (_, bits) => f16Value(bits)));
  for (let i = 0; i < source.length; i++) out[i] = table[source[i] as number] as number;
  return out;
}

/** IEEE float16 bits to bfloat16 bits: exact widening, then the rounding of {@link bf16FromF32}. */
export function bf16FromF16(source: Uint16Array, out = new Uint16Array(source.length)): typeof out {
  const table = (f16ToBf16Table ??= bf16FromF32(
    f32FromF16(Uint16Array.from({ length: 0x10000 }, (_, i) => i)),
  ));
  for (let i = 0; i < source.length; i++) out[i] = table[source[i] as number] as number;
  return out;
}

/** IEEE 754 binary16: 1 sign, 5 exponent (bias 15) and 10 mantissa bits. */
function f16Value(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const mantissa = bits & 0x3ff;
  if (exponent === 0x1f) return mantissa === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * mantissa * 2 ** -24 : sign * (1024 + mantissa) * 2 ** (exponent - 25);
}
