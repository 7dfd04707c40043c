import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { ModelRecord } from './model-record.ts';
import { FORMAT } from './model-record.ts';
import { ModelStore, type NewShard } from './model-store.ts';
import { sha256Hex } from './sealed.ts';
import { MemoryEntries, stubBrowser } from './test-browser.ts';

let entries: MemoryEntries;
let store: ModelStore;

beforeEach(() => {
  stubBrowser(() => Infinity);
  entries = new MemoryEntries();
  store = new ModelStore(entries);
});
afterEach(() => void vi.unstubAllGlobals());

/** Stores a model of some records of the given sizes; equal sizes are equal records. */
async function add(id: string, sizes: readonly number[]): Promise<void> {
  const shards = await Promise.all(
    sizes.map(async (size): Promise<NewShard> => {
      const bytes = new Uint8Array(size);
      return { sha256: await sha256Hex(bytes), byteLength: size, bytes };
    }),
  );
  const outline = {
    ...{ format: FORMAT, id, name: id, licence: undefined, source: id, reference: undefined, sourceKey: id },
    ...{ version: undefined, assumptions: [], texts: {}, components: {} },
    records: sizes.map((byteLength) => ({ component: 'unet', byteLength, slices: [] })),
  };
  const download = { versions: {}, hashes: {} };
  await store.begin({ ...outline, download }, []);
  await store.commit(id, 0, { shards, download }, shards, []);
  const record: ModelRecord = {
    ...{ ...outline, shards, hash: undefined, rounding: undefined, checkedFiles: 0, addedAt: 0 },
  };
  await store.complete(record);
}

async function damageDescription(id: string): Promise<void> {
  await entries.write([
    [['model', id], 'damaged'],
    [['copy', id], 'damaged'],
  ]);
}

it('frees the records of a model whose description is damaged, but those of others', async () => {
  await add('damaged', [100, 200]);
  await add('good', [200]);
  await damageDescription('damaged');
  expect(await store.remove('damaged')).toBe(100);
  expect(await entries.counts()).toEqual({ model: 1, copy: 1, shard: 1 });
  expect(await store.remove('good')).toBe(200);
  expect(await entries.keys()).toEqual([]);
});

it('lets no record go while it is unknown what a model needs', async () => {
  await add('damaged', [100]);
  await add('good', [100, 200]);
  await damageDescription('damaged');
  expect(await store.remove('good')).toBe(0);
  expect((await entries.counts())['shard']).toBe(2);
  expect(await store.remove('damaged')).toBe(300);
});
