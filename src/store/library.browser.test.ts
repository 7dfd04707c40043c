/** @file The library on a real IndexedDB, with the tiny model of the fixtures. */
import { clear, createStore, type UseStore } from 'idb-keyval';
import { beforeEach, describe, expect, it } from 'vitest';
import { createLibrary } from '../engine/library.ts';
import { openModel } from '../engine/model.ts';
import { openCheckpoint } from '../engine/open-checkpoint.ts';
import type { DamagedRecord, Library, LibraryProgress, StoredModel } from '../engine/protocol/library.ts';
import type { ModelReference } from '../engine/protocol/model.ts';
import { entriesOf, type EntryKey, type KeptBytes } from './entries.ts';
import { ModelStore } from './model-store.ts';
import { storedCheckpoint } from './stored-checkpoint.ts';

const FOLDER = new URL('/e2e/fixtures/tiny-sdxl/model/', location.href).href;
const MODEL: ModelReference = { kind: 'url', url: FOLDER };
const COMPONENTS = ['unet', 'vae', 'text_encoder', 'text_encoder_2', 'tiny_vae'];

const database = createStore('emulsion-library-test', 'entries');
const entries = entriesOf(database);
const store = new ModelStore(entries);
const library = createLibrary(undefined, store);

beforeEach(() => clear(database));

const add = (id = 'tiny', model = MODEL) => library.add(model, { id }, {});
const state = async () => (await store.list()).map((model) => [model.id, model.state]);
const shards = async () => (await entries.keys()).filter(([kind]) => kind === 'shard').length;

/** Every tensor of a checkpoint, by component and name. */
async function tensors(checkpoint: Awaited<ReturnType<typeof openCheckpoint>>) {
  const all = new Map<string, Uint16Array>();
  for (const component of COMPONENTS) {
    const set = await checkpoint.weights(component);
    const requests = (set?.names() ?? []).map((name) => ({ name, shape: set?.shape(name) ?? [] }));
    const values = (await set?.read(requests)) ?? [];
    requests.forEach(({ name }, i) => all.set(`${component} ${name}`, values[i] ?? new Uint16Array()));
  }
  return new Map([...all].sort(([a], [b]) => (a < b ? -1 : 1)));
}

