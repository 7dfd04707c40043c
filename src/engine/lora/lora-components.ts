/** @file The weights of a model that a LoRA may have something to say about. */
import { LORA_COMPONENTS } from '../../lora/module-table.ts';
import type { Checkpoint } from '../../weights/checkpoint.ts';
import type { WeightSet } from '../../weights/weight-set.ts';

/** @throws AppError what opening them throws */
export async function loraComponents(checkpoint: Checkpoint, signal?: AbortSignal): Promise<WeightSet[]> {
  const sets = await Promise.all(LORA_COMPONENTS.map((component) => checkpoint.weights(component, signal)));
  return sets.filter((set) => set !== undefined);
}
