/** @file A model put together from several places, in the store: beside its base, repaired from where all of it came from. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ModelHost } from '../../scripts/soak-downloads/model-host.ts';
import { ModelStore } from '../store/model-store.ts';
import { MemoryEntries, stubBrowser } from '../store/test-browser.ts';
import { createLibrary } from './library.ts';
import { withFiles } from './model-source.ts';
import type { Library } from './protocol/library.ts';
import type { ModelReference } from './protocol/model.ts';

const FOLDER = new URL('../../e2e/fixtures/tiny-sdxl/model/', import.meta.url).pathname;

/** Every component, and `''` for texts. */
const ALL = new Set(['unet', 'vae', 'tiny_vae', 'text_encoder', 'text_encoder_2', '']);

// Most of it is what the first import of the engine takes.
vi.setConfig({ testTimeout: 30_000 });

let entries: MemoryEntries;
let library: Library;
let hosts: ModelHost[];

beforeEach(async () => {
  stubBrowser(() => Infinity);
  entries = new MemoryEntries();
  library = createLibrary(undefined, new ModelStore(entries));
  hosts = [await ModelHost.start({ folder: FOLDER }), await ModelHost.start({ folder: FOLDER })];
});
afterEach(() => {
  vi.unstubAllGlobals();
  for (const host of hosts) host.close();
});

const at = (host: number, folder = ''): ModelReference => ({
  kind: 'url',
  url: `${hosts[host]?.address}${folder}`,
});

/** The model's files as a drop gives them. */
function dropped(): File[] {
  const files = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter((name) =>
    statSync(path.join(FOLDER, name)).isFile(),
  );
  return files.map(
    (name) => new File([readFileSync(path.join(FOLDER, name))], `tiny/${name}`, { lastModified: 1 }),
  );
}

/** Changes every record. */
async function damage(): Promise<void> {
  for (const key of await entries.keys()) {
    if (key[0] !== 'shard') continue;
    const { size } = (await entries.get(key)) as Blob;
    await entries.write([[key, new Blob([new Uint8Array(size)])]]);
  }
}

/** The components of which records were damaged, all of which are repaired. */
async function repair(id: string, source?: ModelReference): Promise<Set<string>> {
  const { damaged } = await library.verify(id, { repair: true, ...(source && { source }) }, {});
  expect(damaged.filter(({ repaired }) => !repaired)).toEqual([]);
  return new Set(damaged.map(({ component }) => component));
}

describe('a composition', () => {
  it('is stored beside its base, and repaired from where all of it came from', async () => {
    await library.add(at(0), {}, {});
    const composed: ModelReference = { kind: 'composed', base: at(0), parts: { vae: at(1, 'vae/') } };
    const id = 'model+vae=vae';
    expect(await library.inspect(composed)).toMatchObject({ id, name: id });
    const stored = await library.add(composed, {}, {});
    expect(stored).toMatchObject({ id, name: id, state: 'ready', reference: composed });
    expect(stored.source).toBe(`${hosts[0]?.address} + vae: ${hosts[1]?.address}vae/`);
    expect((await library.list()).models.map((model) => model.id)).toEqual(['model', id]);
    // The same again is no other model.
    expect(await library.add(composed, {}, {})).toEqual(stored);

    await damage();
    expect(await repair(id)).toEqual(ALL);
  });

  it('on a base from disk keeps its parts, and is repaired when the files are given again', async () => {
    const parts = { vae: at(1) };
    const base: ModelReference = { kind: 'files', files: dropped() };
    const { id, reference } = await library.add({ kind: 'composed', base, parts }, {}, {});
    expect(id).toBe('tiny+vae=model');
    expect(reference).toEqual({ kind: 'composed', base: { kind: 'files', files: [] }, parts });
    await damage();
    await expect(repair(id)).rejects.toMatchObject({ code: 'store/source-needed' });
    const again = withFiles(reference, dropped());
    expect(await repair(id, again)).toEqual(ALL);
    expect(await library.add(again, {}, {})).toMatchObject({ id, state: 'ready' });
  });
});

it('tells every address that a model comes from, those that a manifest names among them', async () => {
  const components = { unet: 'https://models.example/u.safetensors', vae: 'vae' };
  const manifest = new File([JSON.stringify({ components })], 'tiny/emulsion.json');
  const base: ModelReference = { kind: 'files', files: [manifest] };
  const elsewhere: ModelReference = { kind: 'url', url: 'https://models.example/v/' };
  expect(await library.addresses({ kind: 'composed', base, parts: { vae: elsewhere } })).toEqual([
    'https://models.example/u.safetensors',
    'https://models.example/v/',
  ]);
  expect(await library.addresses({ kind: 'composed', base, parts: { unet: elsewhere } })).toEqual([
    'https://models.example/v/',
  ]);
  expect(await library.addresses({ kind: 'stored', id: 'any' })).toEqual([]);
});
