import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { httpSource } from './http-source.ts';

const MIB = 1024 * 1024;
const BODY = Uint8Array.from({ length: MIB }, (_, i) => (i * 31 + (i >> 8)) & 0xff);
const PATH = 'unet/diffusion_pytorch_model.safetensors';

let stop: (() => void) | undefined;
afterEach(() => {
  stop?.();
  stop = undefined;
});

/** A server on loopback; `requests` holds what it was asked. */
async function serve(handler: RequestListener) {
  const requests: { url: string; range: string | undefined }[] = [];
  const server = createServer((request, response) => {
    requests.push({ url: request.url ?? '', range: request.headers.range });
    handler(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stop = () => {
    server.closeAllConnections();
    server.close();
  };
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { address, requests, source: httpSource(`${address}/models/m/`) };
}

/** What a server with ranges sends; every part of it can be falsified. */
function sendRange(
  request: IncomingMessage,
  response: ServerResponse,
  {
    body = BODY,
    headers = {},
    contentRange,
  }: { body?: Uint8Array; headers?: Record<string, string>; contentRange?: string | null } = {},
) {
  const [, begin = 0, last = 0] = (/^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? []).map(Number);
  if (begin >= body.length) {
    response.writeHead(416, { 'content-range': `bytes */${body.length}` }).end();
    return;
  }
  const part = body.subarray(begin, last + 1);
  const told = `bytes ${begin}-${begin + part.length - 1}/${body.length}`;
  if (contentRange !== null) response.setHeader('content-range', contentRange ?? told);
  response.writeHead(206, { 'content-type': 'application/octet-stream', ...headers }).end(part);
}

const failure = (code: string, detail: object) => ({
  code,
  detail: expect.objectContaining(detail) as object,
});
const unreachable = (reason: RegExp) =>
  failure('weights/unreachable', { file: PATH, reason: expect.stringMatching(reason) as string });

describe('httpSource with ranges', () => {
  it('learns the size from the first range and serves reads from anywhere', async () => {
    const { source, requests } = await serve((request, response) => sendRange(request, response));
    const file = await source.open(PATH);
    expect(file).toMatchObject({ path: PATH, size: MIB });
    expect(await file?.read(300_001, 4097)).toEqual(BODY.slice(300_001, 304_098));
    expect(await file?.read(MIB - 3, 3)).toEqual(BODY.slice(-3));
    expect(requests).toEqual([
      { url: `/models/m/${PATH}`, range: 'bytes=0-262143' },
      { url: `/models/m/${PATH}`, range: 'bytes=300001-304097' },
      { url: `/models/m/${PATH}`, range: `bytes=${MIB - 3}-${MIB - 1}` },
    ]);
  });

  it('answers reads of the beginning from what opening fetched', async () => {
    const { source, requests } = await serve((request, response) => sendRange(request, response));
    const file = await source.open(PATH);
    expect(await file?.read(0, 8)).toEqual(BODY.slice(0, 8));
    expect(await file?.read(8, 262_136)).toEqual(BODY.slice(8, 262_144));
    expect(await file?.read(500_000, 0)).toEqual(new Uint8Array(0));
    expect(requests).toHaveLength(1);
  });

  it('opens files shorter than the first range, and empty ones', async () => {
    const { source } = await serve((request, response) =>
      sendRange(request, response, { body: BODY.subarray(0, request.url?.endsWith('empty.bin') ? 0 : 5) }),
    );
    const short = await source.open('a.bin');
    expect(short?.size).toBe(5);
    expect(await short?.read(0, 5)).toEqual(BODY.slice(0, 5));
    expect((await source.open('empty.bin'))?.size).toBe(0);
  });

  it('refuses to read past the end', async () => {
    const { source } = await serve((request, response) => sendRange(request, response));
    const file = await source.open(PATH);
    await expect(file?.read(MIB - 1, 2)).rejects.toMatchObject(unreachable(/has only 1048576/));
  });

  it.each<[string, RegExp, Parameters<typeof sendRange>[2]]>([
    ['other bytes than asked', /were asked for.*0-99/, { contentRange: `bytes 0-99/${MIB}` }],
    ['fewer bytes than asked', /were asked for/, { contentRange: `bytes 300000-300049/${MIB}` }],
    ['no Content-Range', /no readable Content-Range/, { contentRange: null }],
    ['no total size', /were asked for/, { contentRange: 'bytes 300000-300099/*' }],
    [
      'a body shorter than its Content-Range',
      /100 bytes were announced, but 50 arrived/,
      { body: BODY.subarray(0, 300_050), contentRange: `bytes 300000-300099/${MIB}` },
    ],
    ['a compressed part', /encoding gzip/, { headers: { 'content-encoding': 'gzip' } }],
    [
      'a file of another size',
      /replaced/,
      { contentRange: `bytes 300000-300099/${MIB - 1}`, headers: { etag: '"1"' } },
    ],
    ['a file with another ETag', /replaced/, { headers: { etag: '"2"' } }],
  ])('refuses %s', async (_, reason, lie) => {
    const { source } = await serve((request, response) => {
      const isFirst = request.headers.range?.startsWith('bytes=0-') ?? false;
      sendRange(request, response, isFirst ? { headers: { etag: '"1"' } } : lie);
    });
    const file = await source.open(PATH);
    await expect(file?.read(300_000, 100)).rejects.toMatchObject(unreachable(reason));
  });

  it('refuses a file with another modification time when there is no ETag', async () => {
    let opened = false;
    const { source } = await serve((request, response) => {
      sendRange(request, response, {
        headers: { 'last-modified': new Date(opened ? 9e11 : 8e11).toUTCString() },
      });
      opened = true;
    });
    const file = await source.open(PATH);
    await expect(file?.read(300_000, 100)).rejects.toMatchObject(unreachable(/replaced/));
  });

  it('refuses a range that starts elsewhere when opening', async () => {
    const { source } = await serve((request, response) =>
      sendRange(request, response, { contentRange: `bytes 1-262144/${MIB}` }),
    );
    await expect(source.open(PATH)).rejects.toMatchObject(unreachable(/0-262143 were asked for.*1-262144/));
  });

  it.each([
    [404, 404],
    [410, 404],
    [416, 416],
    [500, 500],
  ])('reports status %i while reading an open file', async (status, reported) => {
    const { source } = await serve((request, response) => {
      if (request.headers.range?.startsWith('bytes=0-')) sendRange(request, response);
      else response.writeHead(status).end('no');
    });
    const file = await source.open(PATH);
    const expected = failure('weights/not-found', { file: PATH, status: reported });
    await expect(file?.read(300_000, 100)).rejects.toMatchObject(expected);
  });

  it('refuses a server that answers ranges only sometimes', async () => {
    const { source } = await serve((request, response) => {
      if (request.headers.range?.startsWith('bytes=0-')) sendRange(request, response);
      else response.writeHead(200).end(BODY);
    });
    const file = await source.open(PATH);
    await expect(file?.read(300_000, 100)).rejects.toMatchObject(unreachable(/no longer answers range/));
  });
});

describe('httpSource without ranges', () => {
  it('reads the file once, whole', async () => {
    const { source, requests } = await serve((_, response) => response.writeHead(200).end(BODY));
    const file = await source.open(PATH);
    expect(file?.size).toBe(MIB);
    expect(await file?.read(300_001, 4097)).toEqual(BODY.slice(300_001, 304_098));
    await expect(file?.read(MIB, 1)).rejects.toMatchObject(failure('weights/unreachable', { file: PATH }));
    expect(requests).toHaveLength(1);
  });

  it('takes the size of the decoded body when the server compresses', async () => {
    const { source } = await serve((_, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(BODY)),
    );
    const file = await source.open(PATH);
    expect(file?.size).toBe(MIB);
    expect(await file?.read(MIB - 9, 9)).toEqual(BODY.slice(-9));
  });

  it.each(['model_index.json', 'tokenizer/merges.txt'])('asks for %s without a range', async (path) => {
    const { source, requests } = await serve((_, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('{"a":1}')),
    );
    const file = await source.open(path);
    expect(new TextDecoder().decode(await file?.read(0, file.size))).toBe('{"a":1}');
    expect(requests).toEqual([{ url: `/models/m/${path}`, range: undefined }]);
  });
});

describe('httpSource and files that cannot be had', () => {
  it.each([404, 410])('status %i means not there', async (status) => {
    const { source } = await serve((_, response) => response.writeHead(status).end('<h1>no</h1>'));
    expect(await source.open(PATH)).toBeUndefined();
    expect(await source.open('model_index.json')).toBeUndefined();
  });

  it('a start page in place of the file means not there, whole or as a range', async () => {
    const page = new TextEncoder().encode('<!doctype html><title>App</title>');
    const headers = { 'content-type': 'text/html; charset=utf-8' };
    const { source } = await serve((request, response) => {
      if (request.headers.range) sendRange(request, response, { body: page, headers });
      else response.writeHead(200, headers).end(page);
    });
    expect(await source.open(PATH)).toBeUndefined();
    expect(await source.open('tiny_vae/config.json')).toBeUndefined();
  });

  it.each([401, 403, 429, 500, 503])('status %i is a failure', async (status) => {
    const { source } = await serve((_, response) => response.writeHead(status).end());
    await expect(source.open(PATH)).rejects.toMatchObject(
      failure('weights/not-found', { file: PATH, status }),
    );
  });

  it('no server at all is a failure', async () => {
    const { address } = await serve(() => undefined);
    stop?.();
    await expect(httpSource(address).open(PATH)).rejects.toMatchObject(unreachable(/ECONNREFUSED/));
  });

  it('tries once more when the connection breaks in the middle', async () => {
    let breaks = 1;
    const { source, requests } = await serve((request, response) => {
      if (breaks-- > 0)
        response.writeHead(200, { 'content-length': 100 }).write('half', () => response.destroy());
      else sendRange(request, response);
    });
    expect((await source.open(PATH))?.size).toBe(MIB);
    expect(requests).toHaveLength(2);
  });

  it('gives up when the connection breaks again', async () => {
    const { source, requests } = await serve((_, response) => {
      response.writeHead(200, { 'content-length': 100 }).write('half', () => response.destroy());
    });
    await expect(source.open(PATH)).rejects.toMatchObject(failure('weights/unreachable', { file: PATH }));
    expect(requests).toHaveLength(2);
  });

  it.each(['before', 'during'])('cancelling %s the request ends it at once', async (when) => {
    const controller = new AbortController();
    if (when === 'before') controller.abort();
    const { source, requests } = await serve(() => controller.abort());
    await expect(source.open(PATH, controller.signal)).rejects.toMatchObject({ code: 'engine/cancelled' });
    expect(requests).toHaveLength(when === 'before' ? 0 : 1);
  });

  it('cancelling ends a read', async () => {
    const controller = new AbortController();
    const { source } = await serve((request, response) => {
      if (request.headers.range?.startsWith('bytes=0-')) sendRange(request, response);
      else controller.abort();
    });
    const file = await source.open(PATH);
    await expect(file?.read(300_000, 9, controller.signal)).rejects.toMatchObject({
      code: 'engine/cancelled',
    });
  });
});

describe('addresses', () => {
  it.each([
    ['/a/b', 'unet/config.json', '/a/b/unet/config.json'],
    ['/a/b/', 'unet/config.json', '/a/b/unet/config.json'],
    ['/', 'my model#1?/苹果.json', '/my%20model%231%3F/%E8%8B%B9%E6%9E%9C.json'],
    ['/a/?token=x', 'c.json', '/a/c.json?token=x'],
  ])('%s and %s make %s', async (base, path, expected) => {
    const { address, requests } = await serve((_, response) => response.end('{}'));
    await httpSource(address + base).open(path);
    expect(requests[0]?.url).toBe(expected);
  });
});
