import { describe, expect, it } from 'vitest';
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
} from './test-server.ts';

/** For servers that say nothing. */
const IMPATIENT = { ...QUICK, stallMs: 150 };

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