describe('add', () => {
  it('stores every tensor and text of a model, which then opens without the network', async () => {
    const heard: LibraryProgress[] = [];
    const model = await library.add(
      MODEL,
      { id: 'tiny', version: '7' },
      { onProgress: (p) => heard.push(p) },
    );
    expect(model).toMatchObject({
      id: 'tiny',
      state: 'ready',
      source: FOLDER,
      reference: MODEL,
      version: '7',
    });
    expect(model.storedBytes).toBe(model.byteLength);
    expect(model.ownBytes).toBe(model.byteLength);
    expect(heard.at(-1)).toMatchObject({ doneBytes: model.byteLength, totalBytes: model.byteLength });

    const online = globalThis.fetch;
    const source = await openCheckpoint(MODEL);
    const expected = await tensors(source);
    const index = await source.text('model_index.json');
    globalThis.fetch = () => Promise.reject(new Error('the network is off'));
    try {
      const stored = await storedCheckpoint('tiny', store);
      expect((await openModel(stored)).hash).toBe(model.hash);
      expect(await stored.text('model_index.json')).toBe(index);
      const actual = await tensors(stored);
      expect([...actual.keys()]).toEqual([...expected.keys()]);
      for (const [name, values] of expected) expect(same(actual.get(name), values), name).toBe(true);
    } finally {
      globalThis.fetch = online;
    }
  });

  it('fetches nothing for a model that is there, and keeps another from taking its name', async () => {
    await add();
    const { inspected, again } = { inspected: await library.inspect(MODEL), again: await add() };
    expect(again.state).toBe('ready');
    expect(inspected.byteLength).toBe(again.byteLength);
    const other: ModelReference = { kind: 'url', url: `${FOLDER}?other` };
    await expect(add('tiny', other)).rejects.toMatchObject({ code: 'store/exists' });
  });

  it('stores equal records once and frees only what nothing else needs', async () => {
    const first = await add('first');
    const count = await shards();
    await add('second');
    expect(await shards()).toBe(count);
    expect((await store.list()).map(({ ownBytes }) => ownBytes)).toEqual([0, 0]);
    expect(await library.remove('first')).toBe(0);
    expect((await library.verify('second', {}, {})).damaged).toEqual([]);
    expect(await library.remove('second')).toBe(first.byteLength);
    expect(await entries.keys()).toEqual([]);
  });

  it('can be paused after any record and goes on with the others', async () => {
    const whole = await add();
    await library.remove('tiny');
    const stored = new Set<number>();
    let model: StoredModel | undefined;
    for (let attempts = 0; !model && attempts < 20; attempts++) {
      const abort = new AbortController();
      const before = (await store.list())[0]?.storedBytes ?? 0;
      model = await library
        .add(
          MODEL,
          { id: 'tiny' },
          {
            signal: abort.signal,
            onProgress: () =>
              void store.list().then(([found]) => {
                if ((found?.storedBytes ?? 0) > before) abort.abort();
              }),
          },
        )
        .catch((error: unknown) => {
          expect(error).toMatchObject({ code: 'engine/cancelled' });
          return undefined;
        });
      const [listed] = await store.list();
      stored.add(listed?.storedBytes ?? 0);
      expect(listed?.storedBytes ?? 0).toBeGreaterThanOrEqual(before);
    }
    expect(model).toMatchObject({ state: 'ready', storedBytes: whole.byteLength, hash: whole.hash });
    expect((await library.verify('tiny', {}, {})).damaged).toEqual([]);
  });

  it('reports what rounding changed in the whole model, however often it was paused', async () => {
    const files = await singleFile();
    const model: ModelReference = { kind: 'files', files: await Promise.all(files.map(asFloat16)) };
    const { rounding } = await library.add(model, { id: 'once' }, {});
    expect(rounding?.relativeL2).toBeGreaterThan(0);
    expect(rounding?.tensors).toBeGreaterThan(900);
    await library.remove('once');

    const abort = new AbortController();
    const onProgress = ({ doneBytes }: LibraryProgress) => doneBytes > 2_000_000 && abort.abort();
    const paused = library.add(model, { id: 'twice' }, { signal: abort.signal, onProgress });
    await expect(paused).rejects.toMatchObject({ code: 'engine/cancelled' });
    // However far it came: some is read before the resume and some after.
    const notes = (await entries.keys()).filter(([kind]) => kind === 'job');
    expect(notes.length).toBeGreaterThan(0);
    await entries.write([], notes.slice(1));
    expect((await library.add(model, { id: 'twice' }, {})).rounding).toEqual(rounding);
  });

  it('is done once when two ask for it, and both see it', async () => {
    const heard: LibraryProgress[] = [];
    const other = createLibrary(undefined, store);
    const both = await Promise.all([
      add(),
      other.add(MODEL, { id: 'tiny' }, { onProgress: (progress) => heard.push(progress) }),
    ]);
    expect(both[0]).toEqual(both[1]);
    expect(heard.length).toBeGreaterThan(0);
    expect(heard.every(({ elsewhere }) => elsewhere)).toBe(true);
  });

  it('is done once for two names of a source, and whoever waits sees how far it is', async () => {
    const heard: LibraryProgress[] = [];
    const other = createLibrary(undefined, store);
    await other.list();
    let second: Promise<StoredModel> | undefined;
    const onProgress = () => {
      second ??= other.add(MODEL, { id: 'second' }, { onProgress: (progress) => heard.push(progress) });
    };
    const { hash, byteLength } = await library.add(MODEL, { id: 'first' }, { onProgress });
    expect(await second).toMatchObject({ id: 'second', state: 'ready', hash });
    expect(heard.every(({ id }) => id === 'second')).toBe(true);
    const own = heard.findIndex(({ elsewhere }) => !elsewhere);
    expect(heard.slice(0, own).at(-1)?.totalBytes).toBe(byteLength);
    // From then on, nobody else has anything to say of it.
    expect(heard.slice(own).every(({ elsewhere }) => !elsewhere)).toBe(true);
    expect(heard.at(-1)).toMatchObject({ doneBytes: byteLength, totalBytes: byteLength });
  });
});

