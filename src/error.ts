/**
 * @file The one error type of the product. A code from a closed list says what went wrong, `detail` carries
 * the values its sentence needs, and the sentence itself lives in `locale/` so that every message exists in
 * every language. Errors cross the worker boundary as plain data because structured clone drops custom fields.
 */

/** One of the pictures of an order, so that it can be made again, or left out. */
export interface PictureName {
  /** Its own seed in decimal: JSON has no whole numbers that large. */
  readonly seed: string;
  /** The seed that its noise is varied with; `null` where it is not. */
  readonly variationSeed: string | null;
  /** Which one it is of so many, from 1. */
  readonly number: number;
  readonly count: number;
}

/** Where the watchdog found values that cannot be right, see `docs/watchdog.md`. */
export interface Finding {
  /** Folder of the component: `unet`, `vae`, `text_encoder`, … */
  readonly network: string;
  /** The first stage whose results are wrong. */
  readonly stage: string;
  /** Its first operation that is; `null` where that is not known. */
  readonly operation: string | null;
  /**
   * Whether it came out wrong again when it was computed a second time. If not, the device made a mistake; `null` where the
   * second time failed otherwise.
   */
  readonly isRepeated: boolean | null;
  /** From 1; `null` outside of the denoising steps. */
  readonly step: number | null;
  /** The picture that is lost; `null` where all of the order are. */
  readonly picture: PictureName | null;
  /** Precision of the activations, as the command line names it. */
  readonly precision: string;
}

/** Every code, with the values its sentence is built from. */
export interface ErrorDetails {
  /** A file of a model could not be fetched: the server answered with an error status. */
  'weights/not-found': { file: string; status: number };
  /** A file of a model could not be fetched: no answer, or the connection broke. */
  'weights/unreachable': { file: string; reason: string };
  /** A `.safetensors` file whose header or layout is not what the format says. */
  'weights/header-invalid': { file: string; reason: string };
  'weights/dtype-unsupported': { file: string; tensor: string; dtype: string };
  'weights/tensor-missing': { tensor: string; component: string };
  'weights/tensor-shape': { tensor: string; expected: string; actual: string };
  /** A weight is NaN or infinite, or too large for bfloat16. */
  'weights/not-finite': { file: string; tensor: string };
  /** A file on a server is no longer the one that was begun with. */
  'weights/changed': { file: string };
  /** A file is not the one its publisher gives a SHA-256 for. */
  'weights/checksum': { file: string };
  'model/config-missing': { file: string };
  'model/config-invalid': { file: string; reason: string };
  /** A field whose value is outside the SDXL architecture, or one this program does not compute. */
  'model/unsupported': { file: string; field: string; value: string; supported: string };
  'model/scheduler-unsupported': { field: string; value: string; supported: string };
  'model/tokenizer-invalid': { file: string; reason: string };
  /** `--vae tiny` and a model that has no tiny autoencoder. */
  'model/no-tiny-vae': { model: string };
  'model/unknown': { model: string };
  /** A licence that limits what the model may be used for, and has not been accepted. */
  'model/licence': { model: string; licence: string; address: string };
  /** A weight file of another kind of model; `kind` is its proper name. */
  'model/file-kind': { file: string; kind: string };
  /** A weight file that holds some components of a model and lacks others. */
  'model/file-incomplete': { file: string; present: string; missing: string };
  /** A weight file whose tensors do not add up to an SDXL model. */
  'model/file-layout': { file: string; reason: string };
  /** The browser keeps nothing for this page, or its database fails. */
  'store/unavailable': { reason: string };
  /** The browser gives the page less room than is needed; 0 available where it does not tell. */
  'store/quota': { neededMiB: number; availableMiB: number };
  /** A record of a stored model is gone, or its bytes have changed. */
  'store/damaged': { model: string; record: string };
  /** A stored model whose description is of a format that this version of the program does not read. */
  'store/format': { model: string };
  /** A stored model that was deleted, perhaps in another tab, while it was in use. */
  'store/deleted': { model: string };
  'store/incomplete': { model: string };
  /** A model that another tab or task is working on. */
  'store/busy': { model: string };
  /** Another model is stored under the name. */
  'store/exists': { model: string; source: string };
  /** A stored model can only be mended from files that the user has to give. */
  'store/source-needed': { model: string; source: string };
  /** A picture that the browser had no room for. */
  'gallery/full': { neededMiB: number };
  /** The browser keeps no pictures for this page, or its database fails. */
  'gallery/unavailable': { reason: string };
  /** The file of a kept picture is gone, or its bytes have changed. */
  'gallery/damaged': Record<string, never>;
  /** A picture from elsewhere that says nothing of how it was painted. */
  'gallery/no-settings': Record<string, never>;
  'gallery/archive-invalid': { file: string; reason: string };
  'request/size': { width: number; height: number; multiple: number };
  'request/invalid': { field: string; value: string; expected: string };
  /** The memory budget is too small for the request; `fits` is a size that would do (`512×512`), or empty. */
  'request/budget': {
    width: number;
    height: number;
    limitMiB: number;
    neededMiB: number;
    fits: string;
  };
  /** The same of the largest single buffer that the device takes. */
  'request/buffer': { width: number; height: number; limitMiB: number; neededMiB: number; fits: string };
  /** The same of the memory that WASM can address. */
  'request/heap': { width: number; height: number; limitMiB: number; neededMiB: number; fits: string };
  /** A prompt that takes so many `tokens`, in full windows, of which `fits` would do. */
  'request/prompt-length': { tokens: number; fits: number; neededMiB: number; limitMiB: number };
  'request/init-noise': { reason: string };
  'request/init-image': { reason: string };
  /** A LoRA that breaks a rule, and as many `others` besides; `module` is empty where it is the file as a whole. */
  'lora/refused': {
    file: string;
    rule: string;
    module: string;
    value: string | number;
    limit: string | number;
    others: number;
    repairable: boolean;
  };
  'gpu/unavailable': { reason: string };
  'gpu/device-lost': { reason: string };
  'gpu/out-of-memory': { reason: string };
  'gpu/limit': { what: string; needed: number; limit: number };
  'runtime/start-failed': { reason: string };
  'runtime/run-failed': { stage: string; reason: string };
  /** A network computed NaN or infinity: so many `of` its values; the others' range is `null` where there are none. */
  'image/not-finite': Finding & {
    count: number;
    of: number;
    least: number | null;
    greatest: number | null;
    /** Nothing of the network's result was finite in the end: black in a program that does not look. */
    wouldBeBlack: boolean;
  };
  /** A network computed zeros and nothing else, where there is no reason for it. */
  'image/zeros': Finding;
  /** Every pixel of the finished picture has this colour, as `#rrggbb`. */
  'image/uniform': { colour: string; picture: PictureName };
  /** A file that is not a PNG, or is a damaged one. */
  'image/png-invalid': { reason: string };
  'output/unwritable': { file: string; reason: string };
  'browser/not-found': { reason: string };
  /** The user cancelled; never shown as a failure. */
  'engine/cancelled': Record<string, never>;
  /** The worker died without an answer. */
  'engine/crashed': { reason: string };
  /** A defect of the program itself. */
  'engine/internal': { reason: string };
}

