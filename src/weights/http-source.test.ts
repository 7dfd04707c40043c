import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, vi } from 'vitest';
import { httpSource } from './http-source.ts';
import {
  BODY,
  expectSame,
  failure,
  MIB,
  PATH,
  QUICK,
  sendRange,
  serve,
  stopServer,
  unreachable,
  type Lie,
} from './test-server.ts';

/** For servers that say nothing. */
const IMPATIENT = { ...QUICK, stallMs: 150 };

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
    expectSame(await file?.read(8, 262_136), BODY.slice(8, 262_144));
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
      'more bytes than its Content-Range says',
      /announced, but more arrived/,
      { part: BODY.subarray(300_000, 300_200), contentRange: `bytes 300000-300099/${MIB}` },
    ],
    ['a compressed part', /encoding gzip/, { headers: { 'content-encoding': 'gzip', etag: '"1"' } }],
  ])('refuses %s', async (_, reason, lie) => {
    const { source } = await serve((request, response) => {
      const isFirst = request.headers.range?.startsWith('bytes=0-') ?? false;
      const honest = { headers: { etag: '"1"' } };
      sendRange(request, response, isFirst ? honest : { ...honest, ...lie });
    });
    const file = await source.open(PATH);
    await expect(file?.read(300_000, 100)).rejects.toMatchObject(unreachable(reason));
  });

  it.each<[string, Lie]>([
    ['size', { contentRange: `bytes 300000-300099/${MIB - 1}`, headers: { etag: '"1"' } }],
    ['ETag', { headers: { etag: '"2"' } }],
    ['way to tell', {}],
  ])('says that a file was replaced when it has another %s', async (_, lie) => {
    const { source } = await serve((request, response) => {
      const isFirst = request.headers.range?.startsWith('bytes=0-') ?? false;
      sendRange(request, response, isFirst ? { headers: { etag: '"1"' } } : lie);
    });
    const file = await source.open(PATH);
    await expect(file?.read(300_000, 100)).rejects.toMatchObject(failure('weights/changed', { file: PATH }));
  });

  it('says so when there is only a modification time', async () => {
    let opened = false;
    const { source } = await serve((request, response) => {
      const headers = { 'last-modified': new Date(opened ? 9e11 : 8e11).toUTCString() };
      sendRange(request, response, { headers });
      opened = true;
    });
    const file = await source.open(PATH);
    await expect(file?.read(300_000, 100)).rejects.toMatchObject(failure('weights/changed', { file: PATH }));
  });

  it.each([
    ['the whole of another file after If-Range', 200, { etag: '"2"' }],
    ['416 because the file has become shorter', 416, { 'content-range': 'bytes */299999' }],
  ])('says so on %s', async (_, status, headers) => {
    const { source, ifRange } = await serve((request, response) => {
      if (request.headers.range?.startsWith('bytes=0-'))
        sendRange(request, response, { headers: { etag: '"1"' } });
      else response.writeHead(status, headers).end(BODY.subarray(5));
    });
    const file = await source.open(PATH);
    await expect(file?.read(300_000, 100)).rejects.toMatchObject(failure('weights/changed', { file: PATH }));
    expect(ifRange).toEqual([undefined, '"1"']);
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

  it.each([1, Infinity])('starts a body over that breaks off (%d times), and joins no two', async (times) => {
    let broken = 0;
    const { source, requests } = await serve((_, response) => {
      response.writeHead(200, { 'content-length': MIB });
      if (++broken > times) response.end(BODY);
      else response.write(BODY.subarray(0, 1000).fill(9), () => response.destroy());
    });
    const opening = source.open(PATH);
    if (times === 1) {
      const file = await opening;
      expectSame(await file?.read(0, MIB), BODY);
      expect(requests).toHaveLength(2);
    } else {
      await expect(opening).rejects.toMatchObject(failure('weights/unreachable', { file: PATH }));
    }
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

describe('httpSource on another origin', () => {
  it('takes a compressed text, although the answer does not show that it is one', async () => {
    const body = gzipSync('{"a":1}');
    const { source } = await serve((_, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': body.length }).end(body),
    );
    const online = fetch;
    // Pages see the length of such an answer and not its encoding.
    vi.stubGlobal('fetch', async (...request: Parameters<typeof fetch>) => {
      const answer = await online(...request);
      const headers = new Headers(answer.headers);
      headers.delete('content-encoding');
      return new Response(answer.body, { status: answer.status, headers });
    });
    const file = await source.open('model_index.json');
    vi.unstubAllGlobals();
    expect(new TextDecoder().decode(await file?.read(0, file.size))).toBe('{"a":1}');
  });
});

describe('httpSource of which only beginnings are wanted', () => {
  /** A host that tells the size but sends no more than the beginning, and then waits. */
  async function serveBeginning(sentBytes: number, headers: Record<string, string | number>) {
    const open = new Set<ServerResponse>();
    const served = await serve((_, response) => {
      open.add(response.on('close', () => open.delete(response)));
      response.writeHead(200, headers).write(BODY.subarray(0, sentBytes));
    });
    const source = httpSource(`${served.address}/`, { beginningsOnly: true, timing: QUICK });
    return { ...served, source, open };
  }

  it('takes no more of a body without ranges, and lets it go', async () => {
    const { source, requests, open } = await serveBeginning(500_000, { 'content-length': MIB });
    const file = await source.open(PATH);
    expect(file).toMatchObject({ size: MIB, isFrontToBack: true });
    expect(await file?.read(8, 1000)).toEqual(BODY.slice(8, 1008));
    expect(requests).toHaveLength(1);
    expectSame(await file?.read(8, 499_992), BODY.slice(8, 500_000));
    expect(requests).toHaveLength(2);
    await expect.poll(() => open.size).toBe(0);
    await expect(file?.read(MIB, 1)).rejects.toMatchObject(unreachable(/has only 1048576/));
  });

  it('takes a body of unknown size only where it is short', async () => {
    const { source } = await serveBeginning(500_000, {});
    await expect(source.open(PATH)).rejects.toMatchObject(unreachable(/serves no ranges and does not tell/));
    const short = await serve((_, response) => response.writeHead(200).end(BODY.subarray(0, 1000)));
    const file = await httpSource(short.address, { beginningsOnly: true }).open(PATH);
    expect(file?.size).toBe(1000);
    expectSame(await file?.read(0, 1000), BODY.slice(0, 1000));
  });

  it('goes on with another connection where a body breaks off', async () => {
    let broken = 0;
    const { address } = await serve((_, response) => {
      response.writeHead(200, { 'content-length': MIB });
      if (++broken > 1) response.end(BODY);
      else response.write(BODY.subarray(0, 1000), () => response.destroy());
    });
    const file = await httpSource(address, { beginningsOnly: true, timing: QUICK }).open(PATH);
    expectSame(await file?.read(0, 2000), BODY.slice(0, 2000));
  });

  it('notices that the file has changed since', async () => {
    let etag = 1;
    const { address } = await serve((_, response) =>
      response.writeHead(200, { etag: `"${etag++}"`, 'content-length': MIB }).end(BODY),
    );
    const file = await httpSource(address, { beginningsOnly: true }).open(PATH);
    await expect(file?.read(0, 600_000)).rejects.toMatchObject(failure('weights/changed', { file: PATH }));
  });

  it('reads any part where there are ranges', async () => {
    const { address } = await serve((request, response) => sendRange(request, response));
    const file = await httpSource(address, { beginningsOnly: true }).open(PATH);
    expect(file?.isFrontToBack).toBeUndefined();
    expectSame(await file?.read(MIB - 10, 10), BODY.slice(-10));
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
    stopServer();
    await expect(httpSource(address).open(PATH)).rejects.toMatchObject(unreachable(/ECONNREFUSED/));
  });

  it('goes on where the connection broke, as often as it takes', async () => {
    const { source, requests } = await serve((request, response) => {
      const [, begin = 0, last = 0] = (/(\d+)-(\d+)/.exec(request.headers.range ?? '') ?? []).map(Number);
      response.writeHead(206, {
        'content-range': `bytes ${begin}-${last}/${MIB}`,
        'content-length': last + 1 - begin,
      });
      response.write(BODY.subarray(begin, Math.min(last + 1, begin + 40_000)), () => response.destroy());
    });
    const file = await source.open(PATH);
    expectSame(await file?.read(300_000, 200_000), BODY.slice(300_000, 500_000));
    const begins = requests.slice(7).map(({ range }) => range);
    expect(begins).toEqual(
      [300_000, 340_000, 380_000, 420_000, 460_000].map((begin) => `bytes=${begin}-499999`),
    );
  });

  it('does not join two versions of a file', async () => {
    let version = 0;
    const { source } = await serve((request, response) => {
      const [, begin = 0] = (/(\d+)-/.exec(request.headers.range ?? '') ?? []).map(Number);
      response.writeHead(206, {
        'content-range': `bytes ${begin}-262143/${MIB}`,
        'content-length': 262_144 - begin,
        etag: `"${++version}"`,
      });
      response.write(BODY.subarray(begin, begin + 10), () => response.destroy());
    });
    await expect(source.open(PATH)).rejects.toMatchObject(failure('weights/changed', { file: PATH }));
  });

  it('gives up when attempt after attempt brings nothing', async () => {
    const { source, requests } = await serve((_, response) => response.destroy());
    await expect(source.open(PATH)).rejects.toMatchObject(failure('weights/unreachable', { file: PATH }));
    expect(requests).toHaveLength(QUICK.attempts);
  });

  it('gives a silent connection up and goes on with another', async () => {
    let silent = 1;
    const { source, requests } = await serve((request, response) => {
      if (silent-- > 0) {
        response.writeHead(206, { 'content-range': `bytes 0-262143/${MIB}` }).write(BODY.subarray(0, 9));
      } else sendRange(request, response);
    }, IMPATIENT);
    const file = await source.open(PATH);
    expect(await file?.read(0, 20)).toEqual(BODY.slice(0, 20));
    expect(requests.map(({ range }) => range)).toEqual(['bytes=0-262143', 'bytes=9-262143']);
  });

  it('says so when nothing but silence comes', async () => {
    const { source } = await serve(() => undefined, IMPATIENT);
    await expect(source.open(PATH)).rejects.toMatchObject(unreachable(/sent nothing for 0\.15 s/));
  });

  it.each([429, 503])('waits as long as a server that answers %i asks for', async (status) => {
    let busy = 1;
    const { source } = await serve((request, response) => {
      if (busy-- > 0) response.writeHead(status, { 'retry-after': '1' }).end();
      else sendRange(request, response);
    });
    const started = performance.now();
    expect((await source.open(PATH))?.size).toBe(MIB);
    expect(performance.now() - started).toBeGreaterThan(990);
  });

  it('waits until the date a server names', async () => {
    let busy = 1;
    const { source } = await serve((request, response) => {
      // Dates have whole seconds.
      const date = new Date(Math.ceil(Date.now() / 1000) * 1000 + 400).toUTCString();
      if (busy-- > 0) response.writeHead(503, { 'retry-after': date }).end();
      else sendRange(request, response);
    });
    expect((await source.open(PATH))?.size).toBe(MIB);
  });

  it('takes a refusal from a server that wants to be left alone for longer', async () => {
    const { source, requests } = await serve((_, response) =>
      response.writeHead(503, { 'retry-after': '3600' }).end(),
    );
    await expect(source.open(PATH)).rejects.toMatchObject(
      failure('weights/not-found', { file: PATH, status: 503 }),
    );
    expect(requests).toHaveLength(1);
  });

  it.each([
    [1, undefined],
    [9, 403],
  ])('asks the original address again when what it led to has expired (%i times)', async (times, status) => {
    let expired = times;
    let signature = 0;
    const { source, requests } = await serve((request, response) => {
      if (request.url?.startsWith('/models'))
        response.writeHead(302, { location: `/cdn?${++signature}` }).end();
      else if (expired-- > 0) response.writeHead(403).end();
      else sendRange(request, response);
    });
    if (status === undefined) expect((await source.open(PATH))?.size).toBe(MIB);
    else await expect(source.open(PATH)).rejects.toMatchObject(failure('weights/not-found', { status }));
    expect(requests.map(({ url }) => url)).toEqual([
      `/models/m/${PATH}`,
      '/cdn?1',
      `/models/m/${PATH}`,
      '/cdn?2',
    ]);
  });

  it('asks the original address for the rest of a range when the one it led to has expired', async () => {
    let signature = 0;
    const { source, requests } = await serve((request, response) => {
      const isSigned = request.url === `/cdn?${signature}`;
      if (request.url?.startsWith('/models'))
        response.writeHead(302, { location: `/cdn?${++signature}` }).end();
      else if (!isSigned) response.writeHead(403).end();
      else if (signature < 2) {
        response.writeHead(206, { 'content-range': `bytes 0-262143/${MIB}`, 'content-length': 262_144 });
        response.write(BODY.subarray(0, 1000), () => response.destroy());
      } else sendRange(request, response);
    });
    const file = await source.open(PATH);
    expectSame(await file?.read(0, 262_144), BODY.slice(0, 262_144));
    expect(requests.map(({ url, range }) => [url, range])).toEqual([
      [`/models/m/${PATH}`, 'bytes=0-262143'],
      ['/cdn?1', 'bytes=0-262143'],
      [`/models/m/${PATH}`, 'bytes=1000-262143'],
      ['/cdn?2', 'bytes=1000-262143'],
    ]);
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
