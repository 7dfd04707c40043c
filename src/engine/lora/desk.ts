/** @file Looks at LoRAs beside a model. */
import { admit } from '../../lora/admission.ts';
import { adapt } from '../../lora/repair.ts';
import type { AdaptedLora, LoraVerdict, ScaleRepair } from '../../lora/verdict.ts';
import type { Checkpoint } from '../../weights/checkpoint.ts';
import type { LoraReference } from '../protocol/lora.ts';
import { openLoraFiles } from './lora-files.ts';
import { loraComponents } from './lora-components.ts';

/**
 * Whether a LoRA may be used with a model.
 * @throws AppError `weights/not-found` where there is no such file, and what reading throws
 */
export async function inspectLora(
  reference: LoraReference,
  checkpoint: Checkpoint,
  signal?: AbortSignal,
): Promise<LoraVerdict> {
  const { weights, config } = await openLoraFiles(reference, signal);
  return admit(weights, { components: await loraComponents(checkpoint, signal), config }, signal);
}

/** A LoRA repaired for a model. @throws AppError as {@link inspectLora} */
export async function adaptLora(
  reference: LoraReference,
  checkpoint: Checkpoint,
  scale: ScaleRepair,
  signal?: AbortSignal,
): Promise<AdaptedLora> {
  const { weights, config } = await openLoraFiles(reference, signal);
  return adapt(weights, { components: await loraComponents(checkpoint, signal), config }, scale, signal);
}