export type ErrorCode = keyof ErrorDetails;

/** An `AppError` as it crosses a worker or process boundary. */
export type PlainError = {
  [C in ErrorCode]: { code: C; detail: ErrorDetails[C]; cause?: string };
}[ErrorCode];

/** A failure with a stable code; the only error type that reaches a user. */
export class AppError<C extends ErrorCode = ErrorCode> extends Error {
  override readonly name = 'AppError';
  readonly code: C;
  readonly detail: ErrorDetails[C];

  constructor(code: C, detail: ErrorDetails[C], cause?: unknown) {
    super(`${code} ${JSON.stringify(detail)}`, { cause });
    this.code = code;
    this.detail = detail;
  }
}

/** Whether a caught value is one of ours. */
export function isAppError(error: unknown): error is AppError {
  return error instanceof AppError;
}

/** The error as plain data. Anything that is not an `AppError` becomes `engine/internal`. */
export function toPlainError(error: unknown): PlainError {
  if (isAppError(error)) {
    const plain = { code: error.code, detail: error.detail } as PlainError;
    return error.cause === undefined ? plain : { ...plain, cause: describeCause(error.cause) };
  }
  const reason = error instanceof Error ? error.message : String(error);
  return { code: 'engine/internal', detail: { reason }, cause: describeCause(error) };
}

/** The inverse of {@link toPlainError}. */
export function fromPlainError(plain: PlainError): AppError {
  return new AppError(plain.code, plain.detail, plain.cause);
}

/** Whether an error says that the user stopped the work. */
export function isCancelled(error: unknown): boolean {
  return isAppError(error) && error.code === 'engine/cancelled';
}

/** Throws `engine/cancelled` once the signal is aborted; called between stages. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new AppError('engine/cancelled', {});
}

function describeCause(cause: unknown): string {
  return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
}
