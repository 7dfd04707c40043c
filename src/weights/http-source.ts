/**
 * @file A model folder on a web server, read with HTTP ranges (RFC 9110 §14). The size of a file is learnt from its
 * first ranged answer because many hosts refuse HEAD; a host without ranges is read whole, once. Every answer is
 * checked to be the asked bytes of the file first opened: nothing half-read, shifted or replaced meanwhile passes.
 */
import { AppError, throwIfAborted } from '../error.ts';
import { blobFile } from './blob-file.ts';
import type { ModelSource, RandomAccessFile } from './source.ts';

/** What opening a file fetches: enough for the header of most weight files, and all of most others. */
const FIRST_BYTES = 256 * 1024;
const RETRY_DELAY_MS = 500;
/** Always wanted whole, so a plain request serves best: it may be compressed on its way. */
const TEXT_FILE = /\.(json|txt)$/;

/** Bytes `begin` (inclusive) to `end`. */
interface Range {
  readonly begin: number;
  readonly end: number;
}

/** The body of a 206 answer, and what it says of the whole file. */
interface Part {
  readonly bytes: Uint8Array;
  readonly size: number;
  /** The strongest validator the server shows; `null` when it shows none. */
  readonly version: string | null;
}

/**
 * The files below an address. 404, 410 and a web page in a file's place (hosts that answer every unknown path with
 * their start page) mean that a file is not there; any other failure is an `AppError`.
 * @param baseUrl absolute address of the folder; a query in it goes along with every request
 */
export function httpSource(baseUrl: string): ModelSource {
  return {
    label: baseUrl,
    open: (path, signal) => openHttpFile(fileUrl(baseUrl, path), path, signal),
  };
}

function fileUrl(baseUrl: string, path: string): URL {
  const url = new URL(baseUrl);
  const folder = url.pathname.endsWith('/') ? url.pathname : `${url.pathname}/`;
  url.pathname = folder + path.split('/').map(encodeURIComponent).join('/');
  return url;
}

async function openHttpFile(
  url: URL,
  path: string,
  signal?: AbortSignal,
): Promise<RandomAccessFile | undefined> {
  const range = TEXT_FILE.test(path) ? undefined : { begin: 0, end: FIRST_BYTES };
  const answer = await withRetry(path, signal, async () => {
    const response = await request(url, range, signal);
    if (isAbsent(response)) return discard(response);
    if (range && response.status === 416) {
      // Not even the first byte can be had: the file is empty.
      await discard(response);
      return new Blob();
    }
    if (!response.ok) throw await refusal(response, path);
    return range && response.status === 206 ? readPart(response, path, range) : response.blob();
  });
  if (answer === undefined) return undefined;
  return answer instanceof Blob ? blobFile(path, answer) : rangedFile(url, path, answer);
}

function rangedFile(url: URL, path: string, first: Part): RandomAccessFile {
  const { size, version } = first;
  return {
    path,
    size,
    async read(offset, length, signal) {
      throwIfAborted(signal);
      const end = offset + length;
      if (end > size) throw broken(path, `bytes up to ${end} were asked for, but the file has only ${size}`);
      if (end <= first.bytes.length || length === 0) return first.bytes.slice(offset, end);
      const range = { begin: offset, end };
      const part = await withRetry(path, signal, async () => {
        const response = await request(url, range, signal);
        if (isAbsent(response)) throw await refusal(response, path, 404);
        if (!response.ok) throw await refusal(response, path);
        if (response.status === 206) return readPart(response, path, range);
        await discard(response);
        throw broken(path, 'the server no longer answers range requests');
      });
      if (part.size !== size || part.version !== version) {
        throw broken(path, 'the file on the server was replaced while it was being read');
      }
      return part.bytes;
    },
  };
}

function request(url: URL, range: Range | undefined, signal: AbortSignal | undefined): Promise<Response> {
  const headers: HeadersInit = range ? { Range: `bytes=${range.begin}-${range.end - 1}` } : {};
  return fetch(url, { headers, signal: signal ?? null });
}

function isAbsent(response: Response): boolean {
  const isPage = response.headers.get('content-type')?.startsWith('text/html') ?? false;
  return response.status === 404 || response.status === 410 || (response.ok && isPage);
}

/** Lets the connection go without reading the body. */
async function discard(response: Response): Promise<undefined> {
  await response.body?.cancel();
}

async function refusal(response: Response, file: string, status = response.status): Promise<AppError> {
  await discard(response);
  return new AppError('weights/not-found', { file, status });
}

function broken(file: string, reason: string, cause?: unknown): AppError {
  return new AppError('weights/unreachable', { file, reason }, cause);
}

async function readPart(response: Response, path: string, asked: Range): Promise<Part> {
  const told = response.headers.get('content-range');
  const [, begin, last, total] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(told ?? '') ?? [];
  const size = Number(total);
  const end = Math.min(asked.end, size);
  const encoding = response.headers.get('content-encoding') ?? 'identity';
  if (Number(begin) !== asked.begin || Number(last) !== end - 1 || encoding !== 'identity') {
    await discard(response);
    const sent = `'${told ?? 'no readable Content-Range'}', encoding ${encoding}`;
    throw broken(path, `bytes ${asked.begin}-${asked.end - 1} were asked for, but the server sent ${sent}`);
  }
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (bytes.length !== end - asked.begin) {
    throw broken(path, `${end - asked.begin} bytes were announced, but ${bytes.length} arrived`);
  }
  const version = response.headers.get('etag') ?? response.headers.get('last-modified');
  return { bytes, size, version };
}

/** Runs an exchange, once more after a pause if the connection breaks. Answers that are wrong are not asked again. */
async function withRetry<T>(
  path: string,
  signal: AbortSignal | undefined,
  exchange: () => Promise<T>,
): Promise<T> {
  for (let isRetry = false; ; isRetry = true) {
    throwIfAborted(signal);
    try {
      return await exchange();
    } catch (error) {
      throwIfAborted(signal);
      if (error instanceof AppError) throw error;
      if (isRetry) throw broken(path, describe(error), error);
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_DELAY_MS));
  }
}

/** Node's "fetch failed" keeps what happened in its cause; browsers have only their message. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
