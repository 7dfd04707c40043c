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
  /** Writes records anew, of those pictures that are there. */
  put(records: readonly GalleryRecord[]): Promise<void>;
  /** Adds its thumbnail to a record as it is by then; others may change it meanwhile. */
  setThumbnail(id: string, thumbnail: Blob): Promise<void>;
  remove(ids: readonly string[]): Promise<void>;
  /** Removes those that are still marked as deleted. */
  removeDeleted(ids: readonly string[]): Promise<void>;
}

/** The pictures of this origin. Opens the database when it is first used. */
export function browserGalleryStore(): GalleryStore {
  return galleryStoreOf(createStore('emulsion-gallery', 'entries'));
}

/** The keys of a picture. */
const recordKey = (id: string) => ['record', id];
const fileKey = (id: string) => ['file', id];

/** @param use gives access to an object store with out-of-line keys */
export function galleryStoreOf(use: UseStore): GalleryStore {
  const write = (work: (entries: IDBObjectStore) => unknown, bytes = 0): Promise<void> =>
    guard(
      () =>
        use('readwrite', async (entries) => {
          await work(entries);
          return completion(entries.transaction);
        }),
      bytes,
    );
  const drop = (entries: IDBObjectStore, id: string): void => {
    for (const key of [recordKey(id), fileKey(id)]) entries.delete(key);
  };
  const recordIn = async (entries: IDBObjectStore, id: string): Promise<GalleryRecord | undefined> =>
    readRecord(await promisifyRequest<unknown>(entries.get(recordKey(id))));
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
    record: (id) => guard(async () => readRecord(await get(recordKey(id), use))),
    file: (id) =>
      guard(async () => {
        const file = await get<unknown>(fileKey(id), use);
        const isWhole = file instanceof Blob && (await hashOf(file)) === id;
        if (!isWhole) throw new AppError('gallery/damaged', {});
        return file;
      }),
    add: (record, file) =>
      write((entries) => {
        entries.put(file, fileKey(record.id));
        entries.put(record, recordKey(record.id));
      }, file.size),
    put: (records) =>
      write((entries) =>
        Promise.all(
          records.map(async (record) => {
            // Another tab may have removed it.
            const isThere = (await promisifyRequest(entries.getKey(fileKey(record.id)))) !== undefined;
            if (isThere) entries.put(record, recordKey(record.id));
          }),
        ),
      ),
    setThumbnail: (id, thumbnail) =>
      write(async (entries) => {
        const record = await recordIn(entries, id);
        if (record) entries.put({ ...record, thumbnail }, recordKey(id));
      }),
    remove: (ids) => write((entries) => ids.forEach((id) => drop(entries, id))),
    removeDeleted: (ids) =>
      write((entries) =>
        Promise.all(
          ids.map(async (id) => {
            // Another tab may have painted it again.
            const record = await recordIn(entries, id);
            if (record?.deletedAt !== undefined) drop(entries, id);
          }),
        ),
      ),
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
