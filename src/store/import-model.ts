/**
 * @file Brings a model into the store: record after record is read from its source, rounded to bfloat16 on the way,
 * hashed and stored together with the note that it is there. What has arrived for records under way is kept in parts.
 * Whatever interrupts this loses no more than the ranges in flight; the next import of the same source goes on with the
 * rest.
 */
import { AppError, throwIfAborted } from '../error.ts';
import type { Download, DownloadState } from '../weights/download.ts';
import type { Part } from '../weights/kept-parts.ts';
import { addRoundings, modelRounding, type RoundingSums } from '../weights/rounding.ts';
import type { WeightSet } from '../weights/weight-set.ts';
import { forAll, isQuotaError, quotaError } from './entries.ts';
import { bytesOf, missingBytes, shardsOf } from './model-record.ts';
import type { Journal, JobNote, ModelOutline, ModelRecord, StoredShard } from './model-record.ts';
import type { Import } from './contents.ts';
import type { ModelStore, NewShard } from './model-store.ts';
import { sha256Hex } from './sealed.ts';
import { connectedRecords, type RecordPlan } from './shard-plan.ts';
import { availableBytes } from './storage.ts';

export interface ImportRequest {
  readonly outline: ModelOutline;
  /** Contents of the outline's texts. */
  readonly texts: readonly NewShard[];
  readonly weights: ReadonlyMap<string, WeightSet>;
  readonly download: Download;
  /** The unfinished import of the same source to go on with. */
  readonly earlier: Import | undefined;
}

export interface ImportHandlers {
  readonly signal?: AbortSignal | undefined;
  /** Bytes of the model that are in the store, as bfloat16. */
  readonly onStored: (bytes: number) => void;
}

/** Records read at a time; each is read with one request after the other. */
const PARALLEL_JOBS = 4;
/** No further job starts while those under way are larger than this together. */
const MAX_BYTES_UNDER_WAY = 160 * 1024 * 1024;

/** The number of the note that a published hash has come further; jobs have the number of their first record. */
const HASH_NOTE = -1;

/**
 * Imports a model, or goes on with an earlier import of it.
 * @throws AppError `store/quota` with what the import still needs; `weights/changed` and `weights/checksum`, after which
 *   what has been fetched is worth nothing; `store/unavailable`, `engine/cancelled` and what the source throws
 */
export async function importModel(
  store: ModelStore,
  request: ImportRequest,
  handlers: ImportHandlers,
): Promise<ModelRecord> {
  const { download, earlier } = request;
  const outline = earlier ? laidOutAs(earlier, request.outline) : request.outline;
  if (!outline) throw new AppError('weights/changed', { file: request.outline.source });
  const shared = await store.likelyShared(outline);
  const neededBytes = (notes: Import['notes'] | undefined): number =>
    neededRoom(request, missingBytes(outline, notes, shared), download.parts?.storedBytes ?? 0);
  const needed = neededBytes(earlier?.notes);
  if (needed > ((await availableBytes()) ?? Infinity)) throw await quotaError(needed);
  const notes = new Map(earlier?.notes);
  try {
    return await run(store, { ...request, outline }, notes, handlers);
  } catch (error) {
    throw isQuotaError(error) ? forAll(error, neededBytes(notes)) : error;
  }
}

/**
 * Bytes of the store that an import takes before it is over.
 * @param missing bytes of the model that have to be stored yet
 * @param keptParts bytes of its files that are kept until they become records
 */
export function neededRoom(
  { weights }: Pick<ImportRequest, 'weights'>,
  missing: number,
  keptParts: number,
): number {
  const hasParts = [...weights.values()].some((set) => set.names().some((name) => isRemote(set, name)));
  // float32 parts take twice the room of the records they become; those that are there have it already.
  const parts = hasParts ? Math.min(missing, 2 * MAX_BYTES_UNDER_WAY) : 0;
  return missing + Math.max(0, parts - keptParts);
}

/**
 * Bytes of files on the network that an import has yet to fetch for its weights, as they lie there.
 * @param notes of the import that has begun; absent before
 * @param keptParts as in {@link neededRoom}
 */
export function bytesToFetch(
  { outline, weights }: Pick<ImportRequest, 'outline' | 'weights'>,
  notes: ReadonlyMap<number, JobNote> | undefined,
  keptParts: number,
): number {
  const jobs = openJobs(outline.records, weights, shardsOf(notes ?? new Map<number, JobNote>()));
  const parts = jobs.flatMap((job) => job.parts);
  const distinct = new Map(parts.map(({ address, begin, end }) => [`${address} ${begin}`, end - begin]));
  return Math.max(0, [...distinct.values()].reduce((sum, bytes) => sum + bytes, 0) - keptParts);
}

