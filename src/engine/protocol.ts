/**
 * @file What the page and the engine say to each other. Everything here is plain data that survives
 * structured clone; the worker, the page and the command line share these types and nothing else.
 */
import type { PlainError } from '../error.ts';
import type { PixelImage } from '../image/pixels.ts';
import type { SamplerName } from '../latents/schedule.ts';

/** A model folder: an address (absolute, ending in `/`), or files the user picked from disk. */
export type ModelReference = { kind: 'url'; url: string } | { kind: 'files'; files: readonly File[] };

export type BackendChoice = 'auto' | 'webgpu' | 'wasm';
export type BackendKind = 'webgpu' | 'wasm';
/** `distilled` is reported when the model carries its guidance inside; it is not asked for by name yet. */
export type GuidanceMode = 'off' | 'full' | 'distilled';
export type Precision = 'f32';

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
  readonly guidance: 'auto' | 'off' | 'full';
  /** For full guidance, and for UNets that take it as an input. Absent: 1.5. */
  readonly guidanceScale?: number;
  readonly backend: BackendChoice;
  readonly precision: Precision;
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

interface GpuReport {
  readonly peakBytes: number;
  readonly idleBytes: number;
  readonly budgetBytes: number | null;
  readonly uploadedBytes: number;
  /** Number of stage runs. */
  readonly stages: number;
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
  /** UNet evaluations per picture; a batch of two counts 2. */
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
  /** Sizes must be multiples of this many pixels. */
  readonly sizeMultiple: number;
  readonly examples: readonly string[];
}

/** What this browser and its GPU offer. */
export interface DeviceReport {
  readonly webgpu: boolean;
  /** Why WebGPU cannot be used, when it cannot. */
  readonly reason: string | null;
  /** Vendor, architecture and description as the browser tells them; empty strings where it does not. */
  readonly adapter: {
    readonly name: string;
    readonly vendor: string;
    readonly architecture: string;
    readonly device: string;
    readonly description: string;
  } | null;
  readonly software: boolean;
  readonly features: readonly string[];
  readonly limits: Readonly<Record<string, number>>;
  readonly jspi: boolean;
  readonly crossOriginIsolated: boolean;
  readonly threads: number;
  /** What `auto` picks here. */
  readonly backend: BackendKind;
}

export interface GenerateHandlers {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
  /** `index` counts the pictures of the request. */
  readonly onPreview?: (index: number, image: PixelImage) => void;
  readonly onNotice?: (notice: Notice) => void;
}

/** The engine as its users see it; the in-worker engine and the page's proxy both implement it. */
export interface Engine {
  probe(): Promise<DeviceReport>;
  describe(model: ModelReference): Promise<ModelDescription>;
  generate(request: GenerateRequest, handlers: GenerateHandlers): Promise<GenerateResult>;
}

/** Page → worker. */
export type EngineCommand =
  | { readonly type: 'probe'; readonly id: number }
  | { readonly type: 'describe'; readonly id: number; readonly model: ModelReference }
  | { readonly type: 'generate'; readonly id: number; readonly request: GenerateRequest }
  | { readonly type: 'cancel'; readonly id: number };

/** Worker → page; `id` is the command's. */
export type EngineEvent =
  | { readonly type: 'progress'; readonly id: number; readonly progress: Progress }
  | { readonly type: 'preview'; readonly id: number; readonly index: number; readonly image: PixelImage }
  | { readonly type: 'notice'; readonly id: number; readonly notice: Notice }
  | {
      readonly type: 'done';
      readonly id: number;
      readonly value: DeviceReport | ModelDescription | GenerateResult;
    }
  | { readonly type: 'failed'; readonly id: number; readonly error: PlainError };
