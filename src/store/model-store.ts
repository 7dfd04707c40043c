/**
 * @file The models in the browser's store. Entries: `shard` (a record's bytes as a Blob: the browser keeps it on disk
 * and reads only the slice that is asked for), `model` and `copy` (the sealed description of a complete model, twice),
 * `journal` and `journal-copy` (the same while it is imported), `job` (which of its records are there) and `part` (bytes
 * of a file that records are still to be made of). A model counts as stored only when its description is, which is written
 * last. Equal records are kept once, whoever needs them.
 */
import type { StoredModel } from '../engine/protocol/library.ts';
import { AppError } from '../error.ts';
import type { Part, PartStore } from '../weights/kept-parts.ts';
import {
  descriptionDamage,
  isOfImport,
  isOfModel,
  jobDamage,
  partKey,
  partsOf,
  shardsOf,
  shardsOfRecord,
  summaries,
  unneededShards,
  without,
  type Contents,
  type Import,
} from './contents.ts';
import type { Entries, Entry, EntryKey, KeptBytes } from './entries.ts';
import { withStore } from './locks.ts';
import {
  FORMAT,
  type ComponentTable,
  type Journal,
  type JobNote,
  type ModelOutline,
  type ModelRecord,
  type StoredShard,
} from './model-record.ts';
import { seal, sha256Hex, unseal } from './sealed.ts';

/** Bytes under their hash. */
export interface NewShard extends StoredShard {
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** What is sealed is there twice, so that one changed byte loses nothing. */
const TWINS = { model: ['model', 'copy'], journal: ['journal', 'journal-copy'] } as const;

export class ModelStore {
  readonly #entries: Entries;

  constructor(entries: Entries) {
    this.#entries = entries;
  }

  /** All models, finished or not, in order of their names. */
  async list(): Promise<StoredModel[]> {
    // Between two of its reads nobody may write: half of a change would look like damage.
    return summaries(await withStore(() => this.#contents()));
  }

  /**
   * A complete model; `undefined` when there is none of the name. Throws `store/damaged` when it cannot be read,
   * `store/format` when another version of the program would have to.
   */
  async record(id: string): Promise<ModelRecord | undefined> {
    const { value, entries } = await this.#twice('model', id);
    const record = value as ModelRecord | undefined;
    if (record && record.format !== FORMAT) throw new AppError('store/format', { model: id });
    if (record || entries.every((entry) => entry === undefined)) return record;
    throw new AppError('store/damaged', { model: id, record: 'its description and the copy of it' });
  }

  /** A complete model from the same source, in the same version. */
  async twin(sourceKey: string, version: string | undefined): Promise<ModelRecord | undefined> {
    const { models } = await withStore(() => this.#contents());
    return [...models.values()].find(
      (record) => record?.sourceKey === sourceKey && record.version === version,
    );
  }

  /** An unfinished import, be it of another format; `undefined` when there is none that can be read. */
  async import(id: string): Promise<Import | undefined> {
    return this.#import(id, await this.#entries.keys());
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
  async damagedDescriptions(id: string): Promise<string[]> {
    return (await this.#twice('model', id)).damaged;
  }

  /** Starts an import, or goes on with one: then what is damaged of its journal and its texts is mended. */
  async begin(journal: Journal, texts: readonly NewShard[]): Promise<void> {
    await withStore(async () =>
      this.#entries.write([...(await twins('journal', journal)), ...(await this.#missing(texts))]),
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
      await this.#entries.write(
        await twins('model', record),
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
    await this.#entries.write(await twins('model', record));
  }

  /** Removes a model, finished or not, and the records that nothing else needs. Resolves to the bytes freed. */
  remove(id: string): Promise<number> {
    return withStore(async () => {
      const contents = await this.#contents();
      const shards = unneededShards(without(id, contents));
      const blobs = await this.#entries.getMany(shards);
      const own = contents.keys.filter((key) => isOfModel(key, id) || isOfImport(key, id));
      await this.#entries.write([], [...own, ...shards]);
      const partBytes = partsOf(own, id).reduce((sum, { begin, end }) => sum + end - begin, 0);
      return blobs.reduce<number>((sum, blob) => sum + (blob instanceof Blob ? blob.size : 0), partBytes);
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
    for (const id of ids('journal', 'journal-copy', 'job')) imports.set(id, await this.#import(id, keys));
    return { shards: shardsOf(keys), models, imports, keys };
  }

  async #import(id: string, keys: readonly EntryKey[]): Promise<Import | undefined> {
    const { value, damaged } = await this.#twice('journal', id);
    const journal = value as Journal | undefined;
    if (!journal) return undefined;
    const own = keys.flatMap((key) => (key[0] === 'job' && key[1] === id ? [key] : []));
    const present = shardsOf(keys);
    const entries = await this.#entries.getMany(own);
    const notes = new Map<number, JobNote>();
    const lost = damaged.map((name) => descriptionDamage(name));
    for (const [i, [, , number]] of own.entries()) {
      const note = await unseal<JobNote>(entries[i]);
      const isWhole = note && Object.values(note.shards).every(({ sha256 }) => present.has(sha256));
      if (isWhole) notes.set(number, note);
      else lost.push(jobDamage(journal, number, note ? 'missing' : 'changed'));
    }
    return { journal, notes, damaged: lost };
  }

  /** What is kept under two names: the first that is as it was written, and the names of those that are not. */
  async #twice(
    kind: keyof typeof TWINS,
    id: string,
  ): Promise<{ value: unknown; entries: unknown[]; damaged: string[] }> {
    const names = TWINS[kind];
    const entries = await this.#entries.getMany(names.map((name): EntryKey => [name, id]));
    const values = await Promise.all(entries.map((entry) => unseal(entry)));
    const damaged = names.filter((_, i) => values[i] === undefined);
    return { value: values.find((value) => value !== undefined), entries, damaged };
  }
}

async function twins(kind: keyof typeof TWINS, value: ModelOutline): Promise<Entry[]> {
  const sealed = await seal(value);
  return TWINS[kind].map((name): Entry => [[name, value.id], sealed]);
}
