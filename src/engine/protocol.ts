/**
 * @file What the page and the engine say to each other. Everything here is plain data that survives
 * structured clone; the worker, the page and the command line share these types and nothing else.
 */
import type { PlainError } from '../error.ts';
import type { BytesByKind } from '../gpu/ledger.ts';
import type { PixelImage } from '../image/pixels.ts';
import type { GuidanceMode } from '../latents/guidance-modes.ts';
import type { SamplerName } from '../latents/sampler-names.ts';
import type { Precision } from './precisions.ts';
import type { DeviceExamination, DeviceReport, PageFacts } from './device-report.ts';

/** The parts of a model that may come from elsewhere than the rest. */
export type ComponentName = 'unet' | 'vae' | 'tiny_vae' | 'text_encoder' | 'text_encoder_2';

/**
 * Where a model is: an absolute address (of a folder, or of one `.safetensors` file), files the user picked (a
 * folder's, or one `.safetensors`), the browser's own store, or a base with some parts from other places.
 */
export type ModelReference =
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'files'; readonly files: readonly File[] }
  | { readonly kind: 'stored'; readonly id: string }
  | {
      readonly kind: 'composed';
      readonly base: ModelReference;
      readonly parts: Readonly<Partial<Record<ComponentName, ModelReference>>>;
    };

export type BackendChoice = 'auto' | 'webgpu' | 'wasm';
export type BackendKind = 'webgpu' | 'wasm';
/** `tiled` decodes piece by piece in bounded memory, `tiny` with the model's small autoencoder. */
export type VaeMode = 'full' | 'tiled' | 'tiny';

/** One order for pictures. Sizes in pixels, [width, height]; the seed counts up by one per picture. */
export interface GenerateRequest {
  readonly model: ModelReference;
  readonly prompt: string;
  /** Absent: zeros where the model says so; `''` is encoded like any text (as diffusers does). */
  readonly negative?: string;
  /** 0 … 2⁶⁴−1, as `torch.Generator.manual_seed` takes it. */
  readonly seed: bigint;
  readonly steps?: number;
  readonly width?: number;
  readonly height?: number;
  readonly count: number;
  /** Absent: what the model's manifest, else its scheduler file, names. */
  readonly sampler?: SamplerName;
  /** 0 … 1, for `tcd` alone: how much of each step is taken with fresh noise. Absent: 0.3. */
  readonly eta?: number;
  /** `auto`: what the model's manifest says, else `off`. */
  readonly guidance: 'auto' | GuidanceMode;
  /** For guidance by two evaluations, and for UNets that take it as an input. Absent: 1.5. */
  readonly guidanceScale?: number;
  /** 0 … 1: how far the contrast that guidance by two evaluations adds is taken back. Absent: 0. */
  readonly guidanceRescale?: number;
  /** How many more layers of the text encoders are left out for the prompt, as diffusers counts them. Absent: 0. */
  readonly clipSkip?: number;
  readonly backend: BackendChoice;
  readonly precision: Precision;
  /** Bytes of GPU memory that may be in use at any moment. Absent: the rule of `docs/memory.md`. */
  readonly gpuBudgetBytes?: number;
  /** Bytes that weights may take of the page's memory, kept or on their way. Absent: the rule of `docs/memory.md`. */
  readonly ramBudgetBytes?: number;
  /** `false`: a stage's weights are sent only when its turn comes; for measurements. Absent: while others compute. */
  readonly sendAhead?: boolean;
  /** Absent: `full` where it fits the budget, else `tiled`. */
  readonly vae?: VaeMode;
  /** Side of a decoder tile in latents, as diffusers' `tile_latent_min_size`. Absent: the model's own. */
  readonly vaeTile?: number;
  /** Seconds after the last picture until weights leave the GPU; 0 is at once. Absent: 60. */
  readonly idleSeconds?: number;
  /** A `.safetensors` file's bytes holding `init_noise` and `step_noise.N`, used instead of the seed's noise. */
  readonly initNoise?: Uint8Array;
  /** Return the intermediate tensors too. */
  readonly dump: boolean;
  /** Send latent previews while denoising. */
  readonly previews: boolean;
}

export type Phase = 'load' | 'encode' | 'denoise' | 'decode';

