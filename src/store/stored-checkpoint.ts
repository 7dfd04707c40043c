/**
 * @file A model in the browser's store as a checkpoint. It never asks the network: what is not in the store is not in
 * the model. The records of a component are read as one long file; only the slices that are asked for leave the disk.
 */
import { AppError, throwIfAborted } from '../error.ts';
import type { Checkpoint } from '../weights/checkpoint.ts';
import { elementCount } from '../weights/shape.ts';
import type { RandomAccessFile } from '../weights/source.ts';
import type { StoredTensor } from '../weights/tensor-reader.ts';
import { createWeightSet } from '../weights/weight-set.ts';
import { browserEntries } from './entries.ts';
import type { ModelRecord, StoredShard } from './model-record.ts';
import { ModelStore } from './model-store.ts';

/**
 * Opens a stored model.
 * @throws AppError `model/unknown`, `store/incomplete`, `store/damaged`, `store/format`, `store/unavailable`; reading throws
 *   `store/damaged` for a record that has gone, `store/deleted` when the whole model has
 */
export async function storedCheckpoint(
  id: string,
  store = new ModelStore(browserEntries()),
): Promise<Checkpoint> {
  const record = await store.record(id);
  if (!record) {
    if (await store.import(id)) throw new AppError('store/incomplete', { model: id });
    throw new AppError('model/unknown', { model: id });
  }
  return {
    id,
    label: record.source,
    assumptions: record.assumptions,
    async text(path) {
      const shard = record.texts[path];
      if (!shard) return undefined;
      const blob = await store.shard(shard);
      if (!blob) throw await lossOf(store, id, path);
      return readable(store, id, path, blob.text());
    },
    weights: (component) => Promise.resolve(componentWeights(store, record, component)),
  };
}

function componentWeights(store: ModelStore, record: ModelRecord, component: string) {
  const table = record.components[component];
  if (!table) return undefined;
  const { file, begins } = componentFile(store, record, component);
  const tensors = Object.entries(table.tensors).map(([name, shape]): [string, StoredTensor] => {
    const begin = begins.get(name) ?? 0;
    return [name, { file, dtype: 'BF16', shape, begin, end: begin + 2 * elementCount(shape) }];
  });
  return createWeightSet(component, new Map(tensors), () => Promise.resolve(table.hash));
}

/** One record in the row that a component's records make. */
interface Link {
  readonly shard: StoredShard;
  readonly begin: number;
  readonly end: number;
}

/** The records of a component end to end, and where in them its tensors begin. */
function componentFile(
  store: ModelStore,
  { id, records, shards }: ModelRecord,
  component: string,
): { file: RandomAccessFile; begins: Map<string, number> } {
  const links: Link[] = [];
  const begins = new Map<string, number>();
  let size = 0;
  for (const [i, record] of records.entries()) {
    const shard = shards[i];
    if (record.component !== component || !shard) continue;
    links.push({ shard, begin: size, end: size + record.byteLength });
    for (const slice of record.slices) {
      if (!begins.has(slice.tensor)) begins.set(slice.tensor, size);
      size += slice.end - slice.begin;
    }
  }
  const read = async (offset: number, length: number, signal?: AbortSignal) => {
    let joined: Uint8Array<ArrayBuffer> | undefined;
    for (const { shard, begin, end } of links) {
      const [from, to] = [Math.max(begin, offset), Math.min(end, offset + length)];
      if (from >= to) continue;
      throwIfAborted(signal);
      const blob = await store.shard(shard);
      if (!blob) throw await lossOf(store, id, `${component} (${shard.sha256.slice(0, 8)})`);
      const bytes = blob.slice(from - begin, to - begin).arrayBuffer();
      const part = await readable(store, id, component, bytes);
      // The usual read lies in one record and needs no copy.
      if (to - from === length) return new Uint8Array(part);
      joined ??= new Uint8Array(length);
      joined.set(new Uint8Array(part), from - offset);
    }
    return joined ?? new Uint8Array(length);
  };
  return { file: { path: component, size, read }, begins };
}

/** Reading fails when the browser has lost the file it kept the bytes in. */
function readable<T>(store: ModelStore, model: string, record: string, reading: Promise<T>): Promise<T> {
  return reading.catch(async (error: unknown) => {
    throw await lossOf(store, model, record, error);
  });
}

/** Why a record of an open model cannot be read: the model was deleted meanwhile, perhaps in another tab, or is damaged. */
async function lossOf(store: ModelStore, model: string, record: string, cause?: unknown): Promise<AppError> {
  // A description that cannot be read is there all the same.
  const isThere = await store.record(model).then(
    (found) => found !== undefined,
    () => true,
  );
  return isThere
    ? new AppError('store/damaged', { model, record }, cause)
    : new AppError('store/deleted', { model }, cause);
}
