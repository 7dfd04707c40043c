/**
 * @file What the tests of downloads share: a server on loopback whose every answer can be falsified, and the failures
 * that come of it.
 */
import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect } from 'vitest';
import type { HttpTiming } from './http-request.ts';
import { httpSource } from './http-source.ts';

export const MIB = 1024 * 1024;
export const BODY = Uint8Array.from({ length: MIB }, (_, i) => (i * 31 + (i >> 8)) & 0xff);
/** Patience enough for a server that answers at once, however busy the machine is. */
export const QUICK = { attempts: 3, delayMs: 1, stallMs: 5000, maxWaitMs: 1500 };
export const PATH = 'unet/diffusion_pytorch_model.safetensors';

let stop: (() => void) | undefined;
afterEach(stopServer);

/** Lets the server go, as it is after every test. */
export function stopServer(): void {
  stop?.();
  stop = undefined;
}

/** A server on loopback; `requests` holds what it was asked. */
export async function serve(handler: RequestListener, timing: HttpTiming = QUICK) {
  const requests: { url: string; range: string | undefined }[] = [];
  const ifRange: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    requests.push({ url: request.url ?? '', range: request.headers.range });
    ifRange.push(request.headers['if-range'] as string | undefined);
    handler(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stop = () => {
    server.closeAllConnections();
    server.close();
  };
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { address, requests, ifRange, source: httpSource(`${address}/models/m/`, { timing }) };
}

export interface Lie {
  body?: Uint8Array;
  headers?: Record<string, string>;
  contentRange?: string | null;
  part?: Uint8Array;
}

/** What a server with ranges sends; every part of it can be falsified. */
export function sendRange(
  request: IncomingMessage,
  response: ServerResponse,
  { body = BODY, headers = {}, contentRange, part }: Lie = {},
) {
  const [, begin = 0, last = 0] = (/^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? []).map(Number);
  if (begin >= body.length) {
    response.writeHead(416, { 'content-range': `bytes */${body.length}` }).end();
    return;
  }
  const asked = body.subarray(begin, last + 1);
  const told = `bytes ${begin}-${begin + asked.length - 1}/${body.length}`;
  if (contentRange !== null) response.setHeader('content-range', contentRange ?? told);
  response.writeHead(206, { 'content-type': 'application/octet-stream', ...headers }).end(part ?? asked);
}

/** Many bytes; comparing them one by one takes long. */
export const expectSame = (actual: Uint8Array | undefined, expected: Uint8Array) =>
  expect(Buffer.compare(actual ?? Buffer.of(), expected)).toBe(0);

export const failure = (code: string, detail: object) => ({
  code,
  detail: expect.objectContaining(detail) as object,
});
export const unreachable = (reason: RegExp) =>
  failure('weights/unreachable', { file: PATH, reason: expect.stringMatching(reason) as string });
