/** @file What an order for pictures says of LoRAs, and what became of them. */
import type { LoraRepair } from '../../lora/verdict.ts';

/**
 * Where a LoRA is: the address of its `.safetensors`, or that file and perhaps the config that came with it. Beside an
 * address, a config is looked for in the same folder.
 */
export type LoraReference =
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'files'; readonly files: readonly File[] };

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