/**
 * The outline as an import of the model has laid it out: what it has brought lies in its own records, and this version of
 * the program might cut others. `undefined` where the model has other contents than it had.
 */
export function laidOutAs({ journal }: Import, outline: ModelOutline): ModelOutline | undefined {
  if (contentOf(journal) !== contentOf(outline)) return undefined;
  return { ...outline, components: journal.components, records: journal.records };
}

/** What must be the same for an import to be gone on with, in whatever order. */
function contentOf({ components }: ModelOutline): string {
  const lines = Object.entries(components).flatMap(([component, { hash, tensors }]) => [
    JSON.stringify([component, hash ?? null]),
    ...Object.entries(tensors).map((tensor) => JSON.stringify([component, ...tensor])),
  ]);
  return lines.sort().join('\n');
}

function isRemote(set: WeightSet, name: string): boolean {
  return set.place(name).file.address !== undefined;
}

/** @param notes of the jobs that are done; those of this run are added */
async function run(
  store: ModelStore,
  { outline, texts, weights, download, earlier }: ImportRequest,
  notes: Map<number, JobNote>,
  { signal, onStored }: ImportHandlers,
): Promise<ModelRecord> {
  const { id, records } = outline;
  const present = shardsOf(notes);
  let stored = bytesOf(texts) + bytesOf([...present.values()]);
  // In the order of the files, so that a published hash can be taken on the way.
  const jobs = openJobs(records, weights, present).sort((a, b) => a.position - b.position);
  const left = new Set(jobs);
  await store.begin(
    { ...outline, download: earlier?.journal.download ?? download.state() } satisfies Journal,
    texts,
  );
  await download.parts?.keep();
  onStored(stored);

  const commit = async (
    number: number,
    made: ReadonlyMap<number, NewShard>,
    rounding?: RoundingSums,
  ): Promise<void> => {
    const note: JobNote = { shards: withoutBytes(made), rounding, download: download.state() };
    const done = download.release([...left].flatMap(({ parts }) => parts));
    await store.commit(id, number, note, [...made.values()], done);
    notes.set(number, note);
  };
  await inParallel(jobs, signal, async (next, jobSignal) => {
    const { numbers, component, tensors } = next;
    const made = await readRecords(numbers, records, weights, jobSignal);
    throwIfAborted(jobSignal);
    left.delete(next);
    await commit(numbers[0] ?? 0, made, weights.get(component)?.rounding(tensors));
    stored += bytesOf([...made.values()]);
    onStored(stored);
  });
  await download.finish(signal, () => commit(HASH_NOTE, new Map()));

  const shards = shardsOf(notes);
  const record: ModelRecord = {
    ...outline,
    shards: records.map((_, i) => shards.get(i) as StoredShard),
    hash: outline.components['unet']?.hash,
    rounding: roundingOf(notes, records),
    checkedFiles: download.checkedFiles,
    addedAt: Date.now(),
  };
  await store.complete(record);
  return record;
}

/** Where earlier downloads of an import have come: every version they saw, and the farthest of each hash. */
export function downloadState({ journal, notes }: Import): DownloadState {
  const states = [journal.download, ...[...notes.values()].map(({ download }) => download)];
  const hashes: Record<string, DownloadState['hashes'][string]> = {};
  for (const [address, hash] of states.flatMap((state) => Object.entries(state.hashes))) {
    if (hash.state.length >= (hashes[address]?.state.length ?? 0)) hashes[address] = hash;
  }
  const versions = Object.assign({}, ...states.map((state) => state.versions)) as DownloadState['versions'];
  return { versions, hashes };
}

/** The bytes of some records, which may share tensors. */
export async function readRecords(
  numbers: readonly number[],
  records: readonly RecordPlan[],
  weights: ReadonlyMap<string, WeightSet>,
  signal?: AbortSignal,
): Promise<Map<number, NewShard>> {
  const plans = numbers.flatMap((i) => records[i] ?? []);
  const component = plans[0]?.component ?? '';
  const set = weights.get(component);
  const names = tensorsOf(plans);
  if (!set) throw new AppError('weights/tensor-missing', { tensor: names[0] ?? '', component });
  const values = await set.read(
    names.map((name) => ({ name, shape: set.shape(name) })),
    signal,
  );
  const bytesOfTensor = new Map(
    names.map((name, i): [string, Uint8Array] => {
      const { buffer, byteOffset, byteLength } = values[i] ?? new Uint16Array();
      return [name, new Uint8Array(buffer, byteOffset, byteLength)];
    }),
  );
  return inTurn(async () => {
    const made = new Map<number, NewShard>();
    for (const [n, { byteLength, slices }] of plans.entries()) {
      const bytes = new Uint8Array(byteLength);
      let at = 0;
      for (const { tensor, begin, end } of slices) {
        bytes.set(bytesOfTensor.get(tensor)?.subarray(begin, end) ?? [], at);
        at += end - begin;
      }
      made.set(numbers[n] ?? 0, { sha256: await sha256Hex(bytes), byteLength, bytes });
    }
    return made;
  });
}

