/** @file The files of a LoRA, wherever they are. */
import { AppError } from '../../error.ts';
import { LORA_CONFIGS } from '../../lora/config-names.ts';
import { blobFile } from '../../weights/blob-file.ts';
import { httpSource } from '../../weights/http-source.ts';
import { splitFileAddress } from '../../weights/path-part.ts';
import type { LoraReference } from '../protocol/lora.ts';

interface LoraFiles {
  /** Name of its `.safetensors` file. */
  readonly path: string;
  /** All of that file: it is small beside a model, and read tensor by tensor, several times over. */
  readonly blob: Blob;
  /** The text of the config that came with it. */
  readonly config: string | undefined;
}

/** @throws AppError `weights/not-found` where there is no such file, and what reading throws */
export async function openLoraFiles(reference: LoraReference, signal?: AbortSignal): Promise<LoraFiles> {
  const { config, ...found } = await find(reference, signal);
  return { ...found, config: config && new TextDecoder().decode(await config.read(0, config.size, signal)) };
}

async function find(reference: LoraReference, signal: AbortSignal | undefined) {
  if (reference.kind === 'files') {
    const { files } = reference;
    const picked = files.find(({ name }) => /\.safetensors$/i.test(name));
    if (!picked) throw new AppError('weights/not-found', { file: '*.safetensors', status: 404 });
    const config = files.find(({ name }) => LORA_CONFIGS.includes(name));
    return { path: picked.name, blob: picked, config: config && blobFile(config.name, config) };
  }
  const { folder, file } = splitFileAddress(reference.url);
  const source = httpSource(folder);
  const weights = await source.open(file, signal);
  if (!weights) throw new AppError('weights/not-found', { file, status: 404 });
  const blob = new Blob([await weights.read(0, weights.size, signal)]);
  for (const name of LORA_CONFIGS) {
    const config = await source.open(name, signal);
    if (config) return { path: weights.path, blob, config };
  }
  return { path: weights.path, blob, config: undefined };
}
