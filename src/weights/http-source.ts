/**
 * @file A model folder on a web server, read with HTTP ranges (RFC 9110 §14). The size of a file is learnt from its
 * first ranged answer because many hosts refuse HEAD; a host without ranges is read whole, once, unless only the
 * beginnings of files are wanted. Every answer is checked to be the asked bytes of the file first opened: nothing half-read, shifted or replaced meanwhile passes.
 */
import { AppError, throwIfAborted } from '../error.ts';
import { blobFile } from './blob-file.ts';
import type { Download, FileVersion } from './download.ts';
import { FileHash, publishedSha256 } from './file-hash.ts';
import { takeBeginning } from './http-beginning.ts';
import {
  broken,
  changed,
  discard,
  PartReading,
  plainLength,
  refusal,
  versionOf,
  type Part,
  type Range,
} from './http-range.ts';
import { RANGE_BYTES } from './kept-parts.ts';
import { chunks, exchange, INTERACTIVE, PATIENT, type HttpTiming } from './http-request.ts';
import type { ModelSource, RandomAccessFile } from './source.ts';

/** What opening a file fetches: enough for the header of most weight files, and all of most others. */
const FIRST_BYTES = 256 * 1024;
/** Always wanted whole, so a plain request serves best: it may be compressed on its way. */
const TEXT_FILE = /\.(json|txt)$/;
/** Pieces in which a body that has to be taken whole is handed to the browser, which keeps them off the page's heap. */
const SPOOL_BYTES = 8 * 1024 * 1024;
/** What a file's hash may hold back before it fetches what is missing itself. */
const MAX_HELD_BYTES = 64 * 1024 * 1024;

export interface HttpOptions {
  /** Remembers versions and hashes of the files; absent where nothing is kept of them. */
  readonly download?: Download | undefined;
  /** Only the beginnings of weight files will be read: on a host without ranges nothing else is fetched. */
  readonly beginningsOnly?: boolean;
  readonly timing?: HttpTiming;
}

/**
 * The files below an address. 404, 410 and a web page in a file's place (hosts that answer every unknown path with
 * their start page) mean that a file is not there; any other failure is an `AppError`.
 * @param baseUrl absolute address of the folder; a query in it goes along with every request
 */
export function httpSource(baseUrl: string, options: HttpOptions = {}): ModelSource {
  return {
    label: baseUrl,
    isFar: !isSameOrigin(new URL(baseUrl)),
    open: (path, signal) => new HttpFile(fileUrl(baseUrl, path), path, options).open(signal),
  };
}

function fileUrl(baseUrl: string, path: string): URL {
  const url = new URL(baseUrl);
  const folder = url.pathname.endsWith('/') ? url.pathname : `${url.pathname}/`;
  url.pathname = folder + path.split('/').map(encodeURIComponent).join('/');
  return url;
}

/** Hears of bytes that have arrived; unless they last, the next attempt begins anew. */
type OnBytes = (count: number, isLasting?: boolean) => void;

class HttpFile {
  readonly #url: URL;
  readonly #path: string;
  readonly #download: Download | undefined;
  readonly #beginningsOnly: boolean;
  readonly #timing: HttpTiming;

  constructor(url: URL, path: string, { download, beginningsOnly = false, timing }: HttpOptions) {
    this.#url = url;
    this.#path = path;
    this.#download = download;
    this.#beginningsOnly = beginningsOnly;
    this.#timing = timing ?? (download ? PATIENT : INTERACTIVE);
  }

