/**
 * @file The engine as its users see it, and the messages between page and worker that carry it. All of the protocol is
 * plain data that survives structured clone; the worker, the page and the command line share these types and nothing
 * else.
 */
import type { PlainError } from '../../error.ts';
import type { PixelImage } from '../../image/pixels.ts';
import type { DeviceExamination, DeviceReport, PageFacts } from '../device-report.ts';
import type {
  GeneratedImage,
  GenerateHandlers,
  GenerateRequest,
  GenerateResult,
  Notice,
  PictureFacts,
  Progress,
} from './generate.ts';
import type { Library, LibraryAnswer, LibraryCall, LibraryProgress } from './library.ts';
import type { AdaptedLora, LoraVerdict } from '../../lora/verdict.ts';
import type { LoraCall, LoraCheck, LoraDesk } from './lora-desk.ts';
import type { ModelDescription, ModelReference, TokenCount } from './model.ts';

/** The engine as its users see it; the in-worker engine and the page's proxy both implement it. */
export interface Engine {
  /** What is needed to begin with; opens no GPU. */
  probe(): Promise<DeviceReport>;
  /** Everything there is to know; tests the GPU, once. */
  examine(page: PageFacts): Promise<DeviceExamination>;
  describe(model: ModelReference): Promise<ModelDescription>;
  /** How long a text is; while a picture is painted with the model, too. */
  countTokens(model: ModelReference, text: string): Promise<TokenCount>;
  generate(request: GenerateRequest, handlers: GenerateHandlers): Promise<GenerateResult>;
  /**
   * Why a picture would be refused at each of these sizes before any work; `null` where it would not. A picture to begin from
   * counts by its being there alone. Waits for what is being painted.
   */
  refusals(request: GenerateRequest, sizes: readonly PictureSides[]): Promise<readonly (PlainError | null)[]>;
  readonly library: Library;
  readonly lora: LoraDesk;
}

/** Pixels. */
interface PictureSides {
  readonly width: number;
  readonly height: number;
}

/** Page → worker. */
export type EngineCommand =
  | { readonly type: 'probe'; readonly id: number }
  | { readonly type: 'examine'; readonly id: number; readonly page: PageFacts }
  | { readonly type: 'describe'; readonly id: number; readonly model: ModelReference }
  | {
      readonly type: 'count-tokens';
      readonly id: number;
      readonly model: ModelReference;
      readonly text: string;
    }
  | { readonly type: 'generate'; readonly id: number; readonly request: GenerateRequest }
  | {
      readonly type: 'refusals';
      readonly id: number;
      readonly request: GenerateRequest;
      readonly sizes: readonly PictureSides[];
    }
  | { readonly type: 'library'; readonly id: number; readonly call: LibraryCall }
  | { readonly type: 'lora'; readonly id: number; readonly call: LoraCall }
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
  | {
      readonly type: 'image';
      readonly id: number;
      readonly image: GeneratedImage;
      readonly facts: PictureFacts;
    }
  | { readonly type: 'trial-progress'; readonly id: number; readonly done: number; readonly total: number }
  | { readonly type: 'library-progress'; readonly id: number; readonly progress: LibraryProgress }
  | {
      readonly type: 'done';
      readonly id: number;
      readonly value:
        | DeviceReport
        | DeviceExamination
        | ModelDescription
        | TokenCount
        | GenerateResult
        | readonly (PlainError | null)[]
        | LibraryAnswer
        | LoraVerdict
        | AdaptedLora
        | LoraCheck;
    }
  | { readonly type: 'failed'; readonly id: number; readonly error: PlainError };
