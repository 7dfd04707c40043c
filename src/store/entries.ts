/**
 * @file The browser's database as the store uses it. This interface is all the rest of `store/` knows of it; another
 * home for the bytes would be another implementation. Here it is IndexedDB through idb-keyval: the database
 * `emulsion-models`, version 1, with one object store, `entries`. One store for everything lets a record and the note
 * that it is there be written in one transaction. What each kind of entry holds is told in `model-store.ts`.
 */
import { createStore, get, getMany, keys, type UseStore } from 'idb-keyval';
import { AppError, isAppError } from '../error.ts';
import { availableBytes, MIB } from './storage.ts';
import { completion } from './transaction.ts';

export type EntryKey =
  | readonly ['shard', sha256: string]
  | readonly ['model' | 'copy' | 'journal' | 'journal-copy', id: string]
  | readonly ['job', id: string, number: number]
  | readonly ['part', id: string, address: string, begin: number, end: number];

/** Bytes that carry their hash. */
export interface KeptBytes {
  readonly bytes: Blob;
  readonly sha256: string;
}

export type Entry = readonly [key: EntryKey, value: unknown];

/** Every method throws AppError `store/unavailable`; writing also `store/quota`. */
export interface Entries {
  keys(): Promise<EntryKey[]>;
  get(key: EntryKey): Promise<unknown>;
  getMany(keys: readonly EntryKey[]): Promise<unknown[]>;
  /** All of it or nothing. */
  write(puts: readonly Entry[], deletes?: readonly EntryKey[]): Promise<void>;
}

const DATABASE = 'emulsion-models';
const OBJECT_STORE = 'entries';

/** The entries of this origin. Opens the database when it is first used. */
export function browserEntries(): Entries {
  return entriesOf(createStore(DATABASE, OBJECT_STORE));
}

/** @param use gives access to an object store with out-of-line keys */
export function entriesOf(use: UseStore): Entries {
  return {
    keys: () => guard(keys<IDBValidKey>(use)) as unknown as Promise<EntryKey[]>,
    get: (key) => guard(get(mutable(key), use)),
    getMany: (many) => guard(getMany(many.map(mutable), use)),
    write: (puts, deletes = []) =>
      guard(
        use('readwrite', (store) => {
          for (const [key, value] of puts) store.put(value, mutable(key));
          for (const key of deletes) store.delete(mutable(key));
          return completion(store.transaction);
        }),
        puts,
      ),
  };
}

/** IndexedDB takes keys as mutable arrays. */
const mutable = (key: EntryKey): IDBValidKey => [...key];

async function guard<T>(work: Promise<T>, puts: readonly Entry[] = []): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (isAppError(error)) throw error;
    if (isRefusal(error)) throw await quotaError(byteLength(puts), error);
    const reason = error instanceof Error ? error.message : String(error);
    throw new AppError('store/unavailable', { reason }, error);
  }
}

/** The refusal of so many bytes more. */
export async function quotaError(neededBytes: number, cause?: unknown): Promise<AppError<'store/quota'>> {
  const available = (await availableBytes()) ?? 0;
  const detail = {
    neededMiB: inMiB(neededBytes),
    // The browser may refuse although it claims to have room.
    availableMiB: Math.floor(Math.min(available, neededBytes) / MIB),
  };
  return new AppError('store/quota', detail, cause);
}

/** The refusal of one write, as that of all the bytes that were still to be written. */
export function forAll({ detail, cause }: AppError<'store/quota'>, neededBytes: number): AppError {
  const neededMiB = Math.max(detail.neededMiB, inMiB(neededBytes));
  return new AppError('store/quota', { ...detail, neededMiB }, cause);
}

export function isQuotaError(error: unknown): error is AppError<'store/quota'> {
  return isAppError(error) && error.code === 'store/quota';
}

/** Rounded up; what is refused is never nothing. */
function inMiB(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / MIB));
}

function isRefusal(error: unknown): boolean {
  return error instanceof Error && error.name === 'QuotaExceededError';
}

function byteLength(puts: readonly Entry[]): number {
  const sizeOf = (value: unknown): number => (value instanceof Blob ? value.size : 0);
  return puts.reduce((sum, [, value]) => sum + sizeOf((value as Partial<KeptBytes>).bytes ?? value), 0);
}