  async open(signal?: AbortSignal): Promise<RandomAccessFile | undefined> {
    const begun = this.#keptVersion(this.#download?.begun(this.#url.href));
    if (begun && this.#download?.parts?.has(this.#url.href)) {
      const bytes = await this.#read(begun, { begin: 0, end: Math.min(FIRST_BYTES, begun.size) }, signal);
      return this.#ranged({ ...begun, sha256: begun.sha256, bytes, hasRanges: true }, signal);
    }
    const answer = await this.#beginning(FIRST_BYTES, signal);
    if (answer === undefined) return undefined;
    if (answer instanceof Blob) return blobFile(this.#path, answer);
    this.#pin(answer);
    this.#keep(answer, answer.bytes);
    return answer.hasRanges ? this.#ranged(answer, signal) : this.#frontToBack(answer);
  }

  /** So many bytes of a file or more; all of one that is wanted whole or comes in no other way. */
  #beginning(wantedBytes: number, signal: AbortSignal | undefined): Promise<Part | Blob | undefined> {
    const isText = TEXT_FILE.test(this.#path);
    const range = isText ? undefined : { begin: 0, end: wantedBytes };
    const reading = new PartReading(this.#path, range ?? { begin: 0, end: 0 });
    return this.#exchange(
      () => (range ? { Range: reading.header } : {}),
      signal,
      async (response, onBytes) => {
        if (isAbsent(response)) return discard(response);
        if (range && response.status === 416) {
          // Not even the first byte can be had: the file is empty.
          await discard(response);
          return new Blob();
        }
        if (!response.ok) throw await refusal(response, this.#path);
        if (range && response.status === 206) return reading.take(response, onBytes);
        if (range && this.#beginningsOnly)
          return takeBeginning(response, wantedBytes, this.#path, (count) => onBytes(count, false));
        return this.#spool(response, isText, onBytes, signal);
      },
    );
  }

  async #ranged(first: Part, signal: AbortSignal | undefined): Promise<RandomAccessFile> {
    const { size } = first;
    const hash = await this.#hash(first, signal);
    await hash?.accept(0, first.bytes);
    return {
      path: this.#path,
      size,
      address: this.#url.href,
      read: async (offset, length, signal) => {
        const end = this.#end(offset, length, size, signal);
        if (end <= first.bytes.length || length === 0) return first.bytes.slice(offset, end);
        const bytes = await this.#read(first, { begin: offset, end }, signal);
        await hash?.accept(offset, bytes);
        while (hash?.gap && hash.heldBytes > MAX_HELD_BYTES) await this.#fill(first, hash, signal);
        return bytes;
      },
    };
  }

  /** A file of which every read fetches what is before it too, unless that is there. */
  #frontToBack(first: Part): RandomAccessFile {
    const { size, version } = first;
    let { bytes } = first;
    return {
      path: this.#path,
      size,
      address: this.#url.href,
      isFrontToBack: true,
      read: async (offset, length, signal) => {
        const end = this.#end(offset, length, size, signal);
        if (end > bytes.length) {
          const more = await this.#beginning(end, signal);
          if (!more || more instanceof Blob || more.size !== size || more.version !== version)
            throw new AppError('weights/changed', { file: this.#path });
          ({ bytes } = more);
        }
        return bytes.slice(offset, end);
      },
    };
  }

  /** Where a read ends that may be done. */
  #end(offset: number, length: number, size: number, signal: AbortSignal | undefined): number {
    throwIfAborted(signal);
    const end = offset + length;
    if (end <= size) return end;
    throw broken(this.#path, `bytes up to ${end} were asked for, but the file has only ${size}`);
  }

  /**
   * The version of a file whose parts may be kept: one that can be told from the next. Without it nothing would show
   * that the rest comes from another file than the parts.
   */
  #keptVersion<T extends FileVersion>(file: T | undefined): T | undefined {
    return this.#download?.parts && file && file.version !== null ? file : undefined;
  }

  /** Keeps the beginning of a file. */
  #keep(file: FileVersion, bytes: Uint8Array<ArrayBuffer>): void {
    if (!this.#keptVersion(file)) return;
    this.#download?.parts?.add({ address: this.#url.href, begin: 0, end: bytes.length }, bytes);
  }

  #read(file: FileVersion, range: Range, signal: AbortSignal | undefined): Promise<Uint8Array<ArrayBuffer>> {
    const fetch = (missing: Range) => this.#range(file, missing, signal);
    const parts = this.#keptVersion(file) && this.#download?.parts;
    return parts ? parts.read(this.#url.href, range, fetch) : fetch(range);
  }

  /** Fetches a range of the file that was opened, however many answers that takes. */
  async #range(
    first: FileVersion,
    range: Range,
    signal: AbortSignal | undefined,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const reading = new PartReading(this.#path, range, first);
    // Only a strong validator may be used, and only at home: elsewhere the header would need the host's consent.
    const validator = first.version?.startsWith('"') && isSameOrigin(this.#url) ? first.version : undefined;
    const headers = (): Record<string, string> => ({
      Range: reading.header,
      ...(validator !== undefined && { 'If-Range': validator }),
    });
    const part = await this.#exchange(headers, signal, async (response, onBytes) => {
      if (isAbsent(response)) throw await refusal(response, this.#path, 404);
      if (response.status === 206) return reading.take(response, onBytes);
      const { headers } = response;
      const [, total] = /\*\/(\d+)/.exec(headers.get('content-range') ?? '') ?? [];
      const told = response.ok ? plainLength(response) : Number(total ?? first.size);
      const isOther =
        (response.ok && versionOf(response) !== first.version) || (told ?? first.size) !== first.size;
      if (isOther) throw await changed(response, this.#path);
      if (!response.ok) throw await refusal(response, this.#path);
      await discard(response);
      throw broken(this.#path, 'the server no longer answers range requests');
    });
    return part.bytes;
  }

  /** Fetches some of the bytes that only the hash still needs. */
  async #fill(first: Part, hash: FileHash, signal: AbortSignal | undefined): Promise<void> {
    const gap = hash.gap;
    if (!gap) return;
    const range = { begin: gap.begin, end: Math.min(gap.end, gap.begin + RANGE_BYTES) };
    await hash.accept(range.begin, await this.#read(first, range, signal));
  }

  #expected(
    sent: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<string | undefined> | undefined {
    return this.#download?.expected({ url: this.#url, path: this.#path, sent }, signal);
  }

  async #hash(first: Part, signal: AbortSignal | undefined): Promise<FileHash | undefined> {
    const sha256 = await this.#expected(first.sha256, signal);
    if (!this.#download || sha256 === undefined) return undefined;
    return this.#download.hash(this.#url.href, this.#path, first.size, sha256, (hash, fillSignal) =>
      this.#fill(first, hash, fillSignal),
    );
  }

  #pin({ size, version, sha256 }: FileVersion): void {
    const isSame = this.#download?.pin(this.#url.href, { size, version, sha256 }) ?? true;
    if (!isSame) throw new AppError('weights/changed', { file: this.#path });
  }

  /** Takes a body whole, front to back. Where it breaks off, only its beginning helps: without ranges it starts over. */
  async #spool(
    response: Response,
    isText: boolean,
    onBytes: OnBytes,
    signal: AbortSignal | undefined,
  ): Promise<Blob> {
    // A text may be compressed on its way, which another origin's answer does not show.
    const announced = isText ? undefined : plainLength(response);
    const version = versionOf(response);
    const sha256 = await this.#expected(isText ? undefined : publishedSha256(response), signal);
    const hash = sha256 === undefined ? undefined : new FileHash(Infinity, sha256);
    const spooled: Blob[] = [];
    let open: Uint8Array<ArrayBuffer>[] = [];
    let size = 0;
    let openBytes = 0;
    for await (const chunk of chunks(response)) {
      onBytes(chunk.length, false);
      await hash?.accept(size, chunk);
      open.push(chunk as Uint8Array<ArrayBuffer>);
      size += chunk.length;
      openBytes += chunk.length;
      if (openBytes < SPOOL_BYTES) continue;
      spooled.push(new Blob(open));
      open = [];
      openBytes = 0;
    }
    if (announced !== undefined && announced !== size)
      throw new Error(`${announced} bytes were announced, but ${size} arrived`);
    const file = { size, version };
    // What is kept is not asked for again, so a text cannot change.
    if (!isText || this.#keptVersion(file)) this.#pin(file);
    hash?.check(this.#path);
    if (hash) this.#download?.countChecked();
    const whole = new Blob([...spooled, ...open]);
    if (isText) this.#keep(file, new Uint8Array(await whole.arrayBuffer()));
    return whole;
  }

  #exchange<T>(
    headers: () => Record<string, string>,
    signal: AbortSignal | undefined,
    use: (response: Response, onBytes: OnBytes) => Promise<T>,
  ): Promise<T> {
    const request = {
      url: this.#url,
      path: this.#path,
      signal,
      timing: this.#timing,
      uncached: this.#download !== undefined,
      headers,
    };
    return exchange(request, (response, pulse) =>
      use(response, (count, isLasting = true) => {
        pulse(isLasting);
        this.#download?.onBytes(count);
      }),
    );
  }
}

function isSameOrigin(url: URL): boolean {
  const home = globalThis.location as Location | undefined;
  return home === undefined || home.origin === url.origin;
}

function isAbsent(response: Response): boolean {
  const isPage = response.headers.get('content-type')?.startsWith('text/html') ?? false;
  return response.status === 404 || response.status === 410 || (response.ok && isPage);
}
