/**
 * @file The library: what the page and the command line do with the models in the browser's store. Work on one model is
 * done by one tab at a time; the others that want the same watch it and have the same result.
 */
import { AppError, isAppError, throwIfAborted } from '../error.ts';
import { browserEntries } from '../store/entries.ts';
import { importDamage, partDamage, shardsOfRecord, textDamage, type Import } from '../store/contents.ts';
import { watchImports } from '../store/import-channel.ts';
import { bytesToFetch, downloadState, importModel, laidOutAs, neededRoom } from '../store/import-model.ts';
import { tryWithModel, withModel, withSource } from '../store/locks.ts';
import {
  FORMAT,
  missingBytes,
  outlineBytes,
  type ModelRecord,
  type StoredShard,
} from '../store/model-record.ts';
import { ModelStore } from '../store/model-store.ts';
import { subtle } from '../store/sealed.ts';
import { storageReport } from '../store/storage.ts';
import { verifyModel, type RepairSource } from '../store/verify-model.ts';
import { Download } from '../weights/download.ts';
import { KeptParts } from '../weights/kept-parts.ts';
import { outlineModel, resumedCheckpoint, type OutlineNames } from './model-outline.ts';
import { isWhole, lastingReference, modelId, sourceKey, sourceName } from './model-source.ts';
import { modelAddresses, openCheckpoint } from './open-checkpoint.ts';
import type {
  AddOptions,
  Library,
  LibraryHandlers,
  ModelInspection,
  StoredModel,
} from './protocol/library.ts';
import type { ModelReference } from './protocol/model.ts';
import { report } from './work-report.ts';

/**
 * @param onChanged called when a model is no longer what it was
 * @param store where models are kept; the browser's own when absent
 */
export function createLibrary(
  onChanged: (id: string) => void = () => undefined,
  store = new ModelStore(browserEntries()),
): Library {
  let swept: Promise<unknown> | undefined;
  /** Throws `store/unavailable`; the first call tidies up after what was interrupted. */
  const ready = async (): Promise<void> => {
    subtle();
    swept ??= store.sweep();
    swept.catch(() => (swept = undefined));
    await swept;
  };

  return {
    async list() {
      await ready();
      return { models: await store.list(), storage: await storageReport() };
    },

    async inspect(reference) {
      await ready();
      return inspect(store, reference);
    },

    addresses: modelAddresses,

    async add(reference, options, handlers) {
      await ready();
      const id = options.id ?? modelId(reference);
      const key = sourceKey(reference);
      // Whoever waits sees how far those are whom it waits for.
      const stop = watchImports((progress, source) => {
        const isSame = progress.id === id || (progress.task === 'add' && source === key);
        if (isSame) handlers.onProgress?.({ ...progress, id });
      });
      const work = () => {
        stop();
        return add(store, reference, { ...options, id }, handlers);
      };
      try {
        // Under whatever names, one source is fetched by one at a time: whoever comes later finds it stored.
        return await withModel(id, handlers.signal, () => withSource(key, handlers.signal, work));
      } finally {
        stop();
      }
    },

    async verify(id, options, handlers) {
      await ready();
      return alone(id, async () => {
        const record = await completeRecord(store, id);
        const open = () => openRepairSource(record, options.source, handlers.signal);
        const task = options.repair === true ? 'repair' : 'verify';
        const found = await report(id, record.sourceKey, task, handlers, (progress) =>
          verifyModel(store, record, options.repair === true ? open : undefined, {
            signal: handlers.signal,
            onChecked: (done, total) => progress.reach(done, total),
          }),
        );
        if (found.damaged.some(({ repaired }) => repaired)) onChanged(id);
        return found;
      });
    },

    async remove(id) {
      await ready();
      const { freedBytes } = await alone(id, async () => ({ freedBytes: await store.remove(id) }));
      onChanged(id);
      return freedBytes;
    },
  };
}

async function add(
  store: ModelStore,
  reference: ModelReference,
  options: AddOptions & { readonly id: string },
  handlers: LibraryHandlers,
): Promise<StoredModel> {
  const { id } = options;
  const key = sourceKey(reference);
  const [record, begun] = [await store.record(id), await store.import(id)];
  const present = record ?? begun?.journal;
  if (present && present.sourceKey !== key)
    throw new AppError('store/exists', { model: id, source: present.source });
  if (!record && !(await copyTwin(store, key, options, handlers))) {
    try {
      await bring(store, reference, options, begun, handlers);
    } catch (error) {
      // If this fails too, the next start finds the import unfinished and offers to go on or remove it.
      if (isAtEnd(error, resumable(begun))) await store.remove(id).catch(() => undefined);
      throw error;
    }
  }
  const models = await store.list();
  return models.find((model) => model.id === id) as StoredModel;
}

/** Stores a model under another name too, where all of the same source is stored and as it was. Whether it was. */
async function copyTwin(
  store: ModelStore,
  key: string,
  { id, source, version, sha256 }: AddOptions & { readonly id: string },
  handlers: LibraryHandlers,
): Promise<boolean> {
  // Hashes that are ordered can only be compared with files.
  const twin = sha256 === undefined ? await store.twin(key, version) : undefined;
  if (!twin) return false;
  return report(id, key, 'add', handlers, async (progress) => {
    const total = outlineBytes(twin);
    let done = 0;
    for (const shard of shardsOfRecord(twin)) {
      throwIfAborted(handlers.signal);
      if ((await store.check(shard)) !== 'good') return false;
      done += shard.byteLength;
      progress.reach(done, total);
    }
    // A model that does not name itself goes by its id.
    const name = twin.name === twin.id ? id : twin.name;
    await store.complete({ ...twin, id, name, source: source ?? twin.source, addedAt: Date.now() });
    return true;
  });
}

