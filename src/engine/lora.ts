/** @file Opens the files of a LoRA, wherever they are, and looks at them beside a model. */
import { AppError } from '../error.ts';
import { admit, type AdmissionContext } from '../lora/admission.ts';
import { LORA_CONFIGS } from '../lora/config-names.ts';
import { LORA_COMPONENTS } from '../lora/module-table.ts';
import { adapt } from '../lora/repair.ts';
import type { AdaptedLora, LoraVerdict, ScaleRepair } from '../lora/verdict.ts';
import { blobFile } from '../weights/blob-file.ts';
import type { Checkpoint } from '../weights/checkpoint.ts';
import { httpSource } from '../weights/http-source.ts';
import { splitFileAddress } from '../weights/path-part.ts';
import type { RandomAccessFile } from '../weights/source.ts';
import type { LoraReference } from './protocol/lora.ts';

interface LoraFiles {
  readonly weights: RandomAccessFile;
  readonly config: RandomAccessFile | undefined;
}

/**
 * Whether a LoRA may be used with a model.
 * @throws AppError `weights/not-found` where there is no such file, and what reading throws
 */
export async function inspectLora(
  reference: LoraReference,
  checkpoint: Checkpoint,
  signal?: AbortSignal,
): Promise<LoraVerdict> {
  const { weights, context } = await openLoraBeside(reference, checkpoint, signal);
  return admit(weights, context, signal);
}

/** A LoRA repaired for a model. @throws AppError as {@link inspectLora} */
export async function adaptLora(
  reference: LoraReference,
  checkpoint: Checkpoint,
  scale: ScaleRepair,
  signal?: AbortSignal,
): Promise<AdaptedLora> {
  const { weights, context } = await openLoraBeside(reference, checkpoint, signal);
  return adapt(weights, context, scale, signal);
}

async function openLoraBeside(
  reference: LoraReference,
  checkpoint: Checkpoint,
  signal: AbortSignal | undefined,
): Promise<{ weights: RandomAccessFile; context: AdmissionContext }> {
  const { weights, config } = await openFiles(reference, signal);
  const sets = await Promise.all(LORA_COMPONENTS.map((component) => checkpoint.weights(component, signal)));
  const text = config && new TextDecoder().decode(await config.read(0, config.size, signal));
  return { weights, context: { components: sets.filter((set) => set !== undefined), config: text } };
}

async function openFiles(reference: LoraReference, signal?: AbortSignal): Promise<LoraFiles> {
  if (reference.kind === 'files') {
    const { files } = reference;
    const picked = files.find(({ name }) => /\.safetensors$/i.test(name));
    if (!picked) throw new AppError('weights/not-found', { file: '*.safetensors', status: 404 });
    const config = files.find(({ name }) => LORA_CONFIGS.includes(name));
    return { weights: blobFile(picked.name, picked), config: config && blobFile(config.name, config) };
  }
  const { folder, file } = splitFileAddress(reference.url);
  const source = httpSource(folder);
  const weights = await source.open(file, signal);
  if (!weights) throw new AppError('weights/not-found', { file, status: 404 });
  for (const name of LORA_CONFIGS) {
    const config = await source.open(name, signal);
    if (config) return { weights, config };
  }
  return { weights, config: undefined };
}
