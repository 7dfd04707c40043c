/** @file Frobenius norms of what a LoRA adds and of what it adds to. */
import { f32FromBf16 } from '../weights/bf16.ts';
import { elementCount } from '../weights/shape.ts';
import { storedName } from '../weights/stored-names.ts';
import type { WeightSet } from '../weights/weight-set.ts';
import type { Module } from './module-table.ts';

/** ‖up × down‖ without the product: the sum of (upᵀ·up) ∘ (down·downᵀ), both of the size of the rank. */
export function productNorm(up: Float32Array, down: Float32Array, rank: number): number {
  const [rows, columns] = [up.length / rank, down.length / rank];
  let sum = 0;
  for (let i = 0; i < rank; i++) {
    for (let j = i; j < rank; j++) {
      let [ups, downs] = [0, 0];
      for (let row = 0; row < rows; row++)
        ups += (up[row * rank + i] as number) * (up[row * rank + j] as number);
      for (let column = 0; column < columns; column++)
        downs += (down[i * columns + column] as number) * (down[j * columns + column] as number);
      sum += (i === j ? 1 : 2) * ups * downs;
    }
  }
  return Math.sqrt(Math.max(0, sum));
}

/** ‖W‖ of a model's modules, each read once: all of a large model are gigabytes. */
export class WeightNorms {
  readonly #known = new Map<string, number>();

  /** @param components the weights of the same model every time */
  async of(
    components: readonly WeightSet[],
    module: Module,
    signal: AbortSignal | undefined,
  ): Promise<number> {
    const key = `${module.component} ${module.path}`;
    const norm = this.#known.get(key) ?? (await weightNorm(components, module, signal));
    this.#known.set(key, norm);
    return norm;
  }
}

async function weightNorm(
  components: readonly WeightSet[],
  { component, path, shape }: Module,
  signal: AbortSignal | undefined,
): Promise<number> {
  const set = components.find((one) => one.component === component);
  const name = set && storedName(set, `${path}.weight`);
  const [bits = new Uint16Array()] = (name && (await set.read([{ name, shape }], signal))) || [];
  const values = f32FromBf16(bits, new Float32Array(elementCount(shape)));
  let sum = 0;
  for (const value of values) sum += value * value;
  return Math.sqrt(sum);
}
