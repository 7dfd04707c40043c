/** @file For tests of single files: the tiny model as one file and as a folder, and what there is to compare. */
import { createHash } from 'node:crypto';
import { Config } from '../../architecture/config.ts';
import type { Checkpoint } from '../checkpoint.ts';
import { folderCheckpoint } from '../folder-checkpoint.ts';
import { memorySource, tinyModelFile } from '../test-files.ts';
import type { WeightSet } from '../weight-set.ts';
import { tensorsOf, tinyFixture } from './test-single-files.ts';

export const COMPONENTS = ['unet', 'vae', 'text_encoder', 'text_encoder_2'];
export const WHOLE = tinyFixture('single_file_ldm.bf16.safetensors');
export const TENSORS = tensorsOf(WHOLE);
export const FOLDER = folderCheckpoint({
  label: 'tiny',
  open: (path) =>
    path.endsWith('fp16.safetensors') || path.includes('index')
      ? Promise.resolve(undefined)
      : memorySource({ [path]: tinyModelFile(path) }).source.open(path),
});

export async function weightsOf(checkpoint: Checkpoint, component: string): Promise<WeightSet> {
  const weights = await checkpoint.weights(component);
  if (!weights) throw new Error(`no ${component}`);
  return weights;
}

export async function digests(weights: WeightSet): Promise<Record<string, string>> {
  const names = [...weights.names()].sort();
  const values = await weights.read(names.map((name) => ({ name, shape: weights.shape(name) })));
  return Object.fromEntries(
    values.map((value, i) => [names[i] ?? '', createHash('sha256').update(value).digest('hex')]),
  );
}

export async function config(checkpoint: Checkpoint, path: string): Promise<Config> {
  return Config.parse(path, (await checkpoint.text(path)) ?? '');
}
