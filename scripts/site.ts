/**
 * @file A small HTTP server for the built site on this machine: files with byte ranges and the headers of
 * cross-origin isolation, without which the WASM backend has one thread. Only GET and HEAD, only files inside
 * the folders it is given; a `post` handler receives what the page sends back.
 */
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { compressedFile } from './compressed-file.ts';

export interface SiteOptions {
  /**
   * Folders by the address prefix they are served under, each ending in `/` (the longest prefix wins), and single files
   * by their whole address.
   */
  readonly folders: Readonly<Record<string, string>>;
  /** Takes the body of a POST; without it every POST is refused. */
  readonly post?: (pathname: string, body: Buffer) => void;
  /** Sent with every answer. Absent: {@link SITE_HEADERS}. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Compresses what hosts compress; on this machine that only takes time, unless it is what is to be measured. */
  readonly compress?: boolean;
}

/** Isolation, and no guessing of types. */
export const SITE_HEADERS: Readonly<Record<string, string>> = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
};

const MIME_TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
};

/** A server for the site; listen with {@link listen}. */
export function createSite(options: SiteOptions): Server {
  return createServer((request, response) => {
    answer(options, request, response).then(
      (status) => {
        if (status !== undefined) response.writeHead(status).end();
      },
      () => response.destroy(),
    );
  });
}

/** Listens on the loopback interface; port 0 is any free one. The port; rejects with EADDRINUSE and the like. */
export function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

/** Sends a file, or gives the status of the empty answer that is still to be sent. */
async function answer(
  options: SiteOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<number | undefined> {
  for (const [name, value] of Object.entries(options.headers ?? SITE_HEADERS))
    response.setHeader(name, value);
  const pathname = decodePath(request.url ?? '/');
  if (pathname === undefined) return 400;
  if (request.method === 'POST' && options.post !== undefined) {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    options.post(pathname, Buffer.concat(parts));
    return 204;
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') return 405;
  const file = locateFile(options.folders, pathname);
  const handle = file === undefined ? undefined : await openFile(file);
  if (file === undefined || handle === undefined) return 404;
  try {
    return await sendFile(file, handle, options.compress ?? false, request, response);
  } finally {
    await handle.close();
  }
}

async function sendFile(
  file: string,
  handle: FileHandle,
  mayCompress: boolean,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<number | undefined> {
  const { size, mtimeMs } = await handle.stat();
  // Tells the page when a file was replaced while it was reading it.
  const version = `"${size.toString(16)}-${Math.round(mtimeMs).toString(16)}"`;
  const isSame = (request.headers['if-range'] ?? version) === version;
  const range = isSame ? parseRange(request.headers.range, size) : undefined;
  response.setHeader('ETag', version);
  response.setHeader('Accept-Ranges', 'bytes');
  if (range === 'unsatisfiable') {
    response.setHeader('Content-Range', `bytes */${size}`);
    return 416;
  }
  const { start, end } = range ?? { start: 0, end: size - 1 };
  if (range !== undefined) response.setHeader('Content-Range', `bytes ${start}-${end}/${size}`);
  response.setHeader(
    'Content-Type',
    MIME_TYPES[path.extname(file).toLowerCase()] ?? 'application/octet-stream',
  );
  const compressed =
    mayCompress && range === undefined
      ? await compressedFile(file, version, request.headers['accept-encoding'])
      : undefined;
  if (compressed) response.setHeader('Content-Encoding', 'br');
  if (mayCompress) response.setHeader('Vary', 'Accept-Encoding');
  response.setHeader('Content-Length', compressed?.length ?? end - start + 1);
  // Vite puts a digest in the names under assets/; model files must not fill the browser's cache.
  const isHashed = path.basename(path.dirname(file)) === 'assets';
  response.setHeader('Cache-Control', isHashed ? 'max-age=31536000, immutable' : 'no-store');
  response.statusCode = range === undefined ? 200 : 206;
  if (compressed || request.method === 'HEAD' || end < start) {
    response.end(request.method === 'HEAD' ? undefined : compressed);
    return undefined;
  }
  await pipeline(handle.createReadStream({ start, end, autoClose: false }), response);
  return undefined;
}

/**
 * The byte range a `Range` header asks for, ends included. `undefined` means the whole file: no header, or one
 * this server does not honour (several ranges, other units), as RFC 9110 §14.2 allows.
 */
export function parseRange(
  header: string | undefined,
  size: number,
): { start: number; end: number } | 'unsatisfiable' | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  const [, first = '', last = ''] = match ?? [];
  if (first === '' && last === '') return undefined;
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (first !== '' && last !== '' && Number(last) < start) return undefined;
  return start >= size || end < start ? 'unsatisfiable' : { start, end };
}

/** The file an address means, or `undefined` when it leaves its folder or belongs to none. */
export function locateFile(folders: SiteOptions['folders'], pathname: string): string | undefined {
  const single = folders[pathname];
  if (single !== undefined && !pathname.endsWith('/')) return single;
  const prefix = Object.keys(folders)
    .filter((candidate) => candidate.endsWith('/') && pathname.startsWith(candidate))
    .sort((a, b) => b.length - a.length)[0];
  const folder = prefix === undefined ? undefined : folders[prefix];
  if (prefix === undefined || folder === undefined) return undefined;
  const names = pathname.slice(prefix.length).split('/');
  const isSafe = names.every((name) => name !== '..' && !/[\\\0:]/.test(name));
  if (!isSafe) return undefined;
  return path.join(folder, ...names, names.at(-1) === '' ? 'index.html' : '');
}

function decodePath(url: string): string | undefined {
  try {
    return decodeURIComponent(url.split(/[?#]/, 1)[0] ?? '/');
  } catch {
    return undefined;
  }
}

async function openFile(file: string): Promise<FileHandle | undefined> {
  try {
    const handle = await open(file);
    if ((await handle.stat()).isFile()) return handle;
    await handle.close();
  } catch {
    // A file that cannot be opened is answered as one that is not there.
  }
  return undefined;
}