let lastTurn: Promise<unknown> = Promise.resolve();

/** One after the other: making records takes their bytes a second time, and the browser's hashing a third. */
function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const turn = lastTurn.then(work);
  lastTurn = turn.catch(() => undefined);
  return turn;
}

/** Records that are made together. */
interface Job {
  readonly numbers: readonly number[];
  readonly component: string;
  readonly tensors: readonly string[];
  readonly byteLength: number;
  /** Orders jobs by where their first tensor lies in its file. */
  readonly position: number;
  /** Where on the network its tensors lie. */
  readonly parts: readonly Part[];
}

/** The jobs that are still to be done. */
function openJobs(
  records: readonly RecordPlan[],
  weights: ReadonlyMap<string, WeightSet>,
  present: Pick<ReadonlyMap<number, unknown>, 'has'>,
): Job[] {
  return connectedRecords(records)
    .filter((numbers) => numbers.some((i) => !present.has(i)))
    .map((numbers) => job(numbers, records, weights));
}

function job(
  numbers: readonly number[],
  records: readonly RecordPlan[],
  weights: ReadonlyMap<string, WeightSet>,
): Job {
  const plans = numbers.flatMap((i) => records[i] ?? []);
  const component = plans[0]?.component ?? '';
  const set = weights.get(component);
  const order = orderOf(set);
  const tensors = tensorsOf(plans);
  const places = tensors.map((name) => order.get(name) ?? 0);
  const parts = tensors.flatMap((name): Part[] => {
    const place = set?.place(name);
    return place?.file.address === undefined ? [] : [{ ...place, address: place.file.address }];
  });
  // Components follow one another; none has more tensors than this.
  const first = [...weights.keys()].indexOf(component) * 2 ** 32;
  const position = first + Math.min(...places);
  return { numbers, component, tensors, byteLength: bytesOf(plans), position, parts };
}

function tensorsOf(plans: readonly RecordPlan[]): string[] {
  return [...new Set(plans.flatMap(({ slices }) => slices.map(({ tensor }) => tensor)))];
}

const orders = new WeakMap<WeightSet, Map<string, number>>();

/** A set names its tensors in the order of its files. */
function orderOf(weights: WeightSet | undefined): Map<string, number> {
  if (!weights) return new Map();
  const known = orders.get(weights) ?? new Map(weights.names().map((name, i) => [name, i]));
  orders.set(weights, known);
  return known;
}

/** Does the jobs in order, a few at a time. The first failure stops the others, and is thrown when they have stopped. */
async function inParallel(
  jobs: readonly Job[],
  signal: AbortSignal | undefined,
  work: (job: Job, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const stop = new AbortController();
  const abort = () => stop.abort();
  throwIfAborted(signal);
  signal?.addEventListener('abort', abort);
  const underWay = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | undefined;
  let bytes = 0;
  try {
    for (const next of jobs) {
      while (
        underWay.size >= PARALLEL_JOBS ||
        (underWay.size > 0 && bytes + next.byteLength > MAX_BYTES_UNDER_WAY)
      ) {
        await Promise.race(underWay);
      }
      if (stop.signal.aborted) break;
      bytes += next.byteLength;
      const done = work(next, stop.signal)
        .catch((error: unknown) => {
          failure ??= { error };
          abort();
        })
        .finally(() => {
          bytes -= next.byteLength;
          underWay.delete(done);
        });
      underWay.add(done);
    }
    await Promise.all(underWay);
  } finally {
    signal?.removeEventListener('abort', abort);
  }
  throwIfAborted(signal);
  if (failure) throw failure.error;
}

function withoutBytes(made: ReadonlyMap<number, NewShard>): JobNote['shards'] {
  return Object.fromEntries([...made].map(([i, { sha256, byteLength }]) => [i, { sha256, byteLength }]));
}

/** Of the component that rounding changed most. */
function roundingOf(
  notes: ReadonlyMap<number, JobNote>,
  records: readonly RecordPlan[],
): ModelRecord['rounding'] {
  const byComponent = new Map<string, RoundingSums[]>();
  // Jobs finish in any order; sums in another would differ in their last bits.
  for (const [number, { rounding }] of [...notes].sort(([a], [b]) => a - b)) {
    const component = records[number]?.component;
    if (component === undefined || !rounding) continue;
    byComponent.set(component, [...(byComponent.get(component) ?? []), rounding]);
  }
  return modelRounding([...byComponent.values()].map(addRoundings));
}