describe('a refused quota', () => {
  /** A store whose put number `n` is refused as a full disk refuses it, and the kind of every entry that was put. */
  function refusing(n: number): { full: Library; kinds: readonly string[] } {
    const kinds: string[] = [];
    const put = (real: IDBObjectStore, value: unknown, key: IDBValidKey) => {
      const [kind] = key as unknown as EntryKey;
      if (kinds.push(kind) !== n) return real.put(value, key);
      real.transaction.abort();
      throw new DOMException('The quota has been exceeded.', 'QuotaExceededError');
    };
    const guard = (real: IDBObjectStore): IDBObjectStore =>
      new Proxy(real, {
        get(_, name) {
          if (name === 'put') return (value: unknown, key: IDBValidKey) => put(real, value, key);
          const found: unknown = Reflect.get(real, name);
          return typeof found === 'function' ? (found as () => unknown).bind(real) : found;
        },
      });
    const use: UseStore = (mode, callback) => database(mode, (real) => callback(guard(real)));
    return { full: createLibrary(undefined, new ModelStore(entriesOf(use))), kinds };
  }

  for (const [where, isStruck, tags] of [
    ['at the first and the last entry of every kind', isOutermost, []],
    ['wherever it strikes', () => true, ['slow']],
  ] as const)
    it(`leaves nothing behind ${where}, and the model can still be used`, { tags: [...tags] }, async () => {
      const honest = refusing(0);
      const model = await honest.full.add(MODEL, { id: 'q' }, {});
      expect(honest.kinds.length).toBeGreaterThan(10);
      await library.remove('q');
      for (const [i, kind] of honest.kinds.entries()) {
        if (!isStruck(honest.kinds, i)) continue;
        const put = `put ${i + 1}, of a ${kind}`;
        await expect(refusing(i + 1).full.add(MODEL, { id: 'q' }, {}), put).rejects.toMatchObject({
          code: 'store/quota',
        });
        expect(await entries.keys(), put).toEqual([]);
      }
      expect((await openModel(await openCheckpoint(MODEL))).hash).toBe(model.hash);
    });

  function isOutermost(kinds: readonly string[], i: number): boolean {
    const kind = kinds[i] ?? '';
    return i === kinds.indexOf(kind) || i === kinds.lastIndexOf(kind);
  }
});

