/** @file Looks at LoRAs beside a model. */
import { admit, type AdmissionContext } from '../../lora/admission.ts';
import type { WeightNorms } from '../../lora/norms.ts';
import { adapt } from '../../lora/repair.ts';
import type { AdaptedLora, LoraVerdict } from '../../lora/verdict.ts';
import { blobFile } from '../../weights/blob-file.ts';
import type { Checkpoint } from '../../weights/checkpoint.ts';
import type { RandomAccessFile } from '../../weights/source.ts';
import { addressesOf } from '../model-source.ts';
import type { AdaptOrder, LoraOrder } from '../protocol/lora-desk.ts';
import type { ModelReference } from '../protocol/model.ts';
import { loraComponents } from './lora-components.ts';
import { openLoraFiles } from './lora-files.ts';

/**
 * Whether a LoRA may be used with a model.
 * @param checkpoint of the order's model
 * @param norms of its weights, where ‖ΔW‖/‖W‖ is wanted
 * @throws AppError `weights/not-found` where there is no such file, and what reading throws
 */
export async function inspectLora(
  order: LoraOrder,
  checkpoint: Checkpoint,
  signal?: AbortSignal,
  norms?: WeightNorms,
): Promise<LoraVerdict> {
  const { weights, context } = await openBeside(order, checkpoint, signal);
  const isRemote = context.norms === 'remote';
  return admit(weights, { ...context, ...(norms && !isRemote && { norms }) }, signal);
}

/** A LoRA repaired for a model. @throws AppError as {@link inspectLora} */
export async function adaptLora(
  order: AdaptOrder,
  checkpoint: Checkpoint,
  signal?: AbortSignal,
): Promise<AdaptedLora> {
  const { weights, context } = await openBeside(order, checkpoint, signal);
  return adapt(weights, context, order.scale, signal);
}

async function openBeside(
  { lora, model }: LoraOrder,
  checkpoint: Checkpoint,
  signal: AbortSignal | undefined,
): Promise<{ weights: RandomAccessFile; context: AdmissionContext }> {
  const { path, blob, config } = await openLoraFiles(lora, signal);
  const components = await loraComponents(checkpoint, signal);
  return {
    weights: blobFile(path, blob),
    context: { components, config, norms: isAtHand(model) ? 'due' : 'remote' },
  };
}

/** Whether a model's weights can be read without a download from another host. */
function isAtHand(model: ModelReference): boolean {
  return addressesOf(model).every((address) => new URL(address).origin === globalThis.location.origin);
}
