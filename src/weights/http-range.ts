/**
 * @file One range of a file on its way, and what can be wrong with the answers that bring it.
 */
import { AppError } from '../error.ts';
import { publishedSha256 } from './file-hash.ts';
import { chunks } from './http-request.ts';

/** Bytes `begin` (inclusive) to `end`. */
export interface Range {
  readonly begin: number;
  readonly end: number;
}

/** Bytes of a file, and what the answer that brought them says of the whole. */
export interface Part {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly size: number;
  /** The strongest validator the server shows; `null` when it shows none. */
  readonly version: string | null;
  /** Published for the whole file. */
  readonly sha256: string | undefined;
  /** Whether the server can be asked for any other part alone. */
  readonly hasRanges: boolean;
}

/** A range on its way; where a connection breaks, the next answer goes on. */
export class PartReading {
  readonly #path: string;
  readonly #asked: Range;
  /** What the file was when it was opened, or when its first bytes arrived. */
  #file: Pick<Part, 'size' | 'version'> | undefined;
  #bytes: Uint8Array<ArrayBuffer> | undefined;
  #filled = 0;

  constructor(path: string, asked: Range, file?: Pick<Part, 'size' | 'version'>) {
    this.#path = path;
    this.#asked = asked;
    this.#file = file;
  }

  /** The `Range` header for what is missing. */
  get header(): string {
    return `bytes=${this.#asked.begin + this.#filled}-${this.#asked.end - 1}`;
  }

  /**
   * Reads the body of a 206 answer.
   * @throws AppError when it is not what was asked for; another error when it breaks off
   */
  async take(response: Response, onBytes: (count: number) => void): Promise<Part> {
    const { headers } = response;
    const told = headers.get('content-range');
    const [, begin, last, total] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(told ?? '') ?? [];
    const size = Number(total);
    const version = versionOf(response);
    const file = this.#file;
    if (file && (version !== file.version || (total !== undefined && size !== file.size))) {
      throw await changed(response, this.#path);
    }
    const from = this.#asked.begin + this.#filled;
    const end = Math.min(this.#asked.end, size);
    const encoding = headers.get('content-encoding') ?? 'identity';
    if (Number(begin) !== from || Number(last) !== end - 1 || encoding !== 'identity') {
      await discard(response);
      const sent = `'${told ?? 'no readable Content-Range'}', encoding ${encoding}`;
      throw broken(
        this.#path,
        `bytes ${from}-${this.#asked.end - 1} were asked for, but the server sent ${sent}`,
      );
    }
    this.#file = { size, version };
    const bytes = (this.#bytes ??= new Uint8Array(end - this.#asked.begin));
    for await (const chunk of chunks(response)) {
      if (this.#filled + chunk.length > bytes.length) {
        throw broken(this.#path, `${end - from} bytes were announced, but more arrived`);
      }
      bytes.set(chunk, this.#filled);
      this.#filled += chunk.length;
      onBytes(chunk.length);
    }
    if (this.#filled < bytes.length) {
      const arrived = this.#asked.begin + this.#filled - from;
      throw new Error(`${end - from} bytes were announced, but ${arrived} arrived`);
    }
    return { bytes, size, version, sha256: publishedSha256(response), hasRanges: true };
  }
}

/** The strongest validator a server shows; `null` when it shows none. */
export function versionOf({ headers }: Response): string | null {
  return headers.get('etag') ?? headers.get('last-modified');
}

/** What a server says of the length of a body, in bytes; nothing of one that is compressed on its way. */
export function plainLength({ headers }: Response): number | undefined {
  const told = headers.has('content-encoding') ? null : headers.get('content-length');
  return told === null ? undefined : Number(told);
}

/** Lets the connection go without reading the body. */
export async function discard(response: Response): Promise<undefined> {
  await response.body?.cancel();
}

/** The failure that a status stands for. */
export async function refusal(response: Response, file: string, status = response.status): Promise<AppError> {
  await discard(response);
  return new AppError('weights/not-found', { file, status });
}

/** The file on the server is another than the one opened. */
export async function changed(response: Response, file: string): Promise<AppError> {
  await discard(response);
  return new AppError('weights/changed', { file });
}

/** An answer that is wrong, or none. */
export function broken(file: string, reason: string): AppError {
  return new AppError('weights/unreachable', { file, reason });
}