describe('verify', () => {
  /** Changes one byte of an entry. */
  async function flip(key: EntryKey): Promise<void> {
    const value = await entries.get(key);
    if (value instanceof Blob) await entries.write([[key, await flipped(value)]]);
    else if (key[0] === 'part') {
      const kept = value as KeptBytes;
      await entries.write([[key, { ...kept, bytes: await flipped(kept.bytes) }]]);
    } else if (key[0] === 'job') {
      const { json, sha256 } = value as { json: string; sha256: string };
      await entries.write([[key, { json: json.replace('"byteLength":', '"byteLength":1'), sha256 }]]);
    } else {
      const { json, sha256 } = value as { json: string; sha256: string };
      await entries.write([[key, { json: json.replace('"format":1', '"format":2'), sha256 }]]);
    }
  }

  async function flipped(blob: Blob): Promise<Blob> {
    const bytes = new Uint8Array(await blob.arrayBuffer());
    const middle = bytes.length >> 1;
    bytes[middle] = (bytes[middle] ?? 0) ^ 1;
    return new Blob([bytes]);
  }

  /** What is asked for while something is done: the files of the model and their ranges. */
  async function asked(
    work: () => Promise<unknown>,
  ): Promise<[file: string, begin: number, bytes: number][]> {
    const requests: [string, number, number][] = [];
    const online = globalThis.fetch;
    globalThis.fetch = (input, init) => {
      const [, begin = 0, last = NaN] =
        /(\d+)-(\d+)/.exec(new Headers(init?.headers).get('range') ?? '') ?? [];
      const { href } = input as URL;
      if (href.startsWith(FOLDER))
        requests.push([href.slice(FOLDER.length), Number(begin), Number(last) + 1 - Number(begin)]);
      return online(input, init);
    };
    try {
      await work();
    } finally {
      globalThis.fetch = online;
    }
    return requests;
  }

  it('finds, names and mends one changed byte in any record, fetching nothing else', async () => {
    await add();
    const record = await store.record('tiny');
    const weights = record?.shards.map(({ sha256 }, i) => ({
      key: ['shard', sha256] as const,
      damage: { kind: 'weights', component: record.records[i]?.component },
    }));
    const texts = Object.entries(record?.texts ?? {}).map(([path, { sha256 }]) => ({
      key: ['shard', sha256] as const,
      damage: { kind: 'text', contents: expect.arrayContaining([path]) as unknown },
    }));
    const descriptions = (['model', 'copy'] as const).map((name) => ({
      key: [name, 'tiny'] as const,
      damage: { kind: 'description', contents: [name] },
    }));
    for (const { key, damage } of [...(weights ?? []), ...texts, ...descriptions]) {
      await flip(key);
      const { damaged } = await library.verify('tiny', {}, {});
      expect(damaged).toHaveLength(1);
      expect(damaged[0]).toMatchObject({ ...damage, problem: 'changed', repaired: false });
      const requests = await asked(async () => {
        const repaired = await library.verify('tiny', { repair: true }, {});
        expect(repaired.damaged).toMatchObject([{ ...damage, problem: 'changed', repaired: true }]);
      });
      const { kind, byteLength, component } = damaged[0] as DamagedRecord;
      // The weights of a component begin with a header, which opening it fetches.
      const weights = requests.filter(([file]) => file.endsWith('.safetensors'));
      const contents = weights.filter(([, begin]) => begin > 0);
      if (kind === 'description') expect(requests).toEqual([]);
      if (kind === 'text') expect(weights).toEqual([]);
      if (kind === 'weights') expect(weights.every(([file]) => file.startsWith(`${component}/`))).toBe(true);
      // The model's float32 values have twice the bytes of a record's.
      expect(contents.reduce((sum, [, , bytes]) => sum + bytes, 0)).toBeLessThanOrEqual(2 * byteLength);
      expect((await library.verify('tiny', {}, {})).damaged).toEqual([]);
    }
  });

  it('forgets an import whose journal is damaged, and so is its copy', async () => {
    const abort = new AbortController();
    const paused = library.add(
      MODEL,
      { id: 'tiny' },
      { signal: abort.signal, onProgress: ({ doneBytes }) => doneBytes > 2_000_000 && abort.abort() },
    );
    await expect(paused).rejects.toMatchObject({ code: 'engine/cancelled' });
    expect(await state()).toEqual([['tiny', 'incomplete']]);
    await flip(['journal', 'tiny']);
    await flip(['journal-copy', 'tiny']);
    const next = createLibrary(undefined, store);
    expect((await next.list()).models).toEqual([]);
    expect(await entries.keys()).toEqual([]);
    expect((await next.add(MODEL, { id: 'tiny' }, {})).state).toBe('ready');
  });

  it.each(['part', 'job'] as const)('believes no damaged %s of an unfinished import', async (kind) => {
    await add();
    const whole = (await store.record('tiny'))?.shards;
    await library.remove('tiny');
    const abort = new AbortController();
    const onProgress = ({ doneBytes }: LibraryProgress) => doneBytes > 2_000_000 && abort.abort();
    const paused = library.add(MODEL, { id: 'tiny' }, { signal: abort.signal, onProgress });
    await expect(paused).rejects.toMatchObject({ code: 'engine/cancelled' });
    const keys = (await entries.keys()).filter(([found]) => found === kind);
    expect(keys.length).toBeGreaterThan(0);
    for (const key of keys) await flip(key);
    expect((await add()).state).toBe('ready');
    expect((await store.record('tiny'))?.shards).toEqual(whole);
    expect((await library.verify('tiny', {}, {})).damaged).toEqual([]);
  });

  it('notices a record that has gone, when listing and when reading', async () => {
    await add();
    const record = await store.record('tiny');
    const first = record?.shards[0];
    await entries.write([], [['shard', first?.sha256 ?? '']]);
    expect(await state()).toEqual([['tiny', 'damaged']]);
    const component = record?.records[0]?.component ?? '';
    const set = await (await storedCheckpoint('tiny', store)).weights(component);
    const name = record?.records[0]?.slices[0]?.tensor ?? '';
    await expect(set?.read([{ name, shape: set.shape(name) }])).rejects.toMatchObject({
      code: 'store/damaged',
    });
    const { damaged } = await library.verify('tiny', { repair: true }, {});
    expect(damaged).toMatchObject([{ kind: 'weights', component, problem: 'missing', repaired: true }]);
  });

  it('asks for files that only the user has', async () => {
    const dropped: ModelReference = { kind: 'files', files: await singleFile() };
    const model = await library.add(dropped, {}, {});
    expect(model.reference).toBeUndefined();
    const record = await store.record(model.id);
    await flip(['shard', record?.shards[0]?.sha256 ?? '']);
    await expect(library.verify(model.id, { repair: true }, {})).rejects.toMatchObject({
      code: 'store/source-needed',
    });
    const { damaged } = await library.verify(model.id, { repair: true, source: dropped }, {});
    expect(damaged).toMatchObject([{ kind: 'weights', repaired: true }]);
  });
});

/** The tiny model as one file, and the config that it cannot carry. */
function singleFile(): Promise<File[]> {
  return Promise.all(
    ['single_file_ldm.bf16.safetensors', 'single_file_ldm.bf16.emulsion.json'].map(async (name) => {
      const response = await fetch(new URL(`/e2e/fixtures/tiny-sdxl/${name}`, location.href));
      return new File([await response.blob()], name, { lastModified: 5 });
    }),
  );
}

/** A weight file whose bits are taken for float16: other values, most of which rounding changes. */
async function asFloat16(file: File): Promise<File> {
  if (!file.name.endsWith('.safetensors')) return file;
  const bytes = new Uint8Array(await file.arrayBuffer());
  const headerEnd = 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true));
  const header = new TextDecoder().decode(bytes.subarray(8, headerEnd));
  bytes.set(new TextEncoder().encode(header.replaceAll('"BF16"', '"F16" ')), 8);
  return new File([bytes], file.name, { lastModified: file.lastModified });
}

function same(a: Uint16Array | undefined, b: Uint16Array): boolean {
  return a?.length === b.length && a.every((value, i) => value === b[i]);
}