/** Sent after every stage. `done` of `total` stages of the phase; loading is one. */
export interface Progress {
  readonly phase: Phase;
  readonly done: number;
  readonly total: number;
  /** While denoising: the step under way, from 1. */
  readonly step?: number;
  readonly steps?: number;
  /** Name of the stage that just finished, as in the checkpoint. */
  readonly stage?: string;
  /** Absent where memory is not counted. */
  readonly memory?: MemorySample;
}

/** GPU memory in use at a moment of the work, by our own count of every buffer. */
export interface MemorySample {
  readonly liveBytes: number;
  readonly byKind: BytesByKind;
  /** The most so far in this request. */
  readonly peakBytes: number;
  readonly budgetBytes: number;
  /** Weights sent so far for this request. */
  readonly uploadedBytes: number;
}

/** Things the user should know that are not failures. */
export type Notice =
  | {
      readonly kind: 'prompt-cut';
      readonly which: 'prompt' | 'negative';
      readonly kept: string;
      readonly cut: string;
    }
  | { readonly kind: 'negative-unused' }
  | { readonly kind: 'guidance-scale-unused' }
  | { readonly kind: 'guidance-rescale-unused' }
  /** A budget for a GPU, and nothing runs on one. */
  | { readonly kind: 'gpu-budget-unused' }
  /** What the model's files left open and was taken to be as in SDXL, such as `vae scaling_factor 0.13025`. */
  | { readonly kind: 'model-assumed'; readonly assumptions: readonly string[] }
  /** A decode in one piece, or in the model's own tiles, does not fit; `tile` is the side of those used, in pixels. */
  | { readonly kind: 'vae-tiled'; readonly tile: number }
  /** Guidance cannot be turned off: the UNet takes its scale as an input. */
  | { readonly kind: 'guidance-embedded'; readonly scale: number };

/** f32 tensor as it goes into a dump file. */
export interface DumpTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

export interface GeneratedImage {
  readonly seed: bigint;
  readonly width: number;
  readonly height: number;
  /** Count of NaN or infinite values in the decoder's output. */
  readonly nonFinite: number;
  readonly black: boolean;
  /** The finished PNG, settings included. */
  readonly png: Uint8Array<ArrayBuffer>;
  readonly dump?: Readonly<Record<string, DumpTensor>>;
}

/** The receipt for the GPU memory of a request. */
export interface GpuReport {
  readonly peakBytes: number;
  /** What stays between pictures. */
  readonly idleBytes: number;
  readonly budgetBytes: number;
  readonly uploadedBytes: number;
  /** Number of stage runs. */
  readonly stages: number;
  /** What was live at the moment of the peak. */
  readonly byKind: BytesByKind;
  readonly planned: {
    readonly peakBytes: number;
    readonly uploadedBytes: number;
    /** Weights that were to stay, the most of any phase. */
    readonly residentBytes: number;
    readonly stagingBytes: number;
  };
  /** Pictures that took their steps together. */
  readonly together: number;
  /** Whether what the UNet makes of the text stayed, or was computed in every step. */
  readonly keptText: boolean;
}

/** Everything the command line prints with `--json`, apart from file names. */
export interface GenerateResult {
  readonly images: readonly GeneratedImage[];
  readonly model: { readonly id: string; readonly name: string };
  readonly backend: BackendKind;
  readonly adapter: string;
  readonly precision: Precision;
  readonly sampler: SamplerName;
  readonly guidance: GuidanceMode;
  /** How the latents were decoded; `tile` is the side of a tile in latents. */
  readonly vae: { readonly mode: VaeMode; readonly tile: number | null };
  /** UNet evaluations per picture. */
  readonly unetEvaluations: number;
  readonly timesteps: readonly number[];
  readonly sigmas: readonly number[];
  readonly ms: {
    readonly load: number;
    readonly encode: number;
    readonly denoise: number;
    readonly steps: readonly number[];
    readonly decode: number;
    readonly total: number;
  };
  readonly gpu: GpuReport | null;
  readonly wasmHeapBytes: number | null;
  readonly lora: readonly never[];
}

