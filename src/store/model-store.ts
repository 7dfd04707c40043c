/**
 * @file The models in the browser's store. Entries: `shard` (a record's bytes as a Blob: the browser keeps it on disk
 * and reads only the slice that is asked for), `model` and `copy` (the sealed description of a complete model, twice),
 * `journal` (the same while it is imported), `job` (which of its records are there) and `part` (bytes of a file that
 * records are still to be made of). A model counts as stored only
 * when its description is, which is written last. Equal records are kept once, whoever needs them.
 */
import type { StoredModel } from '../engine/protocol/library.ts';
import { AppError } from '../error.ts';
import type { Part, PartStore } from '../weights/kept-parts.ts';
import type { Entries, Entry, EntryKey, KeptBytes } from './entries.ts';
import { withStore } from './locks.ts';
import { bytesOf, outlineBytes } from './model-record.ts';
import type {
  ComponentTable,
  Journal,
  JobNote,
  ModelOutline,
  ModelRecord,
  StoredShard,
} from './model-record.ts';
import { seal, sha256Hex, unseal } from './sealed.ts';

/** A model on its way into the store. */
export interface Import {
  readonly journal: Journal;
  /** Finished jobs by their number; not those whose records have gone. */
  readonly notes: ReadonlyMap<number, JobNote>;
}

/** Bytes under their hash. */
export interface NewShard extends StoredShard {
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Everything in the store but the bytes of records. */
interface Contents {
  readonly shards: ReadonlySet<string>;
  /** `undefined` for a model whose description is damaged, and so is its copy. */
  readonly models: ReadonlyMap<string, ModelRecord | undefined>;
  /** `undefined` for an import whose journal is damaged. */
  readonly imports: ReadonlyMap<string, Import | undefined>;
  readonly keys: readonly EntryKey[];
}

export class ModelStore {
  readonly #entries: Entries;

  constructor(entries: Entries) {
    this.#entries = entries;
  }

  /** All models, finished or not, in order of their names. */
  async list(): Promise<StoredModel[]> {
    const contents = await this.#contents();
    const users = usersOf(contents);
    const ids = new Set([...contents.models.keys(), ...contents.imports.keys()]);
    return [...ids].sort().map((id) => summary(id, contents, users));
  }

