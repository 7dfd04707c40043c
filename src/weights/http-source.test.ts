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
  unreachable,
  type Lie,
} from './test-server.ts';

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

it('knows another host than the page from its own', () => {
  vi.stubGlobal('location', { origin: 'https://site.example' });
  const urls = ['https://site.example/models/m/', 'https://models.example/m/'];
  expect(urls.map((url) => httpSource(url).isFar)).toEqual([false, true]);
  vi.unstubAllGlobals();
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
