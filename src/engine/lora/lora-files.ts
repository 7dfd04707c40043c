/** @file The files of a LoRA, wherever they are. */
import { AppError } from '../../error.ts';
import { LORA_CONFIGS } from '../../lora/config-names.ts';
import { blobFile } from '../../weights/blob-file.ts';
import { httpSource } from '../../weights/http-source.ts';
import { splitFileAddress } from '../../weights/path-part.ts';
import type { RandomAccessFile } from '../../weights/source.ts';
import type { LoraReference } from '../protocol/lora.ts';

interface LoraFiles {
  readonly weights: RandomAccessFile;
  /** The text of the config that came with it. */
  readonly config: string | undefined;
}

/** @throws AppError `weights/not-found` where there is no such file, and what reading throws */
export async function openLoraFiles(reference: LoraReference, signal?: AbortSignal): Promise<LoraFiles> {
  const { weights, config } = await find(reference, signal);
  return { weights, config: config && new TextDecoder().decode(await config.read(0, config.size, signal)) };
}

async function find(reference: LoraReference, signal: AbortSignal | undefined) {
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
