/** @file What the page and the engine say of the models in the browser's store. */
import type { ModelReference } from './model.ts';

/** `damaged`: a record is gone; only `verify` finds changed bytes. */
type StoredState = 'ready' | 'incomplete' | 'damaged';

/** A model in the browser's store, or one on its way there. */
export interface StoredModel {
  readonly id: string;
  readonly name: string;
  readonly licence: string | undefined;
  /** The address or file it came from, as people know it. */
  readonly source: string;
  /** Where it can be had again without asking; files from disk are left out of it, see `withFiles`. */
  readonly reference: ModelReference | undefined;
  /** As given when it was added. */
  readonly version: string | undefined;
  readonly state: StoredState;
  /** Bytes of the whole model, in bfloat16. */
  readonly byteLength: number;
  /** Bytes of it that are in the store. */
  readonly storedBytes: number;
  /** Bytes that nothing else in the store needs: what `remove` frees. */
  readonly ownBytes: number;
  readonly hash: string | undefined;
  /** What rounding to bfloat16 changed; absent where nothing was rounded, or before it is known. */
  readonly rounding: { readonly relativeL2: number; readonly tensors: number } | undefined;
  /** What the files left open, see `Checkpoint.assumptions`. */
  readonly assumptions: readonly string[];
  /** How many files were compared with a SHA-256 published for them. */
  readonly checkedFiles: number;
  /** Milliseconds since 1970; absent before it is complete. */
  readonly addedAt: number | undefined;
}

/** The browser's storage for this site; a figure is absent where the browser does not tell. */
export interface StorageReport {
  readonly usedBytes: number | undefined;
  readonly availableBytes: number | undefined;
  /** Whether the browser has promised not to evict it. */
  readonly persisted: boolean | undefined;
}

export interface LibraryListing {
  readonly models: readonly StoredModel[];
  readonly storage: StorageReport;
}

/** What adding a model would mean. */
export interface ModelInspection {
  readonly id: string;
  readonly name: string;
  readonly licence: string | undefined;
  readonly source: string;
  readonly assumptions: readonly string[];
  /** Bytes it takes in the store, in bfloat16; models that share parts with it may make it less. */
  readonly byteLength: number;
  /** Bytes of it still to be stored: less than `byteLength` after an interrupted download, 0 when it is there. */
  readonly missingBytes: number;
  /** Room the store needs for that; parts of files that are under way take more than what becomes of them. */
  readonly neededBytes: number;
  /** Bytes of weights that have yet to come over the network: of float32 files twice what is stored, of files from disk none. */
  readonly fetchBytes: number;
  readonly storage: StorageReport;
}

export interface AddOptions {
  /** The name to store it under. Absent: from its address or file. */
  readonly id?: string;
  /** Where it comes from in the user's words. Absent: the checkpoint's label. */
  readonly source?: string;
  /** Anything that tells one edition from the next; given back by `list`. */
  readonly version?: string;
  /** SHA-256 of its files, lower-case hex, by path inside the model (by file name for a single file). */
  readonly sha256?: Readonly<Record<string, string>>;
}

interface VerifyOptions {
  /** Fetch what is damaged again. */
  readonly repair?: boolean;
  /** Where to fetch it from; needed for models from files, whose store has no way back to the disk. */
  readonly source?: ModelReference;
}

/**
 * A record whose bytes are gone or are not those that were stored; of an unfinished import, also a part of a file, or all of
 * the import where another version of the program has begun it.
 */
export interface DamagedRecord {
  readonly kind: 'weights' | 'text' | 'description' | 'part' | 'import';
  /** The component of weights; `''` for others. */
  readonly component: string;
  /** Its tensors, the files it is the text of, which description of the model itself it is, the file's address, or the model. */
  readonly contents: readonly string[];
  readonly byteLength: number;
  readonly problem: 'missing' | 'changed';
  readonly repaired: boolean;
}

export interface VerifyReport {
  readonly id: string;
  readonly records: number;
  readonly byteLength: number;
  readonly damaged: readonly DamagedRecord[];
}

export interface LibraryProgress {
  readonly id: string;
  readonly task: 'add' | 'verify' | 'repair';
  readonly doneBytes: number;
  /** 0 while the model is being opened. */
  readonly totalBytes: number;
  /** Smoothed; absent until there is something to tell from. */
  readonly bytesPerSecond: number | undefined;
  readonly secondsLeft: number | undefined;
  /** Another tab does the work; this one watches. */
  readonly elsewhere: boolean;
  /** What of an earlier attempt cannot be used, and is fetched again; absent where nothing is. */
  readonly mended?: readonly DamagedRecord[];
}

export interface LibraryHandlers {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: LibraryProgress) => void;
}

/** The models in the browser's store. A download is paused by aborting `add` and resumed by the same `add` again. */
export interface Library {
  list(): Promise<LibraryListing>;
  inspect(model: ModelReference): Promise<ModelInspection>;
  /** Every address that a model's files come from, those that its manifest names among them; none of a stored model. */
  addresses(model: ModelReference): Promise<readonly string[]>;
  add(model: ModelReference, options: AddOptions, handlers: LibraryHandlers): Promise<StoredModel>;
  verify(id: string, options: VerifyOptions, handlers: LibraryHandlers): Promise<VerifyReport>;
  /** Resolves to the number of bytes freed. */
  remove(id: string): Promise<number>;
}

/** A call of the library as plain data. */
export type LibraryCall =
  | { readonly method: 'list' }
  | { readonly method: 'inspect' | 'addresses'; readonly model: ModelReference }
  | { readonly method: 'add'; readonly model: ModelReference; readonly options: AddOptions }
  | { readonly method: 'verify'; readonly id: string; readonly options: VerifyOptions }
  | { readonly method: 'remove'; readonly id: string };

export type LibraryAnswer =
  LibraryListing | ModelInspection | readonly string[] | StoredModel | VerifyReport | number;
