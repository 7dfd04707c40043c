/**
 * @file Finds out whether a stored model is still what was stored, and mends it: every record is read and hashed again,
 * what is damaged is named, and only that is fetched again. What comes must have the very hash that was stored.
 */
import type { DamagedRecord, VerifyReport } from '../engine/protocol/library.ts';
import { AppError, throwIfAborted } from '../error.ts';
import type { WeightSet } from '../weights/weight-set.ts';
import { readRecords } from './import-model.ts';
import { outlineBytes, type ModelRecord, type StoredShard } from './model-record.ts';
import type { ModelStore, NewShard } from './model-store.ts';
import { sha256Hex } from './sealed.ts';

/** Where damaged records are fetched from. */
export interface RepairSource {
  text(path: string, signal?: AbortSignal): Promise<string | undefined>;
  weights(component: string, signal?: AbortSignal): Promise<WeightSet | undefined>;
}

export interface VerifyHandlers {
  readonly signal?: AbortSignal | undefined;
  /** Bytes read and hashed so far, of all. */
  readonly onChecked: (doneBytes: number, totalBytes: number) => void;
}

/** A record as it is found again in its source. */
interface Target extends Omit<DamagedRecord, 'problem' | 'repaired'> {
  readonly shard: StoredShard;
  readonly fetch: (source: RepairSource, signal?: AbortSignal) => Promise<NewShard | undefined>;
}

/**
 * Reads every record of a complete model.
 * @param openSource asked for once when there is something to fetch again; absent: nothing is mended
 * @throws AppError `weights/changed` when the source no longer has what was stored; `store/quota`, `store/unavailable`
 */
export async function verifyModel(
  store: ModelStore,
  record: ModelRecord,
  openSource: (() => Promise<RepairSource>) | undefined,
  { signal, onChecked }: VerifyHandlers,
): Promise<VerifyReport> {
  const { id } = record;
  const targets = [...textTargets(record), ...weightTargets(record)];
  const totalBytes = outlineBytes(record);
  const damaged: DamagedRecord[] = [];
  for (const name of await store.damagedDescriptions(id)) {
    const found = {
      kind: 'description',
      component: '',
      contents: [name],
      byteLength: 0,
      problem: 'changed',
    } as const;
    damaged.push({ ...found, repaired: openSource !== undefined });
  }
  if (openSource && damaged.length > 0) await store.describe(record);

  let source: RepairSource | undefined;
  let doneBytes = 0;
  for (const { shard, fetch, ...what } of targets) {
    throwIfAborted(signal);
    const state = await store.check(shard);
    if (state !== 'good') {
      if (openSource) {
        source ??= await openSource();
        const fetched = await fetch(source, signal);
        if (fetched?.sha256 !== shard.sha256)
          throw new AppError('weights/changed', { file: nameOf(record, what) });
        await store.restore(fetched);
      }
      damaged.push({ ...what, problem: state, repaired: openSource !== undefined });
    }
    doneBytes += shard.byteLength;
    onChecked(doneBytes, totalBytes);
  }
  return { id, records: targets.length, byteLength: totalBytes, damaged };
}

function textTargets({ texts }: ModelRecord): Target[] {
  // Both tokenizers often have the same files, which are one record.
  const distinct = new Map(Object.values(texts).map((shard) => [shard.sha256, shard]));
  return [...distinct.values()].map((shard): Target => {
    const contents = Object.keys(texts).filter((path) => texts[path]?.sha256 === shard.sha256);
    return {
      kind: 'text',
      component: '',
      contents,
      byteLength: shard.byteLength,
      shard,
      fetch: async (source, signal) => {
        const text = await source.text(contents[0] ?? '', signal);
        return text === undefined ? undefined : textShard(text);
      },
    };
  });
}

function weightTargets({ records, shards }: ModelRecord): Target[] {
  return records.flatMap(({ component, slices }, i): Target[] => {
    const shard = shards[i];
    if (!shard) return [];
    return [
      {
        kind: 'weights',
        component,
        contents: slices.map(({ tensor }) => tensor),
        byteLength: shard.byteLength,
        shard,
        fetch: async (source, signal) => {
          const weights = await source.weights(component, signal);
          if (!weights) return undefined;
          return (await readRecords([i], records, new Map([[component, weights]]), signal)).get(i);
        },
      },
    ];
  });
}

/** A text file as a record: its UTF-8 bytes. */
export async function textShard(text: string): Promise<NewShard> {
  const bytes = new TextEncoder().encode(text);
  return { sha256: await sha256Hex(bytes), byteLength: bytes.length, bytes };
}

function nameOf(
  { source }: ModelRecord,
  { kind, component, contents }: Pick<Target, 'kind' | 'component' | 'contents'>,
) {
  return kind === 'text' ? (contents[0] ?? source) : `${source} (${component})`;
}
