import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { ComponentTable, ModelRecord, StoredShard } from './model-record.ts';
import { FORMAT } from './model-record.ts';
import { ModelStore, type NewShard } from './model-store.ts';
import { storedCheckpoint } from './stored-checkpoint.ts';
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
    ...{ version: undefined, assumptions: [], texts: {}, components: { unet: tableOf(sizes) } },
    records: sizes.map((byteLength, i) => ({
      component: 'unet',
      byteLength,
      slices: [{ tensor: `t${i}`, begin: 0, end: byteLength }],
    })),
  };
  const download = { versions: {}, hashes: {} };
  await store.begin({ ...outline, download }, []);
  await store.commit(id, 0, { shards, download }, shards, []);
  const record: ModelRecord = {
    ...{ ...outline, shards, hash: undefined, rounding: undefined, checkedFiles: 0, addedAt: 0 },
  };
  await store.complete(record);
}

function tableOf(sizes: readonly number[]): ComponentTable {
  return {
    tensors: Object.fromEntries(sizes.map((size, i) => [`t${i}`, [size / 2]])),
    hash: undefined,
  };
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

it('keeps its hands off a model of a format that another version has written, until it is deleted', async () => {
  await add('newer', [100]);
  const record = await store.record('newer');
  if (!record) throw new Error('not stored');
  // Where the other format has its records is not known here.
  await store.describe({ ...record, format: FORMAT + 1, shards: [] });
  expect(await store.sweep()).toBe(0);
  await expect(storedCheckpoint('newer', store)).rejects.toMatchObject({
    code: 'store/format',
    detail: { model: 'newer' },
  });
  expect(await store.remove('newer')).toBe(100);
  expect(await entries.keys()).toEqual([]);
});

it('tells a model that is deleted while it is read from one that is damaged', async () => {
  await add('open', [100, 200]);
  const weights = await (await storedCheckpoint('open', store)).weights('unet');
  const read = () => weights?.read([{ name: 't0', shape: [50] }]);
  await read();
  const lost = (await store.record('open'))?.shards[0]?.sha256 ?? '';
  await entries.write([], [['shard', lost]]);
  await expect(read()).rejects.toMatchObject({ code: 'store/damaged' });
  await store.remove('open');
  await expect(read()).rejects.toMatchObject({ code: 'store/deleted', detail: { model: 'open' } });
});

it('lists what was there at one moment, whatever is being written', async () => {
  await add('whole', [100]);
  const record = await store.record('whole');
  if (!record) throw new Error('not stored');
  await store.remove('whole');
  const { shards, ...outline } = record;
  const download = { versions: {}, hashes: {} };
  const bytes = new Uint8Array(100);
  await store.begin({ ...outline, download }, []);
  await store.commit('whole', 0, { shards, download }, [{ ...(shards[0] as StoredShard), bytes }], []);
  const completed: Promise<void>[] = [];
  const keys = entries.keys.bind(entries);
  vi.spyOn(entries, 'keys').mockImplementationOnce(async () => {
    const found = await keys();
    completed.push(store.complete(record));
    // It takes one digest, and so it is over by then if it does not wait.
    for (let turn = 0; turn < 10; turn++) await sha256Hex(bytes);
    return found;
  });
  expect((await store.list()).map(({ state }) => state)).toEqual(['incomplete']);
  await Promise.all(completed);
  expect((await store.list()).map(({ state }) => state)).toEqual(['ready']);
});
