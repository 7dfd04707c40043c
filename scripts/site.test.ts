import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import type { IncomingHttpHeaders, Server } from 'node:http';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSite, listen, locateFile, parseRange, SITE_HEADERS } from './site.ts';

let folder = '';
let site: Server;
let port = 0;
const posted = new Map<string, string>();

beforeAll(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'emulsion-site-'));
  for (const name of ['dist/assets', 'model/unet']) mkdirSync(path.join(folder, name), { recursive: true });
  writeFileSync(path.join(folder, 'secret.txt'), 'secret');
  writeFileSync(path.join(folder, 'dist/index.html'), '<p>home');
  writeFileSync(path.join(folder, 'dist/empty.txt'), '');
  writeFileSync(path.join(folder, 'dist/assets/app.wasm'), 'wasm');
  writeFileSync(path.join(folder, 'model/unet/with space.safetensors'), '0123456789');
  symlinkSync(
    path.join(folder, 'model/unet/with space.safetensors'),
    path.join(folder, 'model/link.safetensors'),
  );
  site = createSite({
    folders: { '/': path.join(folder, 'dist'), '/local-model/模型/': path.join(folder, 'model') },
    post: (pathname, body) => posted.set(pathname, body.toString()),
  });
  port = await listen(site, 0);
});

afterAll(() => {
  site.close();
  rmSync(folder, { recursive: true });
});

interface Answer {
  status: number | undefined;
  headers: IncomingHttpHeaders;
  body: string;
}

/** Sends the path as it is; `fetch` would tidy it up first. */
function ask(
  address: string,
  options: { method?: string; headers?: Record<string, string>; body?: string } = {},
) {
  return new Promise<Answer>((resolve, reject) => {
    const { body: content, ...rest } = options;
    const outgoing = request({ host: '127.0.0.1', port, path: address, ...rest }, (response) => {
      let body = '';
      response.on('data', (part: Buffer) => (body += part.toString()));
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body }));
    });
    outgoing.on('error', reject);
    outgoing.end(content);
  });
}

const MODEL = `/local-model/${encodeURIComponent('模型')}`;

describe('the site', () => {
  it('serves files with their types and the isolation headers', async () => {
    const home = await ask('/?headless');
    expect(home).toMatchObject({ status: 200, body: '<p>home' });
    expect(home.headers['content-type']).toBe('text/html; charset=utf-8');
    for (const [name, value] of Object.entries(SITE_HEADERS))
      expect(home.headers[name.toLowerCase()]).toBe(value);
    const wasm = await ask('/assets/app.wasm');
    expect(wasm.headers).toMatchObject({ 'content-type': 'application/wasm', 'content-length': '4' });
  });

  it('lets the browser keep hashed assets but not models', async () => {
    expect((await ask('/assets/app.wasm')).headers['cache-control']).toMatch(/immutable/);
    expect((await ask(`${MODEL}/link.safetensors`)).headers['cache-control']).toBe('no-store');
  });

  it('has on static hosts its page and its service worker asked for again, and keeps hashed assets', () => {
    const text = readFileSync(new URL('../public/_headers', import.meta.url), 'utf8');
    const rules = new Map(
      text
        .split(/\n(?=\/)/)
        .map((rule) => [rule.split('\n', 1)[0] ?? '', /Cache-Control: (.*)/.exec(rule)?.[1]]),
    );
    for (const place of ['/', '/index.html', '/service-worker.js']) expect(rules.get(place)).toBe('no-cache');
    expect(rules.get('/assets/*')).toMatch(/immutable/);
  });

  it('serves another folder, ranges included, through links and odd names', async () => {
    const file = `${MODEL}/unet/with%20space.safetensors`;
    expect(await ask(file)).toMatchObject({ status: 200, body: '0123456789' });
    const part = await ask(file, { headers: { range: 'bytes=2-4' } });
    expect(part).toMatchObject({ status: 206, body: '234' });
    expect(part.headers).toMatchObject({ 'content-range': 'bytes 2-4/10', 'content-length': '3' });
    expect(await ask(`${MODEL}/link.safetensors`, { headers: { range: 'bytes=-3' } })).toMatchObject({
      status: 206,
      body: '789',
    });
    const outside = await ask(file, { headers: { range: 'bytes=10-' } });
    expect(outside).toMatchObject({ status: 416, body: '' });
    expect(outside.headers['content-range']).toBe('bytes */10');
  });

  it('sends the whole file where the range was meant for another version of it', async () => {
    const file = `${MODEL}/unet/with%20space.safetensors`;
    const version = (await ask(file)).headers.etag ?? '';
    const range = 'bytes=2-4';
    expect(await ask(file, { headers: { range, 'if-range': version } })).toMatchObject({ status: 206 });
    expect(await ask(file, { headers: { range, 'if-range': '"another"' } })).toMatchObject({
      status: 200,
      body: '0123456789',
    });
  });

  it('answers HEAD with the size and no body', async () => {
    const head = await ask('/assets/app.wasm', { method: 'HEAD' });
    expect(head).toMatchObject({ status: 200, body: '' });
    expect(head.headers['content-length']).toBe('4');
  });

  it('serves an empty file', async () => {
    expect(await ask('/empty.txt')).toMatchObject({ status: 200, body: '' });
  });

  it.each(['/missing.js', '/assets', '/assets/', `${MODEL}/unet`, '/local-model/other/x'])(
    'answers 404 for %s',
    async (address) => {
      expect((await ask(address)).status).toBe(404);
    },
  );

  it.each([
    '/../secret.txt',
    '/assets/../../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/..%5csecret.txt',
    `${MODEL}/../../secret.txt`,
    '//../secret.txt',
  ])('does not leave its folders: %s', async (address) => {
    expect((await ask(address)).status).toBe(404);
  });

  it('refuses what it does not do', async () => {
    expect((await ask('/', { method: 'PUT' })).status).toBe(405);
    expect((await ask('/%zz')).status).toBe(400);
  });

  it('compresses what hosts compress, where that is wanted and the browser takes it', async () => {
    const text = 'function f() { return 1; }\n'.repeat(100);
    writeFileSync(path.join(folder, 'dist/app.js'), text);
    const compressing = createSite({ folders: { '/': path.join(folder, 'dist') }, compress: true });
    const address = `http://127.0.0.1:${await listen(compressing, 0)}`;
    const lengths = async (name: string, headers: Record<string, string>) => {
      const answer = await fetch(`${address}/${name}`, { headers });
      const bytes = await answer.arrayBuffer();
      return [
        answer.headers.get('content-encoding'),
        Number(answer.headers.get('content-length')),
        bytes.byteLength,
      ];
    };
    const br = { 'accept-encoding': 'gzip, br' };
    const [encoding, sent = NaN, read] = await lengths('app.js', br);
    expect([encoding, read]).toEqual(['br', text.length]);
    expect(sent).toBeLessThan(text.length / 10);
    expect(await lengths('app.js', br)).toEqual(['br', sent, text.length]);
    expect(await lengths('app.js', { 'accept-encoding': 'gzip' })).toEqual([null, text.length, text.length]);
    expect(await lengths('app.js', { ...br, range: 'bytes=0-9' })).toEqual([null, 10, 10]);
    compressing.close();
    expect((await ask('/app.js', { headers: br })).headers['content-encoding']).toBeUndefined();
  });

  it('hands over what is posted', async () => {
    expect((await ask('/results/1', { method: 'POST', body: 'bytes' })).status).toBe(204);
    expect(posted.get('/results/1')).toBe('bytes');
  });
});

