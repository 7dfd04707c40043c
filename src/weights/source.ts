/**
 * @file Where the files of a model come from. A source gives random access to the files of one folder in the
 * diffusers layout; it knows nothing of what is in them. A missing file is a normal answer (`undefined`),
 * because the layout has many optional files; anything else that goes wrong is an `AppError`.
 */

/** One file that can be read piece by piece. */
export interface RandomAccessFile {
  /** Path inside the model folder, used in messages. */
  readonly path: string;
  /** Size in bytes. */
  readonly size: number;
  /** Where it is on the network; absent for others. */
  readonly address?: string;
  /** Reading a byte means fetching all that is before it: only the beginning should be asked for. */
  readonly isFrontToBack?: boolean;
  /** Reads `length` bytes from `offset`; always exactly that many, which nobody changes any more, or an `AppError`. */
  read(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>>;
}

/** The files of one model folder. */
export interface ModelSource {
  /** The address or folder name, for messages and for telling models apart. */
  readonly label: string;
  /** Its files come from another host than the page, perhaps over a metered line. */
  readonly isFar?: boolean;
  /** Opens a file by its path inside the folder; `undefined` when it is not there. */
  open(path: string, signal?: AbortSignal): Promise<RandomAccessFile | undefined>;
}