  /** A complete model; `undefined` when there is none of the name. Throws `store/damaged` when it cannot be read. */
  async record(id: string): Promise<ModelRecord | undefined> {
    const entries = await this.#entries.getMany([
      ['model', id],
      ['copy', id],
    ]);
    for (const entry of entries) {
      const record = await unseal<ModelRecord>(entry);
      if (record) return record;
    }
    if (entries.every((entry) => entry === undefined)) return undefined;
    throw new AppError('store/damaged', { model: id, record: 'its description and the copy of it' });
  }

  /** An unfinished import; `undefined` when there is none that can be gone on with. */
  async import(id: string): Promise<Import | undefined> {
    const journal = await unseal<Journal>(await this.#entries.get(['journal', id]));
    return journal && { journal, notes: await this.#notes(id, await this.#entries.keys()) };
  }

  /** What has arrived for an import and is not in its records yet. */
  parts(id: string): PartStore {
    const entries = this.#entries;
    return {
      list: async () => partsOf(await entries.keys(), id),
      async read(part) {
        const { bytes, sha256 } = ((await entries.get(partKey(id, part))) ?? {}) as Partial<KeptBytes>;
        const read = new Uint8Array((await bytes?.arrayBuffer().catch(() => undefined)) ?? []);
        return read.length > 0 && (await sha256Hex(read)) === sha256 ? read : undefined;
      },
      async write(part, bytes) {
        const kept: KeptBytes = { bytes: new Blob([bytes]), sha256: await sha256Hex(bytes) };
        await entries.write([[partKey(id, part), kept]]);
      },
    };
  }

  /** The bytes of a record as a Blob; `undefined` when they are not there in full. */
  async shard({ sha256, byteLength }: StoredShard): Promise<Blob | undefined> {
    const blob = await this.#entries.get(['shard', sha256]);
    return blob instanceof Blob && blob.size === byteLength ? blob : undefined;
  }

  /** Whether a record's bytes are those that were stored. */
  async check(shard: StoredShard): Promise<'good' | 'missing' | 'changed'> {
    const blob = await this.shard(shard);
    if (!blob) return 'missing';
    // A file that the browser has lost under its database shows only when it is read.
    const bytes = await blob.arrayBuffer().catch(() => undefined);
    if (!bytes) return 'missing';
    return (await sha256Hex(bytes)) === shard.sha256 ? 'good' : 'changed';
  }

  /** Components of an outline that another stored model seems to have too. */
  async likelyShared({ id, components }: ModelOutline): Promise<ReadonlySet<string>> {
    const { models } = await this.#contents();
    const others = [...models.values()].filter((record) => record !== undefined && record.id !== id);
    const isShared = ([component, { hash }]: [string, ComponentTable]) =>
      hash !== undefined && others.some((other) => other?.components[component]?.hash === hash);
    return new Set(
      Object.entries(components)
        .filter(isShared)
        .map(([component]) => component),
    );
  }

  /** Which of the two descriptions of a complete model are not as they were written. */
  async damagedDescriptions(id: string): Promise<('model' | 'copy')[]> {
    const names = ['model', 'copy'] as const;
    const entries = await this.#entries.getMany(names.map((name): EntryKey => [name, id]));
    const good = await Promise.all(entries.map((entry) => unseal(entry)));
    return names.filter((_, i) => good[i] === undefined);
  }

  /** Starts an import anew. */
  async begin(journal: Journal, texts: readonly NewShard[]): Promise<void> {
    await withStore(async () =>
      this.#entries.write([[['journal', journal.id], await seal(journal)], ...(await this.#missing(texts))]),
    );
  }

  /**
   * Stores the records of a job and notes that they are there, or nothing of it.
   * @param done parts that are not needed from then on
   */
  async commit(
    id: string,
    job: number,
    note: JobNote,
    shards: readonly NewShard[],
    done: readonly Part[],
  ): Promise<void> {
    await withStore(async () =>
      this.#entries.write(
        [...(await this.#missing(shards)), [['job', id, job], await seal(note)]],
        done.map((part) => partKey(id, part)),
      ),
    );
  }

  /** Makes a model count as stored. Throws `store/damaged` when a record has gone meanwhile. */
  async complete(record: ModelRecord): Promise<void> {
    const { id } = record;
    await withStore(async () => {
      const keys = await this.#entries.keys();
      const present = shardsOf(keys);
      const gone = shardsOfRecord(record).find(({ sha256 }) => !present.has(sha256));
      if (gone) throw new AppError('store/damaged', { model: id, record: gone.sha256 });
      const sealed = await seal(record);
      const puts: Entry[] = [
        [['model', id], sealed],
        [['copy', id], sealed],
      ];
      await this.#entries.write(
        puts,
        keys.filter((key) => isOfImport(key, id)),
      );
    });
  }

  /** Puts a record back. */
  async restore({ sha256, bytes }: NewShard): Promise<void> {
    await this.#entries.write([[['shard', sha256], new Blob([bytes])]]);
  }

  /** Writes both descriptions of a complete model again. */
  async describe(record: ModelRecord): Promise<void> {
    const sealed = await seal(record);
    await this.#entries.write([
      [['model', record.id], sealed],
      [['copy', record.id], sealed],
    ]);
  }

  /** Removes a model, finished or not, and the records that nothing else needs. Resolves to the bytes freed. */
  remove(id: string): Promise<number> {
    return withStore(async () => {
      const contents = await this.#contents();
      const shards = unneededShards(without(id, contents));
      const blobs = await this.#entries.getMany(shards);
      const own = contents.keys.filter((key) => isOfModel(key, id) || isOfImport(key, id));
      await this.#entries.write([], [...own, ...shards]);
      return blobs.reduce<number>((sum, blob) => sum + (blob instanceof Blob ? blob.size : 0), 0);
    });
  }

  /** Removes what interrupted work has left behind. Resolves to the number of entries removed. */
  sweep(): Promise<number> {
    return withStore(async () => {
      const contents = await this.#contents();
      // A journal outlives its model's completion, or a note its journal, only through damage.
      const rests = contents.keys.filter(
        (key) => isOfImport(key, key[1]) && (contents.models.has(key[1]) || !contents.imports.get(key[1])),
      );
      const deletes = [...rests, ...unneededShards(contents)];
      if (deletes.length > 0) await this.#entries.write([], deletes);
      return deletes.length;
    });
  }

  /** Those of some records that have to be written. */
  async #missing(shards: readonly NewShard[]): Promise<Entry[]> {
    // Read, not only looked for: a model must not come to rest on another's damaged record.
    const states = await Promise.all(shards.map((shard) => this.check(shard)));
    return shards
      .filter((_, i) => states[i] !== 'good')
      .map(({ sha256, bytes }): Entry => [['shard', sha256], new Blob([bytes])]);
  }

  async #contents(): Promise<Contents> {
    const keys = await this.#entries.keys();
    const ids = (...kinds: string[]) =>
      new Set(keys.flatMap(([kind, id]) => (kinds.includes(kind) ? [id] : [])));
    const models = new Map<string, ModelRecord | undefined>();
    for (const id of ids('model', 'copy')) models.set(id, await this.record(id).catch(() => undefined));
    const imports = new Map<string, Import | undefined>();
    for (const id of ids('journal', 'job')) {
      const journal = await unseal<Journal>(await this.#entries.get(['journal', id]));
      imports.set(id, journal && { journal, notes: await this.#notes(id, keys) });
    }
    return { shards: shardsOf(keys), models, imports, keys };
  }

  async #notes(id: string, keys: readonly EntryKey[]): Promise<Map<number, JobNote>> {
    const own = keys.filter((key) => key[0] === 'job' && key[1] === id);
    const present = shardsOf(keys);
    const entries = await this.#entries.getMany(own);
    const notes = new Map<number, JobNote>();
    for (const [i, key] of own.entries()) {
      const note = await unseal<JobNote>(entries[i]);
      const isTrue = note && Object.values(note.shards).every(({ sha256 }) => present.has(sha256));
      if (isTrue && key[0] === 'job') notes.set(key[2], note);
    }
    return notes;
  }
}

