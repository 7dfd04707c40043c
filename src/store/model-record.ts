/**
 * @file What the store knows of a model: everything but its bytes, which lie in records named by their SHA-256.
 * The same description is written before the first byte of an import and, completed, after the last.
 */
import type { ModelReference } from '../engine/protocol/model.ts';
import type { DownloadState } from '../weights/download.ts';
import type { RoundingSums } from '../weights/rounding.ts';
import type { RecordPlan } from './shard-plan.ts';

/**
 * What a description means. How records are cut is in it, and may change without a new format. Whoever raises this reads
 * finished models of the earlier formats as well; of an unfinished one of another format nothing is believed.
 */
export const FORMAT = 1;

/** A record that is there. */
export interface StoredShard {
  readonly sha256: string;
  readonly byteLength: number;
}

/** One component: the shapes of its tensors by the names they have in the checkpoint. */
export interface ComponentTable {
  readonly tensors: Readonly<Record<string, readonly number[]>>;
  /** See `model-hash.ts`; an import goes on only with files of the same. */
  readonly hash: string | undefined;
}

/** A model as it was opened. */
export interface ModelOutline {
  readonly format: number;
  readonly id: string;
  readonly name: string;
  readonly licence: string | undefined;
  /** The address or file, as people know it. */
  readonly source: string;
  /** Where it can be had again; absent when files were given. */
  readonly reference: ModelReference | undefined;
  /** Tells the same source from another, see `reference.ts`. */
  readonly sourceKey: string;
  readonly version: string | undefined;
  readonly assumptions: readonly string[];
  /** Configs and tokenizers by their path. Files that are not here are not in the model. */
  readonly texts: Readonly<Record<string, StoredShard>>;
  readonly components: Readonly<Record<string, ComponentTable>>;
  readonly records: readonly RecordPlan[];
}

/** Written when an import begins: entry `journal`. */
export interface Journal extends ModelOutline {
  readonly download: DownloadState;
}

/** Written with the records of a job, in one transaction: entry `job`. */
export interface JobNote {
  /** The records of the job, by their number in the outline. */
  readonly shards: Readonly<Record<number, StoredShard>>;
  /** What rounding changed in the tensors of these records; absent without records. */
  readonly rounding?: RoundingSums | undefined;
  readonly download: DownloadState;
}

/** Written last: entries `model` and `copy`. */
export interface ModelRecord extends ModelOutline {
  /** One for each of `records`. */
  readonly shards: readonly StoredShard[];
  readonly hash: string | undefined;
  readonly rounding: { readonly relativeL2: number; readonly tensors: number } | undefined;
  readonly checkedFiles: number;
  readonly addedAt: number;
}

/** Bytes of the weights and texts of a model. */
export function outlineBytes(outline: ModelOutline): number {
  return bytesOf([...outline.records, ...distinctTexts(outline)]);
}

/**
 * Bytes of a model that have to be stored yet.
 * @param notes of the import that has begun; absent before
 * @param shared components that another stored model has
 */
export function missingBytes(
  outline: ModelOutline,
  notes: ReadonlyMap<number, JobNote> | undefined,
  shared: ReadonlySet<string>,
): number {
  const present = shardsOf(notes ?? new Map<number, JobNote>());
  const there = outline.records.filter(({ component }, i) => present.has(i) || shared.has(component));
  const texts = notes ? bytesOf(distinctTexts(outline)) : 0;
  return outlineBytes(outline) - bytesOf(there) - texts;
}

/** The records that jobs have brought, by their number in the outline. */
export function shardsOf(notes: ReadonlyMap<number, JobNote>): Map<number, StoredShard> {
  const entries = [...notes.values()].flatMap(({ shards }) => Object.entries(shards));
  return new Map(entries.map(([i, shard]) => [Number(i), shard]));
}

export function bytesOf(items: readonly { readonly byteLength: number }[]): number {
  return items.reduce((sum, { byteLength }) => sum + byteLength, 0);
}

/** Both tokenizers often have the same files. */
function distinctTexts({ texts }: ModelOutline): StoredShard[] {
  return [...new Map(Object.values(texts).map((shard) => [shard.sha256, shard])).values()];
}
