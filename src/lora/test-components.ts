/** @file For tests: the weights of a model that a LoRA may adapt. */
import { openWeights } from '../weights/folder-checkpoint.ts';
import { memorySource, tinyModelFile } from '../weights/test-files.ts';
import type { WeightSet } from '../weights/weight-set.ts';

const FILES = {
  unet: 'unet/diffusion_pytorch_model.safetensors',
  text_encoder: 'text_encoder/model.safetensors',
  text_encoder_2: 'text_encoder_2/model.safetensors',
};

/** @param read a file of the model's folder; the tiny SDXL model's, where nothing else is said */
export function openComponents(
  read: (path: string) => Uint8Array<ArrayBuffer> = tinyModelFile,
): Promise<WeightSet[]> {
  const { source } = memorySource(Object.fromEntries(Object.values(FILES).map((file) => [file, read(file)])));
  return Promise.all(Object.keys(FILES).map((component) => openWeights(source, component)));
}
