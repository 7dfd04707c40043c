/**
 * @file Brings the weights of a component to the backend one stage at a time. A stage asks for its weights
 * (`acquire`), runs, and gives them back (`release`); the stage after it is read from its source meanwhile.
 * Components small enough stay in memory as bfloat16 once read.
 */
import type { Stage, WeightSpec } from '../architecture/program.ts';
import type { Backend, Tensor } from '../runtime/backend.ts';
import { storedName } from '../weights/stored-names.ts';
import type { WeightSet } from '../weights/weight-set.ts';

/** Weights of a stage on the backend, by tensor name, widened to float32. */
export type StageWeights = ReadonlyMap<string, Tensor>;

/** One tensor on its way or here. */
interface Reading {
  readonly values: Promise<Uint16Array>;
  /** Stops the reading; `undefined` once the values are here. */
  signal: AbortSignal | undefined;
}

/** Components up to this size (as bfloat16) are kept in memory between evaluations. */
const KEPT_BYTES = 1024 ** 3;

export class WeightStream {
  readonly #weights: WeightSet;
  readonly #kept = new Map<string, Reading>();

  constructor(weights: WeightSet) {
    this.#weights = weights;
  }

  /** Throws `weights/tensor-missing` or `weights/tensor-shape` for the first tensor that does not fit. */
  check(specs: readonly WeightSpec[]): void {
    this.#weights.check(specs.map((spec) => this.#request(spec)));
  }

  /** Starts reading a stage that will be wanted soon. */
  prefetch(stage: Stage, signal?: AbortSignal): void {
    // A failure is not lost: `acquire` reads again and throws it.
    this.#read(stage.weights, signal).catch(() => undefined);
  }

  /** Reads a stage's weights and widens them on the backend. */
  async acquire(stage: Stage, backend: Backend, signal?: AbortSignal): Promise<StageWeights> {
    const values = await this.#read(stage.weights, signal);
    this.#forget(stage.weights);
    const tensors = new Map<string, Tensor>();
    try {
      stage.weights.forEach(({ name, shape, transposed }, i) => {
        tensors.set(name, backend.expand(values[i] ?? new Uint16Array(), shape, transposed));
      });
    } catch (error) {
      this.release(tensors, backend);
      throw error;
    }
    return tensors;
  }

  /** Gives a stage's weights back. */
  release(weights: StageWeights, backend: Backend): void {
    for (const tensor of weights.values()) backend.free(tensor);
  }

  /** One tensor as bfloat16 on the CPU, for tables that are looked up row by row. */
  async table(spec: WeightSpec, signal?: AbortSignal): Promise<Uint16Array> {
    const [values = new Uint16Array()] = await this.#read([spec], signal);
    this.#forget([spec]);
    return values;
  }

  async #read(specs: readonly WeightSpec[], signal?: AbortSignal): Promise<Uint16Array[]> {
    // What somebody else has given up reading is read anew.
    const missing = specs.filter(
      ({ name }) => this.#kept.get(name)?.signal?.aborted ?? !this.#kept.has(name),
    );
    if (missing.length > 0) {
      const all = this.#weights.read(
        missing.map((spec) => this.#request(spec)),
        signal,
      );
      missing.forEach(({ name }, i) => {
        const reading: Reading = { values: all.then((values) => values[i] ?? new Uint16Array()), signal };
        reading.values.then(
          () => (reading.signal = undefined),
          // A failed read must not be remembered; whoever awaits it gets the error.
          () => this.#kept.get(name) === reading && this.#kept.delete(name),
        );
        this.#kept.set(name, reading);
      });
    }
    return Promise.all(
      specs.map(({ name }) => this.#kept.get(name)?.values ?? Promise.resolve(new Uint16Array())),
    );
  }

  #forget(specs: readonly WeightSpec[]): void {
    if (this.#weights.byteLength <= KEPT_BYTES) return;
    for (const { name } of specs) this.#kept.delete(name);
  }

  #request({ name, shape }: WeightSpec): { name: string; shape: readonly number[] } {
    return { name: storedName(this.#weights, name), shape };
  }
}
