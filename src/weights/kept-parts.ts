/**
 * @file Ranges of files that have arrived but are not part of anything stored yet. Each is kept as soon as it is there,
 * so an interruption loses no more than the ranges in flight: one of at most {@link RANGE_BYTES} for each reader. What
 * is kept, or on its way, is never asked for again.
 */
import type { Range } from './http-range.ts';

/** The most that is fetched with one request while parts are kept. */
export const RANGE_BYTES = 8 * 1024 * 1024;

/** A range of a file. */
export interface Part extends Range {
  /** The file's. */
  readonly address: string;
}

/** Where parts outlive the page. */
export interface PartStore {
  list(): Promise<Part[]>;
  /** `undefined` when the bytes are gone, or not those that were written. */
  read(part: Part): Promise<Uint8Array<ArrayBuffer> | undefined>;
  write(part: Part, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
}

type Fetch = (range: Range) => Promise<Uint8Array<ArrayBuffer>>;

interface KnownPart extends Part {
  bytes: () => Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** Read while the model was opened, and so needed again by the next attempt. */
  isOfOpening: boolean;
  isStored: boolean;
}

export class KeptParts {
  readonly #store: PartStore;
  readonly #onDamaged: (part: Part) => void;
  #parts: KnownPart[];
  #isOpening = true;

  private constructor(store: PartStore, parts: readonly Part[], onDamaged: (part: Part) => void) {
    this.#store = store;
    this.#onDamaged = onDamaged;
    this.#parts = parts.map((part) => ({
      ...part,
      bytes: () => store.read(part),
      isOfOpening: false,
      isStored: true,
    }));
  }

  /**
   * With what an earlier attempt has kept.
   * @param onDamaged hears of a part that is not what was kept, and is fetched again
   */
  static async open(store: PartStore, onDamaged: (part: Part) => void = () => undefined): Promise<KeptParts> {
    return new KeptParts(store, await store.list(), onDamaged);
  }

  /** Whether the beginning of a file is there. */
  has(address: string): boolean {
    return this.#covering(address, 0) !== undefined;
  }

  /** Bytes that are in the store. */
  get storedBytes(): number {
    return this.#parts.reduce((sum, { begin, end, isStored }) => sum + (isStored ? end - begin : 0), 0);
  }

  /** The bytes of a range, of which only what is not there is fetched. */
  async read(address: string, { begin, end }: Range, fetch: Fetch): Promise<Uint8Array<ArrayBuffer>> {
    const result = new Uint8Array(end - begin);
    for (let at = begin; at < end;) {
      const part = this.#covering(address, at) ?? this.#fetch(this.#gap(address, at, end), fetch);
      part.isOfOpening ||= this.#isOpening;
      const bytes = await part.bytes();
      if (!bytes) {
        this.#onDamaged(part);
        this.#forget(part);
        continue;
      }
      const stop = Math.min(part.end, end);
      result.set(bytes.subarray(at - part.begin, stop - part.begin), at - begin);
      at = stop;
    }
    return result;
  }

  /** Takes a part that has come otherwise, while the model is being opened. */
  add(part: Part, bytes: Uint8Array<ArrayBuffer>): void {
    this.#parts.push({ ...part, bytes: () => Promise.resolve(bytes), isOfOpening: true, isStored: false });
  }

  /** Keeps what opening the model has brought; from now on every part is kept when it arrives. */
  async keep(): Promise<void> {
    this.#isOpening = false;
    for (const part of this.#parts) {
      const bytes = part.isStored ? undefined : await part.bytes();
      if (bytes) await this.#write(part, bytes);
    }
  }

  /**
   * The stored parts that nobody needs any more, which are then forgotten here.
   * @param left what is still to be read
   * @param hashedBytes how far a file's hash has come
   */
  release(left: readonly Part[], hashedBytes: (address: string) => number): Part[] {
    const isNeeded = (part: KnownPart) =>
      part.isOfOpening ||
      !part.isStored ||
      part.end > hashedBytes(part.address) ||
      left.some(
        ({ address, begin, end }) => address === part.address && begin < part.end && end > part.begin,
      );
    const released = this.#parts.filter((part) => !isNeeded(part));
    this.#parts = this.#parts.filter((part) => !released.includes(part));
    return released.map(({ address, begin, end }) => ({ address, begin, end }));
  }

  #covering(address: string, at: number): KnownPart | undefined {
    return this.#parts.find((part) => part.address === address && part.begin <= at && at < part.end);
  }

  /** What may be fetched at once from a place on that no part covers. */
  #gap(address: string, begin: number, end: number): Part {
    const begins = this.#parts.filter((part) => part.address === address && part.begin > begin);
    return { address, begin, end: Math.min(end, begin + RANGE_BYTES, ...begins.map((part) => part.begin)) };
  }

  #fetch(range: Part, fetch: Fetch): KnownPart {
    const arriving = fetch(range).then(async (bytes) => {
      if (!this.#isOpening) await this.#write(part, bytes);
      return bytes;
    });
    const part: KnownPart = { ...range, bytes: () => arriving, isOfOpening: false, isStored: false };
    arriving.catch(() => this.#forget(part));
    this.#parts.push(part);
    return part;
  }

  async #write(part: KnownPart, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const { address, begin, end } = part;
    const plain = { address, begin, end };
    await this.#store.write(plain, bytes);
    part.isStored = true;
    part.bytes = () => this.#store.read(plain);
  }

  #forget(part: KnownPart): void {
    this.#parts = this.#parts.filter((other) => other !== part);
  }
}
