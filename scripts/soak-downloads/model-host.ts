/**
 * @file A web server for a model folder that behaves as model hubs do: byte ranges, ETags, readable from other origins.
 * It can be slowed down, made to misbehave, and writes down what was asked of it.
 */
import { createReadStream, statSync } from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { listen, locateFile, parseRange } from '../site.ts';
import type { Range } from './ranges.ts';

export interface ModelHostOptions {
  readonly folder: string;
  /** Of each connection. Absent: as fast as it goes. */
  readonly bytesPerSecond?: number | undefined;
  /** Published SHA-256 by path, sent as hubs do. */
  readonly sha256?: ReadonlyMap<string, string>;
  /**
   * Hears of every request first: answers in the host's place and returns nothing, or returns the path of the file that
   * the host is to send. A `Content-Range` it has set stays.
   */
  readonly intercept?: (
    path: string,
    request: IncomingMessage,
    response: ServerResponse,
  ) => string | undefined | Promise<string | undefined>;
  /**
   * Asked before a body is sent: the byte of the file before which it breaks off, whatever was announced. Without an
   * answer, or past the end of what was asked for, it is sent in full.
   */
  readonly cutAt?: (request: HostRequest) => number | undefined;
}

/** A file, or a part of one, that was asked for. */
export interface HostRequest extends Range {
  readonly path: string;
  /** The host's `session` at that time. */
  readonly session: number;
  sentBytes: number;
  /** Milliseconds since 1970; absent until all of it has been handed to the connection. */
  sentAt?: number;
}

const CHUNK_BYTES = 64 * 1024;
const PUBLIC_HEADERS = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Headers': 'Range, If-Range',
  'Access-Control-Expose-Headers': 'Content-Range, Content-Length, ETag, X-Linked-Etag',
  'Cross-Origin-Resource-Policy': 'cross-origin',
  'Cache-Control': 'no-store',
};

export class ModelHost {
  /** Everything that was asked for, in that order; not what is not there, nor what was intercepted. */
  readonly requests: HostRequest[] = [];
  /** A number for the requests that follow. */
  session = 0;
  /** What tells this version of the files from the next. */
  version = '1';
  readonly #options: ModelHostOptions;
  readonly #server: Server;
  #port = 0;

  private constructor(options: ModelHostOptions) {
    this.#options = options;
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch(() => response.destroy());
    });
  }

  static async start(options: ModelHostOptions): Promise<ModelHost> {
    const host = new ModelHost(options);
    host.#port = await listen(host.#server, 0);
    return host;
  }

  /** The folder's address. */
  get address(): string {
    return `http://127.0.0.1:${this.#port}/`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    for (const [name, value] of Object.entries(PUBLIC_HEADERS)) response.setHeader(name, value);
    const { pathname } = new URL(request.url ?? '/', this.address);
    const asked = decodeURIComponent(pathname.slice(1));
    const { folder, sha256, intercept } = this.#options;
    if (request.method === 'OPTIONS') {
      response.writeHead(204).end();
      return;
    }
    const path = intercept ? await intercept(asked, request, response) : asked;
    if (path === undefined) return;
    const file = locateFile({ '/': folder }, `/${path}`) ?? '';
    const stat = statSync(file, { throwIfNoEntry: false });
    if (!stat?.isFile()) {
      response.writeHead(404).end();
      return;
    }
    response.setHeader('ETag', `"${this.version}-${stat.size}"`);
    const published = sha256?.get(path);
    if (published !== undefined) response.setHeader('X-Linked-Etag', `"${published}"`);
    const range = parseRange(request.headers.range, stat.size);
    if (range === 'unsatisfiable') {
      response.writeHead(416, { 'Content-Range': `bytes */${stat.size}` }).end();
      return;
    }
    const { start, end } = range ?? { start: 0, end: stat.size - 1 };
    // Unless a lie is to go in its place.
    if (range && !response.hasHeader('Content-Range'))
      response.setHeader('Content-Range', `bytes ${start}-${end}/${stat.size}`);
    response.writeHead(range ? 206 : 200, { 'Content-Length': end + 1 - start });
    const entry: HostRequest = { path, session: this.session, begin: start, end: end + 1, sentBytes: 0 };
    this.requests.push(entry);
    await this.#send(file, entry, response);
  }

  async #send(file: string, entry: HostRequest, response: ServerResponse): Promise<void> {
    const { bytesPerSecond, cutAt } = this.#options;
    const end = Math.min(entry.end, Math.max(entry.begin, cutAt?.(entry) ?? entry.end));
    const options = { start: entry.begin, end: end - 1, highWaterMark: CHUNK_BYTES };
    const isEmpty = entry.begin === end;
    for await (const chunk of isEmpty ? [] : createReadStream(file, options)) {
      if (response.destroyed) return;
      const { length } = chunk as Buffer;
      response.write(chunk);
      entry.sentBytes += length;
      if (bytesPerSecond !== undefined) await sleep((1000 * length) / bytesPerSecond);
      if (response.writableNeedDrain) await drained(response);
    }
    if (response.destroyed) return;
    if (end < entry.end) {
      response.flushHeaders();
      // What was sent so far still arrives.
      response.socket?.end();
      return;
    }
    entry.sentAt = Date.now();
    response.end();
  }
}

/** Waits until a connection takes more, or is gone. */
async function drained(response: ServerResponse): Promise<void> {
  const unheard = new AbortController();
  const hear = (name: string) => once(response, name, { signal: unheard.signal }).catch(() => undefined);
  if (!response.destroyed) await Promise.race([hear('drain'), hear('close')]);
  unheard.abort();
}
