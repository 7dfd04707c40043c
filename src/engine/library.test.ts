import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ModelHost, type ModelHostOptions } from '../../scripts/soak-downloads/model-host.ts';
import type { EntryKey, KeptBytes } from '../store/entries.ts';
import { ModelStore } from '../store/model-store.ts';
import { MemoryEntries, stubBrowser } from '../store/test-browser.ts';
import type { AppError } from '../error.ts';
import { createLibrary } from './library.ts';
import type { DamagedRecord, Library, LibraryProgress, StoredModel } from './protocol/library.ts';
import type { ModelReference } from './protocol/model.ts';

const FOLDER = new URL('../../e2e/fixtures/tiny-sdxl/model/', import.meta.url).pathname;
const UNET = 'unet/diffusion_pytorch_model.safetensors';
const MIB = 2 ** 20;

// Every test imports a whole model; a busy machine takes seconds for that.
vi.setConfig({ testTimeout: 30_000 });

let available: number;
let entries: MemoryEntries;
let library: Library;
let hosts: ModelHost[];

beforeEach(() => {
  available = Infinity;
  stubBrowser(() => available);
  entries = new MemoryEntries();
  library = createLibrary(undefined, new ModelStore(entries));
  hosts = [];
});
afterEach(() => {
  vi.unstubAllGlobals();
  for (const host of hosts) host.close();
});

async function serve(intercept: NonNullable<ModelHostOptions['intercept']>) {
  const host = await ModelHost.start({ folder: FOLDER, intercept });
  hosts.push(host);
  const model: ModelReference = { kind: 'url', url: host.address };
  return { host, model };
}

const states = async () => (await library.list()).models.map(({ state }) => state);

/** A model of which all but the last range of the UNet's weights has come, or at least some other record too. */
async function interrupted(atLeast: 'parts' | 'records' = 'parts'): Promise<ModelReference> {
  const abort = new AbortController();
  const { model } = await serve(async (file, { headers }) => {
    const [, begin = 0] = (/(\d+)-/.exec(headers.range ?? '') ?? []).map(Number);
    if (file !== UNET || begin <= 3 * MIB) return file;
    if (atLeast === 'records')
      await vi.waitFor(async () => expect((await entries.counts())['job']).toBeGreaterThan(0), 10_000);
    abort.abort();
    return file;
  });
  const adding = library.add(model, {}, { signal: abort.signal });
  await expect(adding).rejects.toMatchObject({ code: 'engine/cancelled' });
  expect(await states()).toEqual(['incomplete']);
  return model;
}

describe('add, when there is little room', () => {
  it('goes on with an import whose parts are there, and keeps it when there is too little room', async () => {
    const model = await interrupted();
    const before = await entries.counts();
    const { missingBytes, neededBytes, fetchBytes } = await library.inspect(model);
    const parts = (await entries.keys()).reduce(
      (sum, key) => sum + (key[0] === 'part' ? key[4] - key[3] : 0),
      0,
    );
    expect(parts).toBeGreaterThan(2 * MIB);
    expect(neededBytes).toBe(missingBytes + Math.max(0, missingBytes - parts));
    expect(fetchBytes).toBe(missingBytes - parts);
    available = neededBytes - 1;
    await expect(library.add(model, {}, {})).rejects.toMatchObject({ code: 'store/quota' });
    expect(await entries.counts()).toEqual(before);
    available++;
    expect((await library.add(model, {}, {})).state).toBe('ready');
    expect(await library.inspect(model)).toMatchObject({ missingBytes: 0, fetchBytes: 0 });
  });

  it('takes back what it has begun when the room ends, and says what all of it needs', async () => {
    const { model } = await serve((file) => file);
    const { byteLength } = await library.inspect(model);
    entries.room = MIB;
    const failure: unknown = await library.add(model, {}, {}).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'store/quota' });
    const { neededMiB } = (failure as AppError<'store/quota'>).detail;
    expect(neededMiB).toBeGreaterThanOrEqual(Math.ceil(byteLength / MIB));
    expect(await entries.keys()).toEqual([]);
  });

  it('keeps an earlier import when the room ends, which can then be gone on with', async () => {
    const model = await interrupted();
    entries.room = entries.usedBytes + MIB;
    await expect(library.add(model, {}, {})).rejects.toMatchObject({ code: 'store/quota' });
    expect(await states()).toEqual(['incomplete']);
    entries.room = Infinity;
    expect((await library.add(model, {}, {})).state).toBe('ready');
  });
});