/** What a model says of itself, for the page's form. */
export interface ModelDescription {
  readonly id: string;
  readonly name: string;
  readonly licence: string | undefined;
  readonly width: number;
  readonly height: number;
  readonly steps: number;
  readonly sampler: SamplerName;
  readonly guidance: GuidanceMode;
  /** What guidance is scaled with where nothing else is asked for. */
  readonly guidanceScale: number;
  readonly mostClipSkip: number;
  /** Sizes must be multiples of this many pixels. */
  readonly sizeMultiple: number;
  /** Whether its latents can be shown before they are decoded. */
  readonly hasPreviews: boolean;
  readonly examples: readonly string[];
}

export interface GenerateHandlers {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
  /**
   * After every step, what its picture is going to be; not called for models without previews. `index` counts the pictures
   * of the request, `step` their steps, from 1.
   */
  readonly onPreview?: (index: number, step: number, image: PixelImage) => void;
  readonly onNotice?: (notice: Notice) => void;
}

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
  /** Bytes of it still to be fetched: less than `byteLength` after an interrupted download, 0 when it is there. */
  readonly missingBytes: number;
  /** Room the store needs for that; parts of files that are under way take more than what becomes of them. */
  readonly neededBytes: number;
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

/** A record whose bytes are gone or are not those that were stored. */
export interface DamagedRecord {
  readonly kind: 'weights' | 'text' | 'description';
  /** The component of weights; `''` for others. */
  readonly component: string;
  /** Its tensors, the files it is the text of, or which description of the model itself it is. */
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
}

export interface LibraryHandlers {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: LibraryProgress) => void;
}

/** The models in the browser's store. A download is paused by aborting `add` and resumed by the same `add` again. */
export interface Library {
  list(): Promise<LibraryListing>;
  inspect(model: ModelReference): Promise<ModelInspection>;
  add(model: ModelReference, options: AddOptions, handlers: LibraryHandlers): Promise<StoredModel>;
  verify(id: string, options: VerifyOptions, handlers: LibraryHandlers): Promise<VerifyReport>;
  /** Resolves to the number of bytes freed. */
  remove(id: string): Promise<number>;
}

/** A call of the library as plain data. */
export type LibraryCall =
  | { readonly method: 'list' }
  | { readonly method: 'inspect'; readonly model: ModelReference }
  | { readonly method: 'add'; readonly model: ModelReference; readonly options: AddOptions }
  | { readonly method: 'verify'; readonly id: string; readonly options: VerifyOptions }
  | { readonly method: 'remove'; readonly id: string };

type LibraryAnswer = LibraryListing | ModelInspection | StoredModel | VerifyReport | number;

/** The engine as its users see it; the in-worker engine and the page's proxy both implement it. */
export interface Engine {
  /** What is needed to begin with; opens no GPU. */
  probe(): Promise<DeviceReport>;
  /** Everything there is to know; tests the GPU, once. */
  examine(page: PageFacts): Promise<DeviceExamination>;
  describe(model: ModelReference): Promise<ModelDescription>;
  generate(request: GenerateRequest, handlers: GenerateHandlers): Promise<GenerateResult>;
  readonly library: Library;
}

/** Page → worker. */
export type EngineCommand =
  | { readonly type: 'probe'; readonly id: number }
  | { readonly type: 'examine'; readonly id: number; readonly page: PageFacts }
  | { readonly type: 'describe'; readonly id: number; readonly model: ModelReference }
  | { readonly type: 'generate'; readonly id: number; readonly request: GenerateRequest }
  | { readonly type: 'library'; readonly id: number; readonly call: LibraryCall }
  | { readonly type: 'cancel'; readonly id: number };

/** Worker → page; `id` is the command's. */
export type EngineEvent =
  | { readonly type: 'progress'; readonly id: number; readonly progress: Progress }
  | {
      readonly type: 'preview';
      readonly id: number;
      readonly index: number;
      readonly step: number;
      readonly image: PixelImage;
    }
  | { readonly type: 'notice'; readonly id: number; readonly notice: Notice }
  | { readonly type: 'library-progress'; readonly id: number; readonly progress: LibraryProgress }
  | {
      readonly type: 'done';
      readonly id: number;
      readonly value: DeviceReport | DeviceExamination | ModelDescription | GenerateResult | LibraryAnswer;
    }
  | { readonly type: 'failed'; readonly id: number; readonly error: PlainError };
