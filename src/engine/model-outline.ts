/**
 * @file Opens a model to be stored: finds out everything the store has to know of it before the first byte of its
 * weights is read. Opening it is also the proof that it is a model this program can run.
 */
import {
  FORMAT,
  type ComponentTable,
  type Journal,
  type ModelOutline,
  type StoredShard,
} from '../store/model-record.ts';
import type { NewShard } from '../store/model-store.ts';
import { planRecords } from '../store/shard-plan.ts';
import { textShard } from '../store/verify-model.ts';
import type { Checkpoint } from '../weights/checkpoint.ts';
import type { WeightSet } from '../weights/weight-set.ts';
import { openModel } from './model.ts';
import { stageOrder } from './stage-order.ts';

/** What the store is told besides what is in the files. */
export type OutlineNames = Pick<ModelOutline, 'id' | 'source' | 'reference' | 'sourceKey' | 'version'>;

export interface OutlinedModel {
  readonly outline: ModelOutline;
  /** Contents of its texts. */
  readonly texts: readonly NewShard[];
  readonly weights: ReadonlyMap<string, WeightSet>;
}

/**
 * Opens a model and lays its weights out in records.
 * @throws AppError as `openModel`
 */
export async function outlineModel(
  checkpoint: Checkpoint,
  names: OutlineNames,
  signal?: AbortSignal,
): Promise<OutlinedModel> {
  const watched = new WatchedCheckpoint(checkpoint);
  const model = await openModel(watched, signal);
  const components: Record<string, ComponentTable> = {};
  const records = [];
  for (const [component, set] of watched.sets) {
    const stages = stageOrder(model, set).map((stage) =>
      stage.map((name) => ({ name, shape: set.shape(name) })),
    );
    const tensors = Object.fromEntries(stages.flat().map(({ name, shape }) => [name, shape]));
    components[component] = { tensors, hash: await set.hash(signal) };
    records.push(...planRecords(component, stages));
  }
  const texts = await Promise.all(
    [...watched.texts].map(async ([path, text]) => ({ path, shard: await textShard(text) })),
  );
  const outline: ModelOutline = {
    ...names,
    format: FORMAT,
    name: model.manifest.name ?? names.id,
    licence: model.manifest.licence,
    assumptions: model.assumptions,
    texts: Object.fromEntries(
      texts.map(({ path, shard: { sha256, byteLength } }) => [path, { sha256, byteLength }]),
    ),
    components,
    records,
  };
  const distinct = new Map(texts.map(({ shard }) => [shard.sha256, shard]));
  return { outline, texts: [...distinct.values()], weights: watched.sets };
}

/**
 * The checkpoint of an interrupted import: its texts come from the store.
 * @param read a text's bytes; `undefined` where they have to come from the checkpoint after all
 */
export function resumedCheckpoint(
  checkpoint: Checkpoint,
  { texts }: Journal,
  read: (path: string, text: StoredShard) => Promise<Blob | undefined>,
): Checkpoint {
  return {
    ...checkpoint,
    weights: (component, signal) => checkpoint.weights(component, signal),
    async text(path, signal) {
      const stored = texts[path];
      // The version of the program that began may have had no use for it.
      const blob = stored && (await read(path, stored));
      return blob ? blob.text() : checkpoint.text(path, signal);
    },
  };
}

/** Remembers what is taken from a checkpoint, which is what the model consists of. */
class WatchedCheckpoint implements Checkpoint {
  readonly id: string;
  readonly label: string;
  readonly assumptions: readonly string[];
  readonly texts = new Map<string, string>();
  readonly sets = new Map<string, WeightSet>();
  readonly #checkpoint: Checkpoint;

  constructor(checkpoint: Checkpoint) {
    this.#checkpoint = checkpoint;
    this.id = checkpoint.id;
    this.label = checkpoint.label;
    this.assumptions = checkpoint.assumptions;
  }

  async text(path: string, signal?: AbortSignal): Promise<string | undefined> {
    const text = await this.#checkpoint.text(path, signal);
    if (text !== undefined) this.texts.set(path, text);
    return text;
  }

  async weights(component: string, signal?: AbortSignal): Promise<WeightSet | undefined> {
    const set = await this.#checkpoint.weights(component, signal);
    if (set) this.sets.set(component, set);
    return set;
  }
}
