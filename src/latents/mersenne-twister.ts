/**
 * @file The MT19937 random number generator (Matsumoto & Nishimura, 1998), the source of every random word of
 * `torch.Generator("cpu")`. Only the words are made here; what they become is in `noise.ts`.
 */

const STATE_LENGTH = 624;
const SHIFT_LENGTH = 397;

/** One MT19937 stream of 32-bit words, started as the reference `init_genrand(seed)` starts it. */
export class MersenneTwister {
  readonly #state = new Uint32Array(STATE_LENGTH);
  #position = STATE_LENGTH;

  /** @param seed unsigned 32-bit integer */
  constructor(seed: number) {
    let previous = seed;
    this.#state[0] = previous;
    for (let i = 1; i < STATE_LENGTH; i++) {
      previous = Math.imul(1812433253, previous ^ (previous >>> 30)) + i;
      this.#state[i] = previous;
    }
  }

  /** The next word, 0 … 2³²−1. */
  nextUint32(): number {
    if (this.#position === STATE_LENGTH) this.#twist();
    let word = this.#word(this.#position++);
    word ^= word >>> 11;
    word ^= (word << 7) & 0x9d2c5680;
    word ^= (word << 15) & 0xefc60000;
    word ^= word >>> 18;
    return word >>> 0;
  }

  #twist(): void {
    for (let i = 0; i < STATE_LENGTH; i++) {
      const joined = (this.#word(i) & 0x80000000) | (this.#word(i + 1) & 0x7fffffff);
      this.#state[i] = this.#word(i + SHIFT_LENGTH) ^ (joined >>> 1) ^ (joined & 1 ? 0x9908b0df : 0);
    }
    this.#position = 0;
  }

  #word(index: number): number {
    return this.#state[index % STATE_LENGTH] as number;
  }
}
