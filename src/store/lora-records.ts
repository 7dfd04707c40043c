/**
 * @file Where the shelf of LoRAs is kept: IndexedDB through idb-keyval, the database `emulsion-loras`, version 1, with one
 * object store, `entries`. A file and the facts about it are two entries, so that moving a slider writes no file.
 */
import { createStore, entries, get, promisifyRequest, type UseStore } from 'idb-keyval';
import { AppError, isAppError } from '../error.ts';
import { quotaError } from './entries.ts';
import type { LoraEntry, LoraFacts } from './lora-entry.ts';

type KeptFacts = Omit<LoraFacts, 'aliases'> & Partial<Pick<LoraFacts, 'aliases'>>;

/** Every method throws AppError `store/unavailable`; those that write also `store/quota`. */
export interface LoraRecords {
  list(): Promise<LoraEntry[]>;
  /** @returns the file as it is kept; the one on disk may go */
  put(entry: LoraEntry): Promise<Blob>;
  putFacts(facts: readonly LoraFacts[]): Promise<void>;
  remove(id: string): Promise<void>;
}

/** The records of this origin. Opens the database when it is first used. */
export function browserLoraRecords(): LoraRecords {
  return loraRecordsOf(createStore('emulsion-loras', 'entries'));
}

/** @param use gives access to an object store with out-of-line keys */
export function loraRecordsOf(use: UseStore): LoraRecords {
  const write = (puts: readonly (readonly [IDBValidKey, unknown])[], deletes: readonly IDBValidKey[] = []) =>
    use('readwrite', (store) => {
      for (const [key, value] of puts) store.put(value, key);
      for (const key of deletes) store.delete(key);
      return promisifyRequest(store.transaction);
    });
  return {
    list: () =>
      guard(async () => {
        const all = await entries<[kind: string, id: string], unknown>(use);
        const files = new Map(
          all.flatMap(([[kind, id], value]) => (kind === 'file' ? [[id, value as Blob]] : [])),
        );
        return all.flatMap(([[kind, id], value]) => {
          const file = files.get(id);
          // Facts from before there were several names have none besides the file's.
          return kind === 'facts' && file ? [{ aliases: [], ...(value as KeptFacts), file }] : [];
        });
      }),
    put: ({ file, ...facts }) =>
      guard(async () => {
        await write([
          [['file', facts.id], file],
          [['facts', facts.id], facts],
        ]);
        return (await get<Blob>(['file', facts.id], use)) ?? file;
      }, file.size),
    putFacts: (facts) => guard(() => write(facts.map((one) => [['facts', one.id], one]))),
    remove: (id) =>
      guard(() =>
        write(
          [],
          [
            ['file', id],
            ['facts', id],
          ],
        ),
      ),
  };
}

async function guard<T>(work: () => Promise<T>, bytes = 0): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isAppError(error)) throw error;
    if (error instanceof Error && error.name === 'QuotaExceededError') throw await quotaError(bytes, error);
    const reason = error instanceof Error ? error.message : String(error);
    throw new AppError('store/unavailable', { reason }, error);
  }
}
