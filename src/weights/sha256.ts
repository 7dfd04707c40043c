/**
 * @file SHA-256 (FIPS 180-4) that takes its input piece by piece and can be put aside and taken up again. Web Crypto
 * hashes only what lies in memory whole; files of gigabytes never do.
 */

/** Where a hash stands: plain data that can be stored. */
export interface Sha256State {
  /** The eight words of the chaining value. */
  readonly words: readonly number[];
  /** Bytes taken so far. */
  readonly length: number;
  /** Bytes of the block that is not full yet. */
  readonly tail: readonly number[];
}

const BLOCK_BYTES = 64;
/** Fractional parts of the square roots of the first 8 primes, and of the cube roots of the first 64. */
const primes = firstPrimes(64);
const INITIAL = primes.slice(0, 8).map((prime) => fraction(Math.sqrt(prime)));
const ROUND = Int32Array.from(primes, (prime) => fraction(Math.cbrt(prime)));

export class Sha256 {
  readonly #words: Int32Array;
  readonly #schedule = new Int32Array(64);
  readonly #tail = new Uint8Array(BLOCK_BYTES);
  #length: number;

  /** @param state where to go on; the beginning when absent */
  constructor(state: Sha256State = { words: INITIAL, length: 0, tail: [] }) {
    this.#words = Int32Array.from(state.words);
    this.#length = state.length;
    this.#tail.set(state.tail);
  }

  /** Bytes taken so far. */
  get length(): number {
    return this.#length;
  }

  update(bytes: Uint8Array): void {
    let at = 0;
    const filled = this.#length % BLOCK_BYTES;
    this.#length += bytes.length;
    if (filled > 0) {
      at = Math.min(BLOCK_BYTES - filled, bytes.length);
      this.#tail.set(bytes.subarray(0, at), filled);
      if (filled + at < BLOCK_BYTES) return;
      this.#compress(this.#tail, 0);
    }
    for (; at + BLOCK_BYTES <= bytes.length; at += BLOCK_BYTES) this.#compress(bytes, at);
    this.#tail.set(bytes.subarray(at));
  }

  state(): Sha256State {
    const tail = Array.from(this.#tail.subarray(0, this.#length % BLOCK_BYTES));
    return { words: Array.from(this.#words), length: this.#length, tail };
  }

  /** The hash of what was taken, as lower-case hex; more may follow. */
  hex(): string {
    const end = new Sha256(this.state());
    const filled = this.#length % BLOCK_BYTES;
    const padding = new Uint8Array((filled < 56 ? 56 : 120) - filled + 8);
    padding[0] = 0x80;
    new DataView(padding.buffer).setBigUint64(padding.length - 8, BigInt(this.#length) * 8n);
    end.update(padding);
    return Array.from(end.#words, (word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
  }

  #compress(bytes: Uint8Array, at: number): void {
    const w = this.#schedule;
    for (let i = 0; i < 16; i++, at += 4) {
      w[i] =
        ((bytes[at] as number) << 24) |
        ((bytes[at + 1] as number) << 16) |
        ((bytes[at + 2] as number) << 8) |
        (bytes[at + 3] as number);
    }
    for (let i = 16; i < 64; i++) {
      const x = w[i - 15] as number;
      const y = w[i - 2] as number;
      const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
      const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
      w[i] = ((w[i - 16] as number) + s0 + (w[i - 7] as number) + s1) | 0;
    }
    const h = this.#words;
    let a = h[0] as number;
    let b = h[1] as number;
    let c = h[2] as number;
    let d = h[3] as number;
    let e = h[4] as number;
    let f = h[5] as number;
    let g = h[6] as number;
    let k = h[7] as number;
    for (let i = 0; i < 64; i++) {
      const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
      const t1 = (k + s1 + ((e & f) ^ (~e & g)) + (ROUND[i] as number) + (w[i] as number)) | 0;
      const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
      const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      k = g;
      g = f;
      f = e;
      e = (d + t1) | 0;
      d = c;
      c = b;
      b = a;
      a = (t1 + t2) | 0;
    }
    h[0] = (h[0] as number) + a;
    h[1] = (h[1] as number) + b;
    h[2] = (h[2] as number) + c;
    h[3] = (h[3] as number) + d;
    h[4] = (h[4] as number) + e;
    h[5] = (h[5] as number) + f;
    h[6] = (h[6] as number) + g;
    h[7] = (h[7] as number) + k;
  }
}

/** The first 32 bits after the point. */
function fraction(value: number): number {
  return Math.floor((value - Math.floor(value)) * 2 ** 32);
}

function firstPrimes(count: number): number[] {
  const found: number[] = [];
  for (let n = 2; found.length < count; n++) if (found.every((prime) => n % prime !== 0)) found.push(n);
  return found;
}
