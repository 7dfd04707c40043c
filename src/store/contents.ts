/**
 * @file What is in the store, but for the bytes of records, and what follows from it: who needs which record, what is to be
 * told of a model, what is left over. Nothing here reads or writes.
 */
import type { DamagedRecord, StoredModel } from '../engine/protocol/library.ts';
import type { Part } from '../weights/kept-parts.ts';
import type { EntryKey } from './entries.ts';
import {
  bytesOf,
  outlineBytes,
  type Journal,
  type JobNote,
  type ModelRecord,
  type StoredShard,
} from './model-record.ts';
import { connectedRecords } from './shard-plan.ts';

/** A model on its way into the store. */
export interface Import {
  readonly journal: Journal;
  /** Finished jobs by their number; not those whose records have gone. */
  readonly notes: ReadonlyMap<number, JobNote>;
  /** What of it is not as it was written, and is made again when it is gone on with. */
  readonly damaged: readonly DamagedRecord[];
}

/** Everything in the store but the bytes of records. */
export interface Contents {
  readonly shards: ReadonlySet<string>;
  /** `undefined` for a model whose description cannot be read: it is damaged, and so is its copy, or of another format. */
  readonly models: ReadonlyMap<string, ModelRecord | undefined>;
  /** `undefined` for an import whose journal is damaged. */
  readonly imports: ReadonlyMap<string, Import | undefined>;
  readonly keys: readonly EntryKey[];
}

/** Every record a complete model is made of, once. */
export function shardsOfRecord({ shards, texts }: ModelRecord): StoredShard[] {
  return once([...shards, ...Object.values(texts)]);
}

function shardsOfImport({ journal, notes }: Import): StoredShard[] {
  return [
    ...Object.values(journal.texts),
    ...[...notes.values()].flatMap(({ shards }) => Object.values(shards)),
  ];
}

export function shardsOf(keys: readonly EntryKey[]): Set<string> {
  return new Set(keys.flatMap((key) => (key[0] === 'shard' ? [key[1]] : [])));
}

export function isOfModel(key: EntryKey, id: string): boolean {
  return (key[0] === 'model' || key[0] === 'copy') && key[1] === id;
}

export function isOfImport(key: EntryKey, id: string): boolean {
  return ['journal', 'journal-copy', 'job', 'part'].includes(key[0]) && key[1] === id;
}

export function partKey(id: string, { address, begin, end }: Part): EntryKey {
  return ['part', id, address, begin, end];
}

export function partsOf(keys: readonly EntryKey[], id: string): Part[] {
  return keys.flatMap((key) =>
    key[0] === 'part' && key[1] === id ? [{ address: key[2], begin: key[3], end: key[4] }] : [],
  );
}

/** The records that a model has or an import has brought, each once. */
function neededShards(id: string, { models, imports }: Contents): StoredShard[] {
  const record = models.get(id);
  const unfinished = imports.get(id);
  return once([...(record ? shardsOfRecord(record) : []), ...(unfinished ? shardsOfImport(unfinished) : [])]);
}

function once(shards: readonly StoredShard[]): StoredShard[] {
  return [...new Map(shards.map((shard) => [shard.sha256, shard])).values()];
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

/** Records that nothing needs. What a model needs whose description cannot be read is not known, so then there are none. */
export function unneededShards(contents: Contents): EntryKey[] {
  if (![...contents.models.values()].every(Boolean)) return [];
  const users = usersOf(contents);
  return contents.keys.filter((key) => key[0] === 'shard' && !users.has(key[1]));
}

/** The same as if a model were not there. */
export function without(id: string, contents: Contents): Contents {
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

/** All models, finished or not, in order of their names. */
export function summaries(contents: Contents): StoredModel[] {
  const users = usersOf(contents);
  const ids = new Set([...contents.models.keys(), ...contents.imports.keys()]);
  return [...ids].sort().map((id) => summary(id, contents, users));
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

/** One of the two journals of an import, found damaged. */
export function descriptionDamage(name: string): DamagedRecord {
  return {
    ...MENDED,
    kind: 'description',
    component: '',
    contents: [name],
    byteLength: 0,
    problem: 'changed',
  };
}

/** The note of a job, found damaged, or without its records; these are what has to be fetched again. */
export function jobDamage(
  { records }: Journal,
  number: number,
  problem: DamagedRecord['problem'],
): DamagedRecord {
  const numbers = connectedRecords(records).find(([first]) => first === number) ?? [];
  const plans = numbers.flatMap((i) => records[i] ?? []);
  const [plan] = plans;
  // The note of how far hashes have come is no job's.
  if (!plan) return descriptionDamage('job');
  const contents = [...new Set(plans.flatMap(({ slices }) => slices.map(({ tensor }) => tensor)))];
  return {
    ...MENDED,
    kind: 'weights',
    component: plan.component,
    contents,
    byteLength: bytesOf(plans),
    problem,
  };
}

/** A text, found damaged. */
export function textDamage(
  path: string,
  { byteLength }: StoredShard,
  problem: DamagedRecord['problem'],
): DamagedRecord {
  return { ...MENDED, kind: 'text', component: '', contents: [path], byteLength, problem };
}

/** All that had come of an unfinished import, of which this version of the program can make nothing. */
export function importDamage({ journal }: Import, byteLength: number): DamagedRecord {
  return {
    ...MENDED,
    kind: 'import',
    component: '',
    contents: [journal.name],
    byteLength,
    problem: 'changed',
  };
}

/** What has come of a file, found damaged. */
export function partDamage({ address, begin, end }: Part): DamagedRecord {
  return {
    ...MENDED,
    kind: 'part',
    component: '',
    contents: [address],
    byteLength: end - begin,
    problem: 'changed',
  };
}

/** An import that is gone on with makes all of it again. */
const MENDED = { repaired: true } as const;
