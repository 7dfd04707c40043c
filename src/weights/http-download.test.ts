import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Download } from './download.ts';
import { httpSource } from './http-source.ts';
import { KeptParts, type Part, type PartStore } from './kept-parts.ts';
import { BODY, expectSame, failure, MIB, PATH, QUICK, sendRange, serve } from './test-server.ts';

describe('published hashes and pinned versions', () => {
  const sha256 = createHash('sha256').update(BODY).digest('hex');
  const wrong = sha256.replace(/^./, (digit) => (digit === '0' ? '1' : '0'));
  const RANGES = [
    [700_000, 348_576],
    [200_000, 300_000],
  ] as const;

  /** Reads some of the file, not in order, and lets the download fetch the rest. */
  async function readAll(download: Download, address: string) {
    const file = await httpSource(address, { download, timing: QUICK }).open(PATH);
    for (const [offset, length] of RANGES) {
      expectSame(await file?.read(offset, length), BODY.slice(offset, offset + length));
    }
    await download.finish();
  }

  it.each([
    ['x-linked-etag', `"${sha256}"`],
    ['etag', sha256.toUpperCase()],
  ])(
    'compares a file read in ranges with its %s, fetching only what nobody asked for',
    async (name, value) => {
      const { address, requests } = await serve((request, response) =>
        sendRange(request, response, { headers: { [name]: value } }),
      );
      const download = new Download();
      await readAll(download, address);
      expect(download.checkedFiles).toBe(1);
      expect(requests.map(({ range }) => range)).toEqual([
        'bytes=0-262143',
        'bytes=700000-1048575',
        'bytes=200000-499999',
        'bytes=500000-699999',
      ]);
    },
  );

  it.each([true, false])('refuses a file that is not the published one (ranges: %s)', async (ranges) => {
    const { address } = await serve((request, response) => {
      const headers = { 'x-linked-etag': `"${wrong}"` };
      if (ranges) sendRange(request, response, { headers });
      else response.writeHead(200, headers).end(BODY);
    });
    await expect(readAll(new Download(), address)).rejects.toMatchObject(
      failure('weights/checksum', { file: PATH }),
    );
  });

  it('believes the order before the server, and checks a file without ranges on its way', async () => {
    const { address } = await serve((_, response) =>
      response.writeHead(200, { etag: `"${wrong}"` }).end(BODY),
    );
    const download = new Download({ sha256: { [PATH]: sha256 } });
    await readAll(download, address);
    expect(download.checkedFiles).toBe(1);
  });

  it('does not take the ETag of another host for a hash', async () => {
    const { address } = await serve((request, response) => {
      if (request.url === '/cdn') sendRange(request, response, { headers: { etag: `"${wrong}"` } });
      else response.writeHead(302, { location: '/cdn' }).end();
    });
    const download = new Download();
    await readAll(download, address);
    expect(download.checkedFiles).toBe(0);
  });

  it('goes on with the hash and the version of an interrupted download', async () => {
    let etag = '"1"';
    const { address, requests } = await serve((request, response) =>
      sendRange(request, response, { headers: { etag, 'x-linked-etag': sha256 } }),
    );
    const first = new Download();
    const file = await httpSource(address, { download: first }).open(PATH);
    await file?.read(262_144, 300_000);
    const state = JSON.parse(JSON.stringify(first.state())) as ReturnType<Download['state']>;
    const second = new Download({ state });
    await httpSource(address, { download: second }).open(PATH);
    await second.finish();
    expect(second.checkedFiles).toBe(1);
    expect(requests.at(-1)?.range).toBe('bytes=562144-1048575');
    etag = '"2"';
    const third = new Download({ state });
    await expect(httpSource(address, { download: third }).open(PATH)).rejects.toMatchObject(
      failure('weights/changed', { file: PATH }),
    );
  });

  it('asks for nothing again after an interruption but what was on its way', async () => {
    const kept = new Map<string, Uint8Array<ArrayBuffer>>();
    const name = (part: object) => JSON.stringify(part);
    const store: PartStore = {
      list: () => Promise.resolve([...kept.keys()].map((text) => JSON.parse(text) as Part)),
      read: (part) => Promise.resolve(kept.get(name(part))),
      write: (part, bytes) => Promise.resolve(void kept.set(name(part), bytes)),
    };
    let etag = '"1"';
    const { address, requests } = await serve((request, response) =>
      sendRange(request, response, { headers: { etag, 'x-linked-etag': sha256 } }),
    );
    const begin = async (state?: ReturnType<Download['state']>) => {
      const parts = await KeptParts.open(store);
      const download = new Download({ state, parts });
      const file = await httpSource(address, { download, timing: QUICK }).open(PATH);
      await parts.keep();
      return { download, file };
    };
    const first = await begin();
    const state = first.download.state();
    await first.file?.read(700_000, 100_000);
    expect(requests.map(({ range }) => range)).toEqual(['bytes=0-262143', 'bytes=700000-799999']);

    requests.length = 0;
    const second = await begin(state);
    expectSame(await second.file?.read(600_000, 200_000), BODY.slice(600_000, 800_000));
    await second.download.finish();
    expect(second.download.checkedFiles).toBe(1);
    expect(requests.map(({ range }) => range)).toEqual([
      'bytes=600000-699999',
      'bytes=262144-599999',
      'bytes=800000-1048575',
    ]);

    etag = '"2"';
    kept.delete(name({ address: `${address}/${PATH}`, begin: 800_000, end: MIB }));
    const third = await begin(state);
    await expect(third.download.finish()).rejects.toMatchObject(failure('weights/changed', { file: PATH }));
  });

  it('notices that a file without ranges is another than the one begun with', async () => {
    let etag = '"1"';
    const { address } = await serve((_, response) => response.writeHead(200, { etag }).end(BODY));
    const first = new Download();
    await httpSource(address, { download: first }).open(PATH);
    const again = () => httpSource(address, { download: new Download({ state: first.state() }) }).open(PATH);
    expect((await again())?.size).toBe(MIB);
    etag = '"2"';
    await expect(again()).rejects.toMatchObject(failure('weights/changed', { file: PATH }));
  });

  it('asks for a text only once, whatever opens it', async () => {
    const { address, requests } = await serve((_, response) =>
      response.writeHead(200, { etag: '"1"' }).end('{"a":1}'),
    );
    const parts = await KeptParts.open({
      list: () => Promise.resolve([]),
      read: () => Promise.resolve(undefined),
      write: () => Promise.resolve(),
    });
    const source = httpSource(address, { download: new Download({ parts }) });
    for (let i = 0; i < 2; i++) {
      const file = await source.open('emulsion.json');
      expect(new TextDecoder().decode(await file?.read(0, file.size))).toBe('{"a":1}');
    }
    expect(requests).toHaveLength(1);
  });

  it('keeps no part of a file whose versions look alike', async () => {
    const unused = () => Promise.reject(new Error('nothing is to be kept'));
    const { address, requests } = await serve((request, response) => sendRange(request, response));
    const parts = await KeptParts.open({ list: () => Promise.resolve([]), read: unused, write: unused });
    const file = await httpSource(address, { download: new Download({ parts }) }).open(PATH);
    await parts.keep();
    await file?.read(300_000, 10);
    await file?.read(300_000, 10);
    expect(requests).toHaveLength(3);
  });

  it('counts every byte that arrives', async () => {
    const { address } = await serve((request, response) => sendRange(request, response));
    let count = 0;
    await readAll(new Download({ onBytes: (bytes) => (count += bytes) }), address);
    expect(count).toBe(262_144 + RANGES[0][1] + RANGES[1][1]);
  });
});