/** Every record a complete model is made of. */
function shardsOfRecord({ shards, texts }: ModelRecord): StoredShard[] {
  return [...shards, ...Object.values(texts)];
}

function shardsOfImport({ journal, notes }: Import): StoredShard[] {
  return [
    ...Object.values(journal.texts),
    ...[...notes.values()].flatMap(({ shards }) => Object.values(shards)),
  ];
}

function shardsOf(keys: readonly EntryKey[]): Set<string> {
  return new Set(keys.flatMap((key) => (key[0] === 'shard' ? [key[1]] : [])));
}

function isOfModel(key: EntryKey, id: string): boolean {
  return (key[0] === 'model' || key[0] === 'copy') && key[1] === id;
}

function isOfImport(key: EntryKey, id: string): boolean {
  return (key[0] === 'journal' || key[0] === 'job' || key[0] === 'part') && key[1] === id;
}

function partKey(id: string, { address, begin, end }: Part): EntryKey {
  return ['part', id, address, begin, end];
}

function partsOf(keys: readonly EntryKey[], id: string): Part[] {
  return keys.flatMap((key) =>
    key[0] === 'part' && key[1] === id ? [{ address: key[2], begin: key[3], end: key[4] }] : [],
  );
}

/** The records that a model has or an import has brought, each once. */
function neededShards(id: string, { models, imports }: Contents): StoredShard[] {
  const record = models.get(id);
  const unfinished = imports.get(id);
  const all = [...(record ? shardsOfRecord(record) : []), ...(unfinished ? shardsOfImport(unfinished) : [])];
  return [...new Map(all.map((shard) => [shard.sha256, shard])).values()];
}

/** Who needs each record. */
function usersOf(contents: Contents): Map<string, string[]> {
  const users = new Map<string, string[]>();
  for (const id of new Set([...contents.models.keys(), ...contents.imports.keys()])) {
    for (const { sha256 } of neededShards(id, contents))
      users.set(sha256, [...(users.get(sha256) ?? []), id]);
  }
  return users;
}

/** Records that nothing needs. What a model with a damaged description needs cannot be known, so then there are none. */
function unneededShards(contents: Contents): EntryKey[] {
  if (![...contents.models.values()].every(Boolean)) return [];
  const users = usersOf(contents);
  return contents.keys.filter((key) => key[0] === 'shard' && !users.has(key[1]));
}

/** The same as if a model were not there. */
function without(id: string, contents: Contents): Contents {
  const others = <T>(map: ReadonlyMap<string, T>) => new Map([...map].filter(([other]) => other !== id));
  return { ...contents, models: others(contents.models), imports: others(contents.imports) };
}

/** What only this model needs. */
function ownShards(
  id: string,
  contents: Contents,
  users: ReadonlyMap<string, readonly string[]>,
): StoredShard[] {
  return neededShards(id, contents).filter(({ sha256 }) => users.get(sha256)?.length === 1);
}

function summary(id: string, contents: Contents, users: ReadonlyMap<string, readonly string[]>): StoredModel {
  const record = contents.models.get(id);
  const outline = record ?? contents.imports.get(id)?.journal;
  const needed = neededShards(id, contents);
  const present = needed.filter(({ sha256 }) => contents.shards.has(sha256));
  const isDamaged = record ? present.length < needed.length : contents.models.has(id) || !outline;
  return {
    id,
    name: outline?.name ?? id,
    licence: outline?.licence,
    source: outline?.source ?? '',
    reference: outline?.reference,
    version: outline?.version,
    state: isDamaged ? 'damaged' : record ? 'ready' : 'incomplete',
    byteLength: outline ? outlineBytes(outline) : 0,
    storedBytes: bytesOf(present),
    ownBytes: bytesOf(ownShards(id, contents, users)),
    hash: record?.hash,
    rounding: record?.rounding,
    assumptions: outline?.assumptions ?? [],
    checkedFiles: record?.checkedFiles ?? 0,
    addedAt: record?.addedAt,
  };
}
