/** @file A model folder in the diffusers layout as a checkpoint. */
import { requireWeights, type Checkpoint } from './checkpoint.ts';
import { modelHash } from './model-hash.ts';
import { decodePathPart } from './path-part.ts';
import type { ModelSource } from './source.ts';
import type { StoredTensor } from './tensor-reader.ts';
import { openWeightFiles, type WeightFile } from './weight-files.ts';
import { createWeightSet, type WeightSet } from './weight-set.ts';

/** The model a source holds the files of. */
export function folderCheckpoint(source: ModelSource): Checkpoint {
  return {
    id: lastName(source.label),
    label: source.label,
    async text(path, signal) {
      const file = await source.open(path, signal);
      return file && new TextDecoder().decode(await file.read(0, file.size, signal));
    },
    async weights(component, signal) {
      const files = await openWeightFiles(source, component, signal);
      return files && fileWeights(component, files);
    },
    assumptions: [],
  };
}

/**
 * Opens the weights of one component of a folder; reads headers only.
 * @param component the component's folder in the model, without slash
 * @throws AppError `weights/not-found` when it has none; as `openWeightFiles`
 */
export function openWeights(
  source: ModelSource,
  component: string,
  signal?: AbortSignal,
): Promise<WeightSet> {
  return requireWeights(folderCheckpoint(source), component, signal);
}

function fileWeights(component: string, files: readonly WeightFile[]): WeightSet {
  const stored = new Map<string, StoredTensor>();
  for (const { file, tensors } of files) {
    for (const [name, info] of tensors) stored.set(name, { ...info, file });
  }
  return createWeightSet(component, stored, (signal) => modelHash(files, signal));
}

/** The last part of an address or of a path. */
function lastName(label: string): string {
  const path = URL.canParse(label) ? decodePathPart(new URL(label).pathname) : label;
  return path.split('/').findLast((part) => part !== '') ?? label;
}
