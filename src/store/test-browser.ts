/**
 * @file For tests in Node: entries in memory, and what else of a browser the store asks for. The real thing is tested
 * in `library.browser.test.ts`.
 */
import { vi } from 'vitest';
import { quotaError, type Entries, type EntryKey } from './entries.ts';

/** A database in memory that takes no more than its room. */
export class MemoryEntries implements Entries {
  /** Bytes of all blobs together. */
  room = Infinity;
  readonly #values = new Map<string, unknown>();

  get usedBytes(): number {
    return [...this.#values.values()].reduce<number>((sum, value) => sum + sizeOf(value), 0);
  }

  keys(): Promise<EntryKey[]> {
    return Promise.resolve([...this.#values.keys()].map((text) => JSON.parse(text) as EntryKey));
  }

  get(key: EntryKey): Promise<unknown> {
    return Promise.resolve(this.#values.get(JSON.stringify(key)));
  }

  getMany(keys: readonly EntryKey[]): Promise<unknown[]> {
    return Promise.all(keys.map((key) => this.get(key)));
  }

  async write(...[puts, deletes = []]: Parameters<Entries['write']>): Promise<void> {
    const bytes = puts.reduce((sum, [, value]) => sum + sizeOf(value), 0);
    if (this.usedBytes + bytes > this.room) throw await quotaError(bytes);
    for (const [key, value] of puts) this.#values.set(JSON.stringify(key), value);
    for (const key of deletes) this.#values.delete(JSON.stringify(key));
  }

  /** How many entries of each kind there are. */
  async counts(): Promise<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const [kind] of await this.keys()) counts[kind] = (counts[kind] ?? 0) + 1;
    return counts;
  }
}

function sizeOf(value: unknown): number {
  const bytes = value instanceof Blob ? value : (value as { readonly bytes?: unknown }).bytes;
  return bytes instanceof Blob ? bytes.size : 0;
}

/**
 * Stands in for the browser's locks and its estimate of the room that is left.
 * @param availableBytes asked whenever the room is
 */
export function stubBrowser(availableBytes: () => number): void {
  vi.stubGlobal('navigator', {
    locks: new Locks(),
    storage: {
      estimate: () => Promise.resolve({ usage: 0, quota: availableBytes() }),
      persisted: () => Promise.resolve(false),
    },
  });
}

/** One holder of a name at a time. */
class Locks {
  readonly #held = new Map<string, Promise<unknown>>();

  async request(
    name: string,
    ...rest: [...LockOptions[], (lock: object | null) => unknown]
  ): Promise<unknown> {
    const work = rest.at(-1) as (lock: object | null) => unknown;
    const { ifAvailable = false } = rest.length > 1 ? (rest[0] as LockOptions) : {};
    const before = this.#held.get(name);
    if (before && ifAvailable) return work(null);
    const done = Promise.resolve(before).then(() => work({ name }));
    const over = done
      .catch(() => undefined)
      .finally(() => {
        if (this.#held.get(name) === over) this.#held.delete(name);
      });
    this.#held.set(name, over);
    return done;
  }
}
