/**
 * @file Random weights with the statistics of trained ones: matrices keep the variance of what goes through them, norms
 * are close to the identity. Every value is a bfloat16 that float16 holds too, so that a checkpoint is the same
 * in every dtype; every tensor's values follow from the seed and its name alone, so it is the same in every layout.
 */
import { bf16FromF32, f32FromBf16 } from '../../src/weights/bf16.ts';
import type { NamedShape } from '../../src/weights/single-file/tensor-names.ts';

export const DTYPES = { bf16: 'BF16', f16: 'F16', f32: 'F32' } as const;
export type DtypeName = keyof typeof DTYPES;

/** Elements as they are written: bits of two bytes, or floats of four. */
export type Elements = Uint16Array<ArrayBuffer> | Float32Array<ArrayBuffer>;

/** Different values in a tensor; two numbers below it come from one draw. */
const TABLE_SIZE = 2 ** 13;
/** Smaller magnitudes would lose digits as float16. */
const SMALLEST = 2 ** -14;
const BIAS_DEVIATION = 0.02;
const NORM_DEVIATION = 0.05;
const TABLE_DEVIATION = 0.02;

/** Makes room for elements of a dtype. */
export function elements(dtype: DtypeName, length: number): Elements {
  return dtype === 'f32' ? new Float32Array(length) : new Uint16Array(length);
}

/** The values of one tensor, from the first to the last. */
export class ValueStream {
  readonly #table: Elements;
  /** State of sfc32 (C. Doty-Humphrey, PractRand). */
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /** @param key tells tensors of equal shape apart */
  constructor(seed: number, key: string, tensor: NamedShape, dtype: DtypeName) {
    this.#table = tableOf(tensor, dtype);
    [this.#a, this.#b, this.#c] = [seed | 0, hash(key, 0), hash(key, 1)];
    this.fill(new Uint16Array(32));
  }

  /** Writes the next values; an even number of them, except at the end of the tensor. */
  fill(out: Elements): void {
    const table = this.#table;
    let [a, b, c, counter] = [this.#a, this.#b, this.#c, this.#counter];
    for (let i = 0; i < out.length; i += 2) {
      const draw = (((a + b) | 0) + counter) | 0;
      counter = (counter + 1) | 0;
      a = b ^ (b >>> 9);
      b = (c + (c << 3)) | 0;
      c = (((c << 21) | (c >>> 11)) + draw) | 0;
      out[i] = table[draw & (TABLE_SIZE - 1)] as number;
      out[i + 1] = table[(draw >>> 13) & (TABLE_SIZE - 1)] as number;
    }
    [this.#a, this.#b, this.#c, this.#counter] = [a, b, c, counter];
  }
}

/** The values a tensor may have, each equally likely. */
function tableOf({ name, shape }: NamedShape, dtype: DtypeName): Elements {
  const isVector = shape.length === 1;
  const isNorm = isVector && /norm[^.]*\.(weight|bias)$/.test(name);
  const fanIn = shape.slice(1).reduce((product, size) => product * size, 1);
  const deviation = isNorm
    ? NORM_DEVIATION
    : isVector
      ? BIAS_DEVIATION
      : /embedding\.weight$/.test(name)
        ? TABLE_DEVIATION
        : 1 / Math.sqrt(fanIn);
  const mean = isNorm && name.endsWith('.weight') ? 1 : 0;
  const values = NORMAL.map((value) => mean + deviation * value);
  const rounded = bf16FromF32(values.map((value) => (Math.abs(value) < SMALLEST ? 0 : value)));
  const exact = f32FromBf16(rounded);
  if (dtype === 'f32') return exact;
  return dtype === 'bf16' ? rounded : Uint16Array.from(exact, f16Bits);
}

/** Standard normal values on a grid of the two uniform ones they are made of (Box & Muller 1958), variance 1. */
const NORMAL = normalGrid();

function normalGrid(): Float32Array<ArrayBuffer> {
  const radii = 2 ** 7;
  const angles = TABLE_SIZE / radii;
  const values = Float32Array.from({ length: TABLE_SIZE }, (_, i) => {
    const radius = Math.sqrt(-2 * Math.log((Math.floor(i / angles) + 0.5) / radii));
    return radius * Math.cos((2 * Math.PI * ((i % angles) + 0.5)) / angles);
  });
  const variance = values.reduce((sum, value) => sum + value * value, 0) / TABLE_SIZE;
  return values.map((value) => value / Math.sqrt(variance));
}

/** The float16 of a value that is one: 0, or 2⁻¹⁴ and more in magnitude with at most 11 significant bits. */
function f16Bits(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  if (value === 0) return sign;
  const magnitude = Math.abs(value);
  const exponent = Math.floor(Math.log2(magnitude));
  return sign | ((exponent + 15) << 10) | ((magnitude / 2 ** exponent - 1) * 1024);
}

/** FNV-1a, begun differently for each `lane`. */
function hash(text: string, lane: number): number {
  let bits = 0x811c9dc5 ^ Math.imul(lane, 0x9e3779b9);
  for (const byte of new TextEncoder().encode(text)) bits = Math.imul(bits ^ byte, 0x01000193);
  return bits | 0;
}
