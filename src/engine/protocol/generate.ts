/** @file What the page and the engine say of pictures: an order, what becomes of it, and the receipt. */
import type { BytesByKind } from '../../gpu/ledger.ts';
import type { PixelImage } from '../../image/pixels.ts';
import type { MarkLanguage } from '../../image/visible-mark.ts';
import type { GuidanceMode } from '../../latents/guidance-modes.ts';
import type { SamplerName } from '../../latents/sampler-names.ts';
import type { Precision } from '../precisions.ts';
import type { AppliedLora, LoraPolicy, LoraUse } from './lora.ts';
import type { ModelReference } from './model.ts';

export type BackendChoice = 'auto' | 'webgpu' | 'wasm';
export type BackendKind = 'webgpu' | 'wasm';
/** `tiled` decodes piece by piece in bounded memory, `tiny` with the model's small autoencoder. */
export type VaeMode = 'full' | 'tiled' | 'tiny';

/** A picture to begin from. */
interface InitImage {
  /** A file of any format that the browser reads. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Above 0, up to 1: the share of the steps that are taken, from there on; 1 leaves little of it. */
  readonly strength: number;
}

/** Another seed, and how far the noise that is begun with goes from the seed's own towards that one's. */
export interface Variation {
  readonly seed: bigint;
  /** 0 … 1 */
  readonly strength: number;
}

/** One order for pictures. Sizes in pixels, [width, height]; the seed counts up by one per picture. */
export interface GenerateRequest {
  readonly model: ModelReference;
  readonly prompt: string;
  /** Absent: zeros where the model says so; `''` is encoded like any text (as diffusers does). */
  readonly negative?: string;
  /** 0 … 2⁶⁴−1, as `torch.Generator.manual_seed` takes it. */
  readonly seed: bigint;
  /** With it the seed stays, and the other one counts up by one per picture. */
  readonly variation?: Variation;
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
  /** Begun from instead of noise. Where no size is asked for, pictures get that of its own. */
  readonly initImage?: InitImage;
  /** Ids of styles whose words are in the prompt already; noted in the picture. */
  readonly styles?: readonly string[];
  /** Added to the model's weights one after another. */
  readonly loras?: readonly LoraUse[];
  /** Absent: `strict`. */
  readonly loraPolicy?: LoraPolicy;
  /** Drawn into the picture, for people to see that it is generated. Absent: none. */
  readonly visibleMark?: MarkLanguage;
  /** A `.safetensors` file's bytes holding `init_noise` and `step_noise.N`, used instead of the seed's noise. */
  readonly initNoise?: Uint8Array;
  /** Return the intermediate tensors too. */
  readonly dump: boolean;
  /** Send latent previews while denoising. */
  readonly previews: boolean;
}

export type Phase = 'load' | 'encode' | 'denoise' | 'decode';

/** Sent after every stage. `done` of `total` stages of the phase, for all pictures; loading is one. */
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
  /** What A1111 would take for prompt editing or alternation, and is emphasis here. */
  | { readonly kind: 'prompt-editing'; readonly found: string }
  | { readonly kind: 'negative-unused' }
  | { readonly kind: 'guidance-scale-unused' }
  | { readonly kind: 'guidance-twice'; readonly mode: GuidanceMode }
  | { readonly kind: 'guidance-rescale-unused' }
  /** A budget for a GPU, and nothing runs on one. */
  | { readonly kind: 'gpu-budget-unused' }
  /** What the model's files left open and was taken to be as in SDXL, such as `vae scaling_factor 0.13025`. */
  | { readonly kind: 'model-assumed'; readonly assumptions: readonly string[] }
  /** What rounding its files' float16 and float32 to bfloat16 has changed: the length of the change over that of the weights. */
  | { readonly kind: 'weights-rounded'; readonly relativeL2: number; readonly tensors: number }
  /** A decode in one piece, or in the model's own tiles, does not fit; `tile` is the side of those used, in pixels. */
  | { readonly kind: 'vae-tiled'; readonly tile: number }
  /** The same of encoding the picture that is begun from. */
  | { readonly kind: 'vae-encoded-tiled'; readonly tile: number }
  /** Guidance cannot be turned off: the UNet takes its scale as an input. */
  | { readonly kind: 'guidance-embedded'; readonly scale: number };

/** f32 tensor as it goes into a dump file. */
export interface DumpTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

export interface GeneratedImage {
  readonly seed: bigint;
  /** Absent where the noise was the seed's alone. */
  readonly variationSeed?: bigint;
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
  readonly idleByKind: BytesByKind;
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

/** What is settled of the pictures of a request before the first of them is finished. */
export interface PictureFacts {
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
  readonly lora: readonly AppliedLora[];
}

/**
 * When a stage ran, in milliseconds from the beginning of the request, with the opening of the model. On a GPU it ends when
 * the GPU is through with it, and so has in it what it waited for; see `ExecuteOptions.onThrough`.
 */
export interface StageTime {
  readonly phase: Exclude<Phase, 'load'>;
  /** The network, as its folder is called: `unet`. */
  readonly component: string;
  /** As in the checkpoint. */
  readonly stage: string;
  /** From 1; absent outside of steps. */
  readonly step?: number;
  readonly startMs: number;
  readonly endMs: number;
}

/** Everything the command line prints with `--json`, apart from file names. */
export interface GenerateResult extends PictureFacts {
  readonly images: readonly GeneratedImage[];
  readonly ms: {
    readonly load: number;
    readonly encode: number;
    readonly denoise: number;
    readonly steps: readonly number[];
    readonly decode: number;
    readonly total: number;
  };
  /** Every run of a stage, in their order; pictures that are made together share them. */
  readonly timeline: readonly StageTime[];
  readonly gpu: GpuReport | null;
  readonly wasmHeapBytes: number | null;
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
  /** As soon as a picture is decoded, while others of the request still wait for that; without its dump. */
  readonly onImage?: (image: GeneratedImage, facts: PictureFacts) => void;
}
