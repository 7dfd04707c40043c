/** @file Several LoRAs as one: what each weight of a model gets added. */
import type { LowRank } from '../runtime/backend.ts';
import type { ModuleFactors } from './module-factors.ts';
import type { LoraComponent } from './module-table.ts';

export interface WeightedLora {
  readonly modules: readonly ModuleFactors[];
  /** What its ΔW is multiplied by. */
  readonly weight: number;
}

/** By the names of weights in a component. */
export type ComponentAdditions = Readonly<Record<LoraComponent, ReadonlyMap<string, LowRank>>>;

/**
 * The sum of all ΔW = weight · scale · up × down for every module that any of them adapts, as one product: the factors of
 * the LoRAs one after another along the rank. What has no weight is left out, so that nothing of it is computed.
 */
export function stackLoras(loras: readonly WeightedLora[]): ComponentAdditions {
  const parts = new Map<string, { module: ModuleFactors['module']; factors: LowRank[] }>();
  for (const { modules, weight } of loras.filter((lora) => lora.weight !== 0)) {
    for (const one of modules) {
      const { module } = one;
      const key = `${module.component} ${module.path}`;
      const part = parts.get(key) ?? { module, factors: [] };
      part.factors.push(lowRank(one, weight));
      parts.set(key, part);
    }
  }
  const additions = { unet: new Map(), text_encoder: new Map(), text_encoder_2: new Map() } satisfies Record<
    LoraComponent,
    Map<string, LowRank>
  >;
  for (const { module, factors } of parts.values())
    additions[module.component].set(`${module.path}.weight`, joined(factors));
  return additions;
}

/** up [out, rank] turned, with what it is multiplied by. */
function lowRank({ rank, scale, up, down }: ModuleFactors, weight: number): LowRank {
  const rows = up.length / rank;
  const factor = weight * scale;
  const turned = Float32Array.from(
    up,
    (_, i) => factor * (up[(i % rows) * rank + Math.floor(i / rows)] ?? 0),
  );
  return { rank, up: turned, down };
}

function joined(factors: readonly LowRank[]): LowRank {
  const [first, ...others] = factors;
  if (first && others.length === 0) return first;
  return {
    rank: factors.reduce((sum, { rank }) => sum + rank, 0),
    up: concatenated(factors.map(({ up }) => up)),
    down: concatenated(factors.map(({ down }) => down)),
  };
}

function concatenated(arrays: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(arrays.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const array of arrays) {
    all.set(array, at);
    at += array.length;
  }
  return all;
}