describe('locateFile', () => {
  it('never leaves the folder', () => {
    const part = fc.constantFrom('..', '.', '', 'a', '..\\', 'C:', '%2e', '\0', '...');
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        const file = locateFile({ '/': '/site' }, `/${parts.join('/')}`);
        if (file !== undefined) expect(path.relative('/site', file)).not.toMatch(/^\.\.(\/|$)/);
      }),
    );
  });

  it('serves a single file at its own address only', () => {
    const folders = { '/': '/site', '/a/b.bin': '/disk/b.bin' };
    expect(locateFile(folders, '/a/b.bin')).toBe('/disk/b.bin');
    expect(locateFile(folders, '/a/b.bin.txt')).toBe(path.join('/site', 'a', 'b.bin.txt'));
    expect(locateFile(folders, '/a/b.bin/c')).toBe(path.join('/site', 'a', 'b.bin', 'c'));
  });
});

describe('parseRange', () => {
  it('agrees with slicing', () => {
    fc.assert(
      fc.property(fc.nat(20), fc.nat(20), fc.integer({ min: 1, max: 20 }), (first, extra, size) => {
        const last = first + extra;
        const bytes = Array.from({ length: size }, (_, index) => index);
        const range = parseRange(`bytes=${first}-${last}`, size);
        const expected = bytes.slice(first, last + 1);
        if (expected.length === 0) expect(range).toBe('unsatisfiable');
        else expect(range).toEqual({ start: expected[0], end: expected.at(-1) });
      }),
    );
  });

  it.each(['items=0-1', 'bytes=0-1,3-4', 'bytes=-', 'bytes=5-2', 'bytes=a-b', undefined])(
    'takes %s for the whole file',
    (header) => expect(parseRange(header, 10)).toBeUndefined(),
  );

  it('counts a suffix from the end, and knows when there is nothing', () => {
    expect(parseRange('bytes=-20', 10)).toEqual({ start: 0, end: 9 });
    expect(parseRange('bytes=-0', 10)).toBe('unsatisfiable');
    expect(parseRange('bytes=0-', 0)).toBe('unsatisfiable');
  });
});
