/**
 * @file What a download has to remember about the files it reads, across interruptions: which version of each file it
 * began with, and how far each published hash has come. Sources report here; the state is plain data for a journal.
 */
import { FileHash, type FileHashState } from './file-hash.ts';
import { HubHashes } from './hub-hashes.ts';
import type { KeptParts, Part } from './kept-parts.ts';

/** What tells one version of a file from the next. */
export interface FileVersion {
  readonly size: number;
  /** ETag, or else the time of its last modification; `null` when the server shows neither. */
  readonly version: string | null;
  /** Published for the file, lower-case hex. */
  readonly sha256?: string | undefined;
}

/** By the file's address. */
export interface DownloadState {
  readonly versions: Readonly<Record<string, FileVersion>>;
  readonly hashes: Readonly<Record<string, FileHashState>>;
}

export interface DownloadOptions {
  /** Where an earlier download of the same files stopped. */
  readonly state?: DownloadState | undefined;
  /** SHA-256 of files, lower-case hex, by path inside the model; goes before what servers tell. */
  readonly sha256?: Readonly<Record<string, string>> | undefined;
  /** What has arrived of an import; absent where nothing is kept before it is complete. */
  readonly parts?: KeptParts | undefined;
  /** Whether published hashes are looked up and compared. `false` where every byte that is read is compared anyway. */
  readonly checksFiles?: boolean;
  /** Hears of every byte that arrives. */
  readonly onBytes?: (count: number) => void;
}

/** Fetches the bytes of a file that only its hash needs. */
type Fill = (hash: FileHash, signal: AbortSignal | undefined) => Promise<void>;

export class Download {
  readonly onBytes: (count: number) => void;
  readonly parts: KeptParts | undefined;
  readonly #sha256: Readonly<Record<string, string>>;
  readonly #checksFiles: boolean;
  readonly #hub = new HubHashes();
  readonly #versions: Map<string, FileVersion>;
  readonly #earlier: Readonly<Record<string, FileHashState>>;
  readonly #hashes = new Map<string, { path: string; hash: FileHash; fill: Fill }>();
  #checkedFiles = 0;

  constructor({
    state,
    sha256 = {},
    parts,
    checksFiles = true,
    onBytes = () => undefined,
  }: DownloadOptions = {}) {
    this.onBytes = onBytes;
    this.#checksFiles = checksFiles;
    this.parts = parts;
    this.#sha256 = sha256;
    this.#versions = new Map(Object.entries(state?.versions ?? {}));
    this.#earlier = state?.hashes ?? {};
  }

  /** How many files were found to be what was published. */
  get checkedFiles(): number {
    return this.#checkedFiles;
  }

  /** Size of all files begun. */
  get fileBytes(): number {
    return [...this.#versions.values()].reduce((sum, { size }) => sum + size, 0);
  }

  /**
   * The SHA-256 of a file: the one given when the download was ordered, else what its host has sent, else what a hub
   * lists.
   */
  async expected(
    { url, path, sent }: { readonly url: URL; readonly path: string; readonly sent: string | undefined },
    signal?: AbortSignal,
  ): Promise<string | undefined> {
    if (!this.#checksFiles) return undefined;
    return this.#sha256[path]?.toLowerCase() ?? sent ?? (await this.#hub.sha256(url, signal));
  }

  /** The version of a file that the download has begun with. */
  begun(address: string): FileVersion | undefined {
    return this.#versions.get(address);
  }

  /** Remembers a file's version; `false` when it is another than the one begun with. */
  pin(address: string, found: FileVersion): boolean {
    const known = this.#versions.get(address);
    this.#versions.set(address, known ?? found);
    return !known || (known.size === found.size && known.version === found.version);
  }

  /** Starts to check a file, or goes on with it. */
  hash(address: string, path: string, size: number, sha256: string, fill: Fill): FileHash {
    const known = this.#hashes.get(address);
    if (known) return known.hash;
    const earlier = this.#earlier[address];
    const hash = new FileHash(size, sha256, earlier?.sha256 === sha256 ? earlier.state : undefined);
    this.#hashes.set(address, { path, hash, fill });
    return hash;
  }

  /** Counts a file that was checked while it was read from front to back. */
  countChecked(): void {
    this.#checkedFiles++;
  }

  /**
   * Reads what is still needed to compare every file with its published hash. Throws `weights/checksum`.
   * @param onAdvanced called after every range
   */
  async finish(signal?: AbortSignal, onAdvanced?: () => Promise<void>): Promise<void> {
    for (const { path, hash, fill } of this.#hashes.values()) {
      while (hash.gap) {
        await fill(hash, signal);
        await onAdvanced?.();
      }
      hash.check(path);
      this.#checkedFiles++;
    }
  }

  /** The parts that are needed neither for what is left to be read nor for a hash; they are forgotten here. */
  release(left: readonly Part[]): readonly Part[] {
    const hashedBytes = (address: string) => this.#hashes.get(address)?.hash.length ?? Infinity;
    return this.parts?.release(left, hashedBytes) ?? [];
  }

  /** Enough to go on from. */
  state(): DownloadState {
    return {
      versions: Object.fromEntries(this.#versions),
      hashes: Object.fromEntries(
        [...this.#hashes].map(([address, { hash }]): [string, FileHashState] => [address, hash.state()]),
      ),
    };
  }
}