/** An import that can be gone on with. */
function resumable(begun: Import | undefined): Import | undefined {
  return begun?.journal.format === FORMAT ? begun : undefined;
}

/** Opens a model and imports it, or goes on with an import of it that has begun. */
function bring(
  store: ModelStore,
  reference: ModelReference,
  options: AddOptions & { readonly id: string },
  begun: Import | undefined,
  handlers: LibraryHandlers,
): Promise<unknown> {
  const { id } = options;
  const { signal } = handlers;
  const earlier = resumable(begun);
  return report(id, sourceKey(reference), 'add', handlers, async (progress) => {
    // Notes and parts without a readable journal say nothing.
    const freedBytes = earlier ? 0 : await store.remove(id);
    if (begun && !earlier) progress.mend(importDamage(begun, freedBytes));
    for (const record of earlier?.damaged ?? []) progress.mend(record);
    const parts = await KeptParts.open(store.parts(id), (part) => progress.mend(partDamage(part)));
    const download = new Download({
      state: earlier && downloadState(earlier),
      sha256: options.sha256,
      parts,
      onBytes: (count) => progress.arrive(count),
    });
    const opened = await openCheckpoint(reference, signal, { download });
    const readText = async (path: string, shard: StoredShard): Promise<Blob | undefined> => {
      const problem = await store.check(shard);
      if (problem === 'good') return store.shard(shard);
      progress.mend(textDamage(path, shard, problem));
      return undefined;
    };
    const checkpoint = earlier ? resumedCheckpoint(opened, earlier.journal, readText) : opened;
    const model = await outlineModel(checkpoint, outlineNames(reference, options), signal);
    const total = outlineBytes(model.outline);
    progress.expect(download.fileBytes > 0 ? download.fileBytes / total : 1);
    const onStored = (bytes: number) => progress.reach(bytes, total);
    await importModel(store, { ...model, download, earlier }, { signal, onStored });
  });
}

/**
 * Whether a failure leaves nothing to go on with: the source is another or no good, or there is no room for what has
 * just begun. An earlier import is kept for when there is room again.
 */
function isAtEnd(error: unknown, earlier: Import | undefined): boolean {
  if (!isAppError(error)) return false;
  return error.code === 'store/quota'
    ? !earlier
    : ['weights/changed', 'weights/checksum'].includes(error.code);
}

async function inspect(store: ModelStore, reference: ModelReference): Promise<ModelInspection> {
  const id = modelId(reference);
  const key = sourceKey(reference);
  const checkpoint = await openCheckpoint(reference, undefined, { beginningsOnly: true });
  const model = await outlineModel(checkpoint, outlineNames(reference, { id }));
  const { outline: fresh } = model;
  const listed = (await store.list()).find((model) => model.id === id);
  const isStored = listed?.state === 'ready' && (await store.record(id))?.sourceKey === key;
  const begun = listed?.state === 'incomplete' ? resumable(await store.import(id)) : undefined;
  const begunOutline = begun?.journal.sourceKey === key ? laidOutAs(begun, fresh) : undefined;
  const outline = begunOutline ?? fresh;
  const notes = begunOutline && begun?.notes;
  const shared = await store.likelyShared(outline);
  const missing = isStored ? 0 : missingBytes(outline, notes, shared);
  const { storedBytes: keptParts } = await KeptParts.open(store.parts(id));
  const { name, licence, source, assumptions } = outline;
  return {
    ...{ id, name, licence, source, assumptions },
    byteLength: outlineBytes(outline),
    missingBytes: missing,
    neededBytes: neededRoom(model, missing, notes ? keptParts : 0),
    fetchBytes: isStored ? 0 : bytesToFetch({ ...model, outline }, notes, notes ? keptParts : 0),
    storage: await storageReport(),
  };
}

function outlineNames(
  reference: ModelReference,
  options: AddOptions & { readonly id: string },
): OutlineNames {
  return {
    id: options.id,
    source: options.source ?? sourceName(reference),
    reference: lastingReference(reference),
    sourceKey: sourceKey(reference),
    version: options.version,
  };
}

async function completeRecord(store: ModelStore, id: string): Promise<ModelRecord> {
  const record = await store.record(id);
  if (record) return record;
  if (await store.import(id)) throw new AppError('store/incomplete', { model: id });
  throw new AppError('model/unknown', { model: id });
}

/** Throws `store/source-needed` for files from disk that were not given again. */
async function openRepairSource(
  { id, source, reference }: ModelRecord,
  given: ModelReference | undefined,
  signal: AbortSignal | undefined,
): Promise<RepairSource> {
  const from = given ?? reference;
  if (!isWhole(from)) throw new AppError('store/source-needed', { model: id, source });
  // A record is compared with its own hash; a file's would take reading all that comes before the record.
  return openCheckpoint(from, signal, { download: new Download({ checksFiles: false }) });
}

/** Work that nobody waits for: throws `store/busy` while the model is being worked on. */
async function alone<T extends object>(id: string, work: () => Promise<T>): Promise<T> {
  const result = await tryWithModel(id, work);
  if (result) return result;
  throw new AppError('store/busy', { model: id });
}
