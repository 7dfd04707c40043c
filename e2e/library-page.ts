/** @file For tests: the library of stored models through the page's scripting interface, and what lies in its database. */
import path from 'node:path';
import { expect, test as base, type BrowserContext, type Page } from '@playwright/test';
import { ModelHost, type ModelHostOptions } from '../scripts/soak-downloads/model-host.ts';
import type { LibraryProgress, StoredModel, VerifyReport } from '../src/engine/protocol/library.ts';
import type { ModelReference } from '../src/engine/protocol/model.ts';
import type { PlainError } from '../src/error.ts';
import type { KeptBytes } from '../src/store/entries.ts';
import type { EmulsionScripting } from '../src/ui/page/scripting.ts';
import { siteAddress } from './site.ts';

/** How a call ended. */
type Outcome<T> =
  { readonly value: T; readonly error?: never } | { readonly error: PlainError; readonly value?: never };

interface Globals {
  readonly emulsion: EmulsionScripting;
  /** What `add` has told last. */
  progress?: LibraryProgress;
}

export class LibraryPage {
  readonly page: Page;

  private constructor(page: Page) {
    this.page = page;
  }

  /** Opens the site in a page of its own, without its interface. */
  static async open(context: BrowserContext): Promise<LibraryPage> {
    const page = await context.newPage();
    await page.goto(siteAddress('?headless'));
    await page.waitForFunction(() => 'emulsion' in globalThis);
    return new LibraryPage(page);
  }

  add(url: string, id = 'model'): Promise<Outcome<StoredModel>> {
    return this.page.evaluate(
      ({ url: address, id: name }) => {
        const globals = globalThis as unknown as Globals;
        const { emulsion } = globals;
        const model = { kind: 'url', url: address } as const;
        const onProgress = (progress: LibraryProgress) => void (globals.progress = progress);
        return emulsion.library.add(model, { id: name }, { onProgress }).then(
          (value) => ({ value }),
          (error: unknown) => ({ error: emulsion.toPlainError(error) }),
        );
      },
      { url, id },
    );
  }

  /** What `add` has told last in this page. */
  progress(): Promise<LibraryProgress | undefined> {
    return this.page.evaluate(() => (globalThis as unknown as Globals).progress);
  }

  list(): Promise<readonly StoredModel[]> {
    return this.page.evaluate(async () => {
      const { emulsion } = globalThis as unknown as Globals;
      return (await emulsion.library.list()).models;
    });
  }

  verify(id = 'model'): Promise<VerifyReport> {
    return this.page.evaluate(
      (name) => (globalThis as unknown as Globals).emulsion.library.verify(name, {}, {}),
      id,
    );
  }

  /** Bytes that a model would take in the store. */
  inspect(url: string): Promise<number> {
    return this.page.evaluate(async (address) => {
      const { emulsion } = globalThis as unknown as Globals;
      return (await emulsion.library.inspect({ kind: 'url', url: address })).byteLength;
    }, url);
  }

  /** Stores so many bytes of something else. */
  fill(byteLength: number): Promise<void> {
    return this.page.evaluate(
      (length) =>
        new Promise<void>((resolve, reject) => {
          const opening = indexedDB.open('something-else');
          opening.onupgradeneeded = () => void opening.result.createObjectStore('all');
          opening.onerror = () => reject(new Error(opening.error?.message));
          opening.onsuccess = () => {
            const transaction = opening.result.transaction('all', 'readwrite');
            transaction.objectStore('all').put(new Blob([new Uint8Array(length)]), 'blob');
            transaction.oncomplete = () => resolve();
            transaction.onabort = () => reject(new Error(transaction.error?.message));
          };
        }),
      byteLength,
    );
  }

  /** Paints one small picture. Its number of values that are not finite. */
  paint(model: ModelReference): Promise<number | undefined> {
    return this.page.evaluate(async (reference) => {
      const { emulsion } = globalThis as unknown as Globals;
      const result = await emulsion.generate(
        {
          model: reference,
          prompt: 'a red apple',
          seed: 1n,
          steps: 1,
          width: 64,
          height: 64,
          count: 1,
          guidance: 'auto',
          backend: 'wasm',
          precision: 'f32',
          dump: false,
          previews: false,
        },
        {},
      );
      return result.images[0]?.nonFinite;
    }, model);
  }

  /** How many entries of each kind the database holds. */
  async entries(): Promise<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const { kind } of await this.#entries()) counts[kind] = (counts[kind] ?? 0) + 1;
    return counts;
  }

  /** How many records, and parts of files that records are still to be made of, are not what their SHA-256 says. */
  async damagedEntries(): Promise<number> {
    return (await this.#entries()).filter(({ isDamaged }) => isDamaged).length;
  }

  #entries(): Promise<{ kind: string; isDamaged: boolean }[]> {
    return this.page.evaluate(async () => {
      const answer = <T>(request: IDBRequest<T>) =>
        new Promise<T>((resolve, reject) => {
          request.onsuccess = () => resolve(request.result);
          request.onerror = () => reject(new Error(request.error?.message));
        });
      const isDamaged = async (bytes: Blob, sha256: string) => {
        const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', await bytes.arrayBuffer()));
        return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('') !== sha256;
      };
      // Opening it first would make another one.
      const databases = await indexedDB.databases();
      if (!databases.some(({ name }) => name === 'emulsion-models')) return [];
      const database = await answer(indexedDB.open('emulsion-models'));
      const store = database.transaction('entries').objectStore('entries');
      const [keys, values] = await Promise.all([answer(store.getAllKeys()), answer(store.getAll())]);
      database.close();
      return Promise.all(
        keys.map(async (key, i) => {
          const [kind = '', sha256 = ''] = key as string[];
          if (kind === 'shard') return { kind, isDamaged: await isDamaged(values[i] as Blob, sha256) };
          if (kind !== 'part') return { kind, isDamaged: false };
          const kept = values[i] as KeptBytes;
          return { kind, isDamaged: await isDamaged(kept.bytes, kept.sha256) };
        }),
      );
    });
  }
}

export const TINY_MODEL = path.resolve('e2e/fixtures/tiny-sdxl/model');

/** A test with hosts of the tiny model, which end with it. */
export const test = base.extend<{ serve: (options?: Partial<ModelHostOptions>) => Promise<ModelHost> }>({
  serve: async ({}, use) => {
    const hosts: ModelHost[] = [];
    await use(async (options) => {
      const host = await ModelHost.start({ folder: TINY_MODEL, ...options });
      hosts.push(host);
      return host;
    });
    for (const host of hosts) host.close();
  },
});

/** One model is there, as it was fetched, and nothing besides. */
export async function expectWhole(library: LibraryPage): Promise<void> {
  expect((await library.list()).map(({ state }) => state)).toEqual(['ready']);
  expect((await library.verify()).damaged).toEqual([]);
  const { journal, job, part } = await library.entries();
  expect([journal, job, part]).toEqual([undefined, undefined, undefined]);
}
