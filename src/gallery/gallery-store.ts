/**
 * @file Where pictures are kept: IndexedDB through idb-keyval, the database `emulsion-gallery`, version 1, with one object
 * store, `entries`. A picture is two entries, its record and its file, written in one transaction: listing reads no files, and
 * neither is there without the other.
 */
import { createStore, get, promisifyRequest, type UseStore } from 'idb-keyval';
import { AppError, isAppError } from '../error.ts';
import { sha256Hex } from '../store/sealed.ts';
import { MIB } from '../store/storage.ts';
import { completion } from '../store/transaction.ts';
import { readRecord, type GalleryRecord } from './record.ts';

interface Listing {
  readonly records: GalleryRecord[];
  /** How many entries are no records any more. */
  readonly damaged: number;
}

/** Every method throws AppError `gallery/unavailable`; those that write also `gallery/full`. */
export interface GalleryStore {
  list(): Promise<Listing>;
  /** Of one picture; `undefined` where it is not there. */
  record(id: string): Promise<GalleryRecord | undefined>;
  /** Its file. Throws `gallery/damaged` where it is gone, or is another than it was. */
  file(id: string): Promise<Blob>;
  /** Keeps a picture whole, or nothing of it. */
  add(record: GalleryRecord, file: Blob): Promise<void>;
  put(records: readonly GalleryRecord[]): Promise<void>;
  remove(ids: readonly string[]): Promise<void>;
}

/** The pictures of this origin. Opens the database when it is first used. */
export function browserGalleryStore(): GalleryStore {
  return galleryStoreOf(createStore('emulsion-gallery', 'entries'));
}

type Put = readonly [key: readonly [kind: 'record' | 'file', id: string], value: unknown];

/** @param use gives access to an object store with out-of-line keys */
export function galleryStoreOf(use: UseStore): GalleryStore {
  const write = (puts: readonly Put[], deletes: readonly string[] = [], bytes = 0): Promise<void> =>
    guard(
      () =>
        use('readwrite', (store) => {
          for (const [key, value] of puts) store.put(value, [...key]);
          for (const id of deletes) for (const kind of ['record', 'file']) store.delete([kind, id]);
          return completion(store.transaction);
        }),
      bytes,
    );
  return {
    list: () =>
      guard(async () => {
        const kept = await use('readonly', (store) =>
          // Every key that begins with the word: arrays come after all texts.
          promisifyRequest<unknown[]>(store.getAll(IDBKeyRange.bound(['record'], ['record', []]))),
        );
        const records = kept.flatMap((one) => readRecord(one) ?? []);
        return { records, damaged: kept.length - records.length };
      }),
    record: (id) => guard(async () => readRecord(await get(['record', id], use))),
    file: (id) =>
      guard(async () => {
        const file = await get<unknown>(['file', id], use);
        const isWhole = file instanceof Blob && (await hashOf(file)) === id;
        if (!isWhole) throw new AppError('gallery/damaged', {});
        return file;
      }),
    add: (record, file) =>
      write(
        [
          [['file', record.id], file],
          [['record', record.id], record],
        ],
        [],
        file.size,
      ),
    put: (records) => write(records.map((record) => [['record', record.id], record])),
    remove: (ids) => write([], ids),
  };
}

/** Of a file; one whose bytes the browser has lost has none. */
async function hashOf(file: Blob): Promise<string | undefined> {
  try {
    return await sha256Hex(await file.arrayBuffer());
  } catch {
    return undefined;
  }
}

async function guard<T>(work: () => Promise<T>, bytes = 0): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isAppError(error)) throw error;
    if (error instanceof Error && error.name === 'QuotaExceededError')
      throw new AppError('gallery/full', { neededMiB: Math.max(1, Math.ceil(bytes / MIB)) }, error);
    const reason = error instanceof Error ? error.message : String(error);
    throw new AppError('gallery/unavailable', { reason }, error);
  }
}
