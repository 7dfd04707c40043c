/** @file What an update of the program that lays records out otherwise does to models that are stored, whole or in part. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ModelHost } from '../../scripts/soak-downloads/model-host.ts';
import { FORMAT } from '../store/model-record.ts';
import { ModelStore } from '../store/model-store.ts';
import type * as ShardPlan from '../store/shard-plan.ts';
import { storedCheckpoint } from '../store/stored-checkpoint.ts';
import { MemoryEntries, stubBrowser } from '../store/test-browser.ts';
import { createLibrary } from './library.ts';
import { openModel } from './model.ts';
import type { DamagedRecord, LibraryProgress } from './protocol/library.ts';
import type { ModelReference } from './protocol/model.ts';

const FOLDER = new URL('../../e2e/fixtures/tiny-sdxl/model/', import.meta.url).pathname;
const UNET = 'unet/diffusion_pytorch_model.safetensors';
const MIB = 2 ** 20;

/** Sizes of records in the version of the program at work; its own when absent. */
const version = vi.hoisted((): { sizes?: ShardPlan.RecordSizes } => ({}));
vi.mock('../store/shard-plan.ts', async (load) => {
  const real = await load<typeof ShardPlan>();
  const planRecords: typeof real.planRecords = (component, stages) =>
    real.planRecords(component, stages, version.sizes);
  return { ...real, planRecords };
});

// Every test imports a whole model; a busy machine takes seconds for that.
vi.setConfig({ testTimeout: 30_000 });

let entries: MemoryEntries;
let store: ModelStore;
let host: ModelHost;
let model: ModelReference;
let onUnetRange: (begin: number) => Promise<void> | void;

beforeEach(async () => {
  stubBrowser(() => Infinity);
  entries = new MemoryEntries();
  store = new ModelStore(entries);
  onUnetRange = () => undefined;
  host = await ModelHost.start({
    folder: FOLDER,
    intercept: async (file, { headers }) => {
      const [, begin = 0] = (/(\d+)-/.exec(headers.range ?? '') ?? []).map(Number);
      if (file === UNET) await onUnetRange(begin);
      return file;
    },
  });
  model = { kind: 'url', url: host.address };
  version.sizes = { min: MIB / 4, max: MIB / 2 };
});
afterEach(() => {
  vi.unstubAllGlobals();
  host.close();
});

/** Of the one model there is. */
const theId = async (): Promise<string> => (await store.list())[0]?.id ?? '';

/** Begins to store the model, as far as some of its records; then comes the update. */
async function begunBefore() {
  const abort = new AbortController();
  onUnetRange = async (begin) => {
    if (begin <= 3 * MIB) return;
    await vi.waitFor(async () => expect((await entries.counts())['job']).toBeGreaterThan(0), 10_000);
    abort.abort();
  };
  const adding = createLibrary(undefined, store).add(model, {}, { signal: abort.signal });
  await expect(adding).rejects.toMatchObject({ code: 'engine/cancelled' });
  onUnetRange = () => undefined;
  delete version.sizes;
  const begun = await store.import(await theId());
  if (!begun) throw new Error('nothing has begun');
  return begun;
}

/** Goes on with it. What could not be used of what had come. */
async function goOn(): Promise<readonly DamagedRecord[]> {
  const library = createLibrary(undefined, store);
  let mended: readonly DamagedRecord[] = [];
  const onProgress = (progress: LibraryProgress): void => void (mended = progress.mended ?? mended);
  expect(await library.add(model, {}, { onProgress })).toMatchObject({ state: 'ready' });
  expect((await library.verify(await theId(), {}, {})).damaged).toEqual([]);
  return mended;
}

it('an unfinished import goes on as it was laid out', async () => {
  const { journal, notes } = await begunBefore();
  const library = createLibrary(undefined, store);
  const [listed] = (await library.list()).models;
  const { missingBytes, byteLength } = await library.inspect(model);
  expect(missingBytes).toBe(byteLength - (listed?.storedBytes ?? 0));
  expect(await goOn()).toEqual([]);
  const record = await store.record(await theId());
  expect(record?.records).toEqual(journal.records);
  const brought = [...notes.values()].flatMap(({ shards }) => Object.values(shards));
  expect(brought.length).toBeGreaterThan(0);
  expect(record?.shards).toEqual(expect.arrayContaining(brought));
});

it('an unfinished import goes on with texts that only the new version reads', async () => {
  const { journal } = await begunBefore();
  const { ['scheduler/scheduler_config.json']: unread, ...texts } = journal.texts;
  await store.begin({ ...journal, texts }, []);
  expect(await goOn()).toEqual([]);
  expect((await store.record(await theId()))?.texts).toEqual({
    ...texts,
    'scheduler/scheduler_config.json': unread,
  });
});

it('an unfinished import of another format begins anew, and says so', async () => {
  const { journal } = await begunBefore();
  await store.begin({ ...journal, format: FORMAT + 1 }, []);
  const byteLength = entries.usedBytes;
  expect(await goOn()).toEqual([
    expect.objectContaining({ kind: 'import', contents: [journal.name], byteLength }),
  ]);
  expect((await store.record(await theId()))?.records.length).toBeLessThan(journal.records.length);
});

it('a finished model is used as it is', async () => {
  const { hash } = await createLibrary(undefined, store).add(model, {}, {});
  delete version.sizes;
  expect(await goOn()).toEqual([]);
  expect((await openModel(await storedCheckpoint(await theId(), store))).hash).toBe(hash);
});