describe('add, after damage to what had come', () => {
  /** Changes one byte of an entry. */
  async function flip(key: EntryKey): Promise<void> {
    const value = (await entries.get(key)) as Blob | KeptBytes | { json: string; sha256: string };
    const flipped = async (blob: Blob): Promise<Blob> => {
      const bytes = new Uint8Array(await blob.arrayBuffer());
      bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
      return new Blob([bytes]);
    };
    const changed =
      value instanceof Blob
        ? await flipped(value)
        : 'bytes' in value
          ? { ...value, bytes: await flipped(value.bytes) }
          : { ...value, json: value.json.replace('e', 'E') };
    await entries.write([[key, changed]]);
  }

  const first = async (kind: EntryKey[0]): Promise<EntryKey> => {
    const key = (await entries.keys()).find(([found]) => found === kind);
    if (!key) throw new Error(`there is no ${kind}`);
    return key;
  };

  /** Goes on with the import in another visit. What it had to fetch again. */
  async function goOn(model: ModelReference): Promise<readonly DamagedRecord[]> {
    const next = createLibrary(undefined, new ModelStore(entries));
    expect((await next.list()).models).toMatchObject([{ state: 'incomplete' }]);
    let mended: readonly DamagedRecord[] = [];
    const onProgress = (progress: LibraryProgress): void => void (mended = progress.mended ?? mended);
    const { id, state } = await next.add(model, {}, { onProgress });
    expect(state).toBe('ready');
    expect((await next.verify(id, {}, {})).damaged).toEqual([]);
    return mended;
  }

  it.each(['journal', 'journal-copy'] as const)('loses nothing with one %s, and names it', async (kind) => {
    const model = await interrupted();
    const { storedBytes } = (await library.list()).models[0] as StoredModel;
    await flip(await first(kind));
    expect((await library.list()).models[0]?.storedBytes).toBe(storedBytes);
    expect(await goOn(model)).toEqual([
      expect.objectContaining({ kind: 'description', contents: [kind], problem: 'changed', repaired: true }),
    ]);
  });

  it('names the records of a damaged note, a damaged part and a damaged text, and fetches these again', async () => {
    const model = await interrupted('records');
    const store = new ModelStore(entries);
    const [{ id } = { id: '' }] = await store.list();
    const text = (await store.import(id))?.journal.texts['model_index.json'];
    await flip(await first('job'));
    await flip(['shard', text?.sha256 ?? '']);
    const parts = (await entries.keys()).filter(([kind]) => kind === 'part');
    for (const key of parts) await flip(key);
    const mended = await goOn(model);
    const ofKind = (wanted: DamagedRecord['kind']) => mended.filter(({ kind }) => kind === wanted);
    expect(ofKind('weights')).toHaveLength(1);
    expect(ofKind('weights')[0]?.contents.length).toBeGreaterThan(0);
    expect(ofKind('text').map(({ contents }) => contents)).toEqual([['model_index.json']]);
    expect(ofKind('part').length).toBeGreaterThan(0);
    expect(ofKind('part')[0]?.contents[0]).toMatch(/^http:/);
  });
});

describe('add, under two names', () => {
  const UNDER = (id: string) => ({ id, source: id });

  it('fetches a source once, by whichever of two tabs is first, and both have it', async () => {
    const ranges: string[] = [];
    const { model } = await serve((file, { headers }) => {
      if (file === UNET) ranges.push(headers.range ?? '');
      return file;
    });
    const other = createLibrary(undefined, new ModelStore(entries));
    const both = await Promise.all([library.add(model, UNDER('a'), {}), other.add(model, UNDER('b'), {})]);
    expect(both.map(({ id, source, state }) => [id, source, state])).toEqual([
      ['a', 'a', 'ready'],
      ['b', 'b', 'ready'],
    ]);
    expect(ranges.length).toBeGreaterThan(1);
    expect(new Set(ranges).size).toBe(ranges.length);
    expect((await library.verify('b', {}, {})).damaged).toEqual([]);
  });

  it('fetches it again where what is stored is damaged', async () => {
    const { model } = await serve((file) => file);
    await library.add(model, UNDER('a'), {});
    const shard = (await entries.keys()).find(([kind]) => kind === 'shard');
    if (shard) await entries.write([[shard, new Blob(['?'])]]);
    await library.add(model, UNDER('b'), {});
    expect((await library.verify('b', {}, {})).damaged).toEqual([]);
    expect((await library.verify('a', {}, {})).damaged).toEqual([]);
  });
});

describe('add, on a host without ranges', () => {
  /** A model whose import has begun. */
  async function begun() {
    const served = await serve((file, { headers }) => {
      delete headers.range;
      return file;
    });
    const abort = new AbortController();
    const onProgress = ({ doneBytes }: LibraryProgress) => doneBytes > 0 && abort.abort();
    const adding = library.add(served.model, {}, { signal: abort.signal, onProgress });
    await expect(adding).rejects.toMatchObject({ code: 'engine/cancelled' });
    expect(await states()).toEqual(['incomplete']);
    return served;
  }

  it('leaves nothing of an import whose files have changed', async () => {
    const { host, model } = await begun();
    host.version = '2';
    await expect(library.add(model, {}, {})).rejects.toMatchObject({ code: 'weights/changed' });
    expect(await entries.keys()).toEqual([]);
    expect((await library.add(model, {}, {})).state).toBe('ready');
  });

  it('leaves nothing of an import whose files are not the published ones', async () => {
    const { model } = await begun();
    const adding = library.add(model, { sha256: { [UNET]: '0'.repeat(64) } }, {});
    await expect(adding).rejects.toMatchObject({ code: 'weights/checksum' });
    expect(await entries.keys()).toEqual([]);
  });
});

describe('inspect, on a host without ranges', () => {
  it('fetches no more than the beginnings of weight files', async () => {
    const { model } = await serve((file, { headers }, response) => {
      delete headers.range;
      if (file !== UNET) return file;
      // The rest would never come.
      const bytes = readFileSync(FOLDER + file);
      response.writeHead(200, { 'Content-Length': bytes.length }).write(bytes.subarray(0, MIB));
      return undefined;
    });
    const { byteLength, missingBytes } = await library.inspect(model);
    expect(byteLength).toBeGreaterThan(3 * MIB);
    expect(missingBytes).toBe(byteLength);
  });
});
