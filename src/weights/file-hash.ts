/**
 * @file Checks a file against a published SHA-256 while pieces of it arrive in any order. A hash can only be taken
 * from front to back, so what comes early is held until what is before it has come; whoever reads the file fetches
 * what nobody else asks for (see `gap`). Bytes pass once: a piece that comes again is not looked at again.
 */
import { AppError } from '../error.ts';
import { Sha256, type Sha256State } from './sha256.ts';

/** Hashing is done in steps, so that a worker keeps hearing its messages. */
const STEP_BYTES = 8 * 1024 * 1024;

interface Piece {
  readonly begin: number;
  readonly bytes: Uint8Array;
}

/** How far a file's hash has come, as plain data. */
export interface FileHashState {
  readonly sha256: string;
  readonly state: Sha256State;
}

export class FileHash {
  /** Published for the file: lower-case hex. */
  readonly sha256: string;
  readonly #size: number;
  readonly #hash: Sha256;
  #held: Piece[] = [];
  #work: Promise<void> = Promise.resolve();

  constructor(size: number, sha256: string, state?: Sha256State) {
    this.#size = size;
    this.sha256 = sha256;
    this.#hash = new Sha256(state);
  }

  /** Bytes that are hashed: so many from the file's beginning on. */
  get length(): number {
    return this.#hash.length;
  }

  /** Bytes that wait for what is before them. */
  get heldBytes(): number {
    return this.#held.reduce((sum, { bytes }) => sum + bytes.length, 0);
  }

  /** The first bytes that are missing, `undefined` when the end is reached. */
  get gap(): { readonly begin: number; readonly end: number } | undefined {
    const begin = this.#hash.length;
    const end = this.#held[0]?.begin ?? this.#size;
    return begin < end ? { begin, end } : undefined;
  }

  /** Takes bytes from anywhere in the file; they must not change afterwards. */
  accept(begin: number, bytes: Uint8Array): Promise<void> {
    this.#work = this.#work.then(async () => {
      if (begin + bytes.length <= this.#hash.length) return;
      this.#held = [...this.#held, { begin, bytes }].sort((a, b) => a.begin - b.begin);
      for (let next = this.#held[0]; next && next.begin <= this.#hash.length; next = this.#held[0]) {
        this.#held.shift();
        const { length } = this.#hash;
        for (let at = length - next.begin; at < next.bytes.length; at += STEP_BYTES) {
          this.#hash.update(next.bytes.subarray(at, at + STEP_BYTES));
          await new Promise((resolve) => setTimeout(resolve));
        }
      }
    });
    return this.#work;
  }

  /** Where the hash stands; what is held is not part of it. */
  state(): FileHashState {
    return { sha256: this.sha256, state: this.#hash.state() };
  }

  /**
   * Once nothing is missing any more.
   * @throws AppError `weights/checksum`
   */
  check(file: string): void {
    if (this.#hash.hex() !== this.sha256) throw new AppError('weights/checksum', { file });
  }
}

/**
 * The SHA-256 that an answer's headers publish. Hubs give it as `x-linked-etag`; an ETag of 64 hex digits is one
 * too where the address itself answered. Where a redirect led elsewhere, that host's ETag may be any other digest.
 */
export function publishedSha256({ headers, redirected }: Response): string | undefined {
  const tag = headers.get('x-linked-etag') ?? (redirected ? null : headers.get('etag'));
  return /^(?:W\/)?"?([0-9a-f]{64})"?$/i.exec(tag ?? '')?.[1]?.toLowerCase();
}
