/**
 * @file Normal noise equal to torch's on the CPU, so that a seed gives the same picture here as in diffusers.
 * The order of the draws is the caller's: diffusers takes the initial latents first, then one draw of the same
 * size per ancestral step, the last one (whose weight is zero) included, all from one stream per picture.
 * Refuses seeds outside 0 … 2⁶⁴−1.
 */
import { AppError } from '../error.ts';
import { MersenneTwister } from './mersenne-twister.ts';

const MAX_SEED = 2n ** 64n - 1n;

/** From this many values on, torch fills blocks of 16 from 24-bit uniforms; below, it draws one by one. */
const BLOCK = 16;
const HALF_BLOCK = BLOCK / 2;

/** `torch.Generator("cpu").manual_seed(seed)`; float32 normals within 2e-6 of torch's. */
export class TorchGenerator {
  readonly #twister: MersenneTwister;
  /** Box–Muller makes normals in pairs; the scalar path keeps the second one, across calls of any size. */
  #spareNormal: number | undefined;

  /** @param seed 0 … 2⁶⁴−1, of which torch uses the low 32 bits. Throws `request/invalid` outside of that. */
  constructor(seed: bigint) {
    if (seed < 0n || seed > MAX_SEED) {
      throw new AppError('request/invalid', {
        field: 'seed',
        value: String(seed),
        expected: `0–${String(MAX_SEED)}`,
      });
    }
    this.#twister = new MersenneTwister(Number(seed & 0xffffffffn));
  }

  /** The next `count` values of `torch.randn(count, generator=…)`, mean 0 and variance 1. */
  randn(count: number): Float32Array {
    const values = new Float32Array(count);
    if (count >= BLOCK) this.#fillBlocks(values);
    else for (let i = 0; i < count; i++) values[i] = this.#nextNormal();
    return values;
  }

  #fillBlocks(values: Float32Array): void {
    for (let i = 0; i < values.length; i++) values[i] = this.#uniform24();
    const remainder = values.length % BLOCK;
    for (let start = 0; start < values.length - remainder; start += BLOCK) toNormals(values, start);
    if (remainder === 0) return;

    // The remainder is not filled alone: the last 16 values, finished ones among them, are drawn anew.
    const last = values.length - BLOCK;
    for (let i = last; i < values.length; i++) values[i] = this.#uniform24();
    toNormals(values, last);
  }

  #nextNormal(): number {
    const spare = this.#spareNormal;
    this.#spareNormal = undefined;
    if (spare !== undefined) return spare;
    const angle = 2 * Math.PI * this.#uniform53();
    const radius = Math.sqrt(-2 * Math.log1p(-this.#uniform53()));
    this.#spareNormal = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  #uniform24(): number {
    return (this.#twister.nextUint32() & 0xffffff) * 2 ** -24;
  }

  #uniform53(): number {
    const high = this.#twister.nextUint32() & 0x1fffff;
    const low = this.#twister.nextUint32();
    return (high * 2 ** 32 + low) * 2 ** -53;
  }
}

/** Box–Muller in place on one block: uniform j and j + 8 become the normals j and j + 8. */
function toNormals(values: Float32Array, start: number): void {
  for (let j = start; j < start + HALF_BLOCK; j++) {
    const radius = Math.sqrt(-2 * Math.log(1 - (values[j] as number)));
    const angle = 2 * Math.PI * (values[j + HALF_BLOCK] as number);
    values[j] = radius * Math.cos(angle);
    values[j + HALF_BLOCK] = radius * Math.sin(angle);
  }
}
