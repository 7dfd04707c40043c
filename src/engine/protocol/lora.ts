/** @file What the page and the engine say of LoRAs. */
import type { AdaptedLora, LoraRepair, LoraVerdict, ScaleRepair } from '../../lora/verdict.ts';
import type { ModelReference } from './model.ts';

/**
 * Where a LoRA is: the address of its `.safetensors`, or that file and perhaps the config that came with it. Beside an
 * address, a config is looked for in the same folder.
 */
export type LoraReference =
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'files'; readonly files: readonly File[] };

/** A LoRA, and the model it is to be used with. */
export interface LoraOrder {
  readonly lora: LoraReference;
  readonly model: ModelReference;
}

export interface AdaptOrder extends LoraOrder {
  /** What becomes of a scale above the limit. */
  readonly scale: ScaleRepair;
}

/** Whether a LoRA that breaks rules is refused, or repaired as far as that can be done honestly. */
export type LoraPolicy = 'strict' | 'adapt';

/** A LoRA to paint with. */
export interface LoraUse {
  readonly lora: LoraReference;
  /** What its effect is multiplied by; 0 is without it, below that the contrary. */
  readonly weight: number;
}

/** A LoRA that was painted with. */
export interface AppliedLora {
  /** As prompts call it. */
  readonly name: string;
  /** SHA-256 of what follows the header of its file. */
  readonly hash: string;
  readonly weight: number;
  readonly modules: number;
  /** The largest of any module, as applied. */
  readonly rank: number;
  readonly scale: number;
  /** What was done to make it keep the rules. */
  readonly repairs: readonly LoraRepair[];
}

interface LoraHandlers {
  readonly signal?: AbortSignal;
}

/** What is known of LoRAs before one is used. */
export interface LoraDesk {
  /** Whether a LoRA may be used with a model, by its file alone; every reason against it is in the verdict. */
  inspect(order: LoraOrder, handlers: LoraHandlers): Promise<LoraVerdict>;
  /** Makes it keep the rules, where that can be done honestly, and looks at what comes of it. */
  adapt(order: AdaptOrder, handlers: LoraHandlers): Promise<AdaptedLora>;
}

/** A call as plain data. */
export type LoraCall =
  | { readonly method: 'inspect'; readonly order: LoraOrder }
  | { readonly method: 'adapt'; readonly order: AdaptOrder };
