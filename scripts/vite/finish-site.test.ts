import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { finishSite } from './finish-site.ts';

const MAX_BYTES = 1000;
let dist = '';

function write(file: string, content: string | Uint8Array): void {
  mkdirSync(path.dirname(path.join(dist, file)), { recursive: true });
  writeFileSync(path.join(dist, file), content);
}

function read(file: string): string {
  return readFileSync(path.join(dist, file), 'utf8');
}

const CATALOG = JSON.stringify({
  default: 'emoji',
  models: [
    { id: 'emoji', url: 'emoji/' },
    { id: 'named', url: 'emoji/', version: '3' },
    { id: 'far', url: 'https://models.example/far/' },
  ],
});
const digest = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 16);

beforeEach(() => {
  dist = mkdtempSync(path.join(os.tmpdir(), 'emulsion-finish-'));
  write('service-worker.js', 'keep(self.EMULSION_SHELL)');
  write('index.html', '<p>');
});
afterEach(() => rmSync(dist, { recursive: true }));

it('tells the service worker what a page loads, models and paperwork aside', () => {
  for (const file of [
    ...['LICENSE', 'NOTICE.md', '_headers', '.fingerprint'],
    ...['assets/app-12345678.js', 'assets/ort-12345678.wasm', 'icon.svg'],
    ...['models/emoji/model_index.json', 'models/emoji/unet/model.safetensors'],
  ]) {
    write(file, file);
  }
  write('models/catalog.json', CATALOG);
  finishSite(dist);
  const list = /^keep\((.*)\)$/.exec(read('service-worker.js'))?.[1] ?? '';
  expect(JSON.parse(list)).toEqual([
    { url: 'assets/app-12345678.js', revision: null },
    { url: 'assets/ort-12345678.wasm', revision: null },
    { url: 'icon.svg', revision: digest('icon.svg') },
    { url: 'index.html', revision: digest('<p>') },
    { url: 'models/catalog.json', revision: digest(read('models/catalog.json')) },
  ]);
});

it('gives the models that come with the site a version, which changes when a file of theirs does', () => {
  write('models/emoji/unet/model.safetensors', 'a');
  write('models/catalog.json', CATALOG);
  const versions = (): unknown[] => {
    finishSite(dist);
    write('service-worker.js', 'keep(self.EMULSION_SHELL)');
    const { models } = JSON.parse(read('models/catalog.json')) as { models: { version?: string }[] };
    return models.map(({ version }) => version);
  };
  const [first, ...others] = versions();
  expect(first).toMatch(/^[0-9a-f]{16}$/);
  expect(others).toEqual(['3', undefined]);
  write('models/catalog.json', CATALOG);
  expect(versions()[0]).toBe(first);
  write('models/emoji/unet/model.safetensors', 'b');
  write('models/catalog.json', CATALOG);
  expect(versions()[0]).not.toBe(first);
});

it('splits weights and fails on any other file that some hosts refuse', () => {
  const header =
    '{"a":{"dtype":"U8","shape":[600],"data_offsets":[0,600]},"b":{"dtype":"U8","shape":[600],"data_offsets":[600,1200]}}';
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  write('models/m/unet/model.safetensors', Buffer.concat([length, Buffer.from(header), Buffer.alloc(1200)]));
  write('assets/fits.wasm', 'x'.repeat(MAX_BYTES));
  finishSite(dist, MAX_BYTES);
  expect(readdirSync(path.join(dist, 'models/m/unet')).sort()).toEqual([
    'model-00001-of-00002.safetensors',
    'model-00002-of-00002.safetensors',
    'model.safetensors.index.json',
  ]);

  write('service-worker.js', 'keep(self.EMULSION_SHELL)');
  write('assets/large.wasm', 'x'.repeat(MAX_BYTES + 1));
  expect(() => finishSite(dist, MAX_BYTES)).toThrow('assets/large.wasm');
});

it.each(['keep()', 'keep(self.EMULSION_SHELL, self.EMULSION_SHELL)'])(
  'fails when the service worker does not take the list: %s',
  (script) => {
    write('service-worker.js', script);
    expect(() => finishSite(dist)).toThrow('service-worker.js');
  },
);