describe('hashes that a hub lists', () => {
  const sha256 = createHash('sha256').update(BODY).digest('hex');
  const wrong = sha256.replace(/^./, (digit) => (digit === '0' ? '1' : '0'));

  /** Answers as model hubs do: files redirect to another place, which knows nothing of their hash. */
  async function serveHub(oid: string, { hasListing = true, isJson = true } = {}) {
    const hub = await serve((request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? '', hub.address);
      const cors = { 'content-type': 'application/json' };
      if (pathname === `/o/m/resolve/main/sub/${PATH}`)
        response.writeHead(302, { location: '/cdn', 'x-linked-etag': `"${oid}"` }).end();
      else if (pathname === '/cdn') sendRange(request, response, { headers: { etag: '"not-a-hash"' } });
      else if (
        !hasListing ||
        pathname !== '/api/models/o/m/tree/main' ||
        searchParams.get('recursive') !== 'true'
      )
        response.writeHead(404).end();
      else if (!isJson) response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html>');
      else if (!searchParams.has('cursor')) {
        const next = `<${hub.address}/api/models/o/m/tree/main?recursive=true&cursor=x>; rel="next"`;
        const folder = { type: 'directory', oid: 'b', size: 0, path: 'sub/unet' };
        response.writeHead(200, { ...cors, link: next }).end(JSON.stringify([folder]));
      } else {
        const lfs = { oid, size: MIB, pointerSize: 135 };
        const file = { type: 'file', oid: 'a', size: MIB, path: `sub/${PATH}`, lfs };
        response.writeHead(200, cors).end(JSON.stringify([file]));
      }
    });
    const read = async () => {
      const download = new Download();
      const source = httpSource(`${hub.address}/o/m/resolve/main/sub/`, { download, timing: QUICK });
      const files = [await source.open(PATH), await source.open(PATH)];
      expectSame(await files[0]?.read(0, MIB), BODY);
      await download.finish();
      return download.checkedFiles;
    };
    return { ...hub, read };
  }

  it('are asked for once, page by page, and compared', async () => {
    const hub = await serveHub(sha256);
    expect(await hub.read()).toBe(1);
    const listings = hub.requests.filter(({ url }) => url.startsWith('/api/'));
    expect(listings).toHaveLength(2);
  });

  it('refuse a file that is another', async () => {
    const hub = await serveHub(wrong);
    await expect(hub.read()).rejects.toMatchObject(failure('weights/checksum', { file: PATH }));
  });

  it('are done without where a host lists nothing', async () => {
    const hub = await serveHub(wrong, { hasListing: false });
    expect(await hub.read()).toBe(0);
  });

  it('are done without at once where a host answers with something else', async () => {
    const hub = await serveHub(wrong, { isJson: false });
    expect(await hub.read()).toBe(0);
    expect(hub.requests.filter(({ url }) => url.startsWith('/api/'))).toHaveLength(1);
  });
});
