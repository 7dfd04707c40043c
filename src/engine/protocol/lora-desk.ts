/** @file What the page and the engine say of LoRAs before one is used. */
import type { LoraTrial } from '../../lora/trial-report.ts';
import type { AdaptedLora, LoraVerdict, ScaleRepair } from '../../lora/verdict.ts';
import type { GenerateRequest } from './generate.ts';
import type { LoraReference } from './lora.ts';
import type { ModelReference } from './model.ts';

/** A LoRA, and the model it is to be used with. */
export interface LoraOrder {
  readonly lora: LoraReference;
  readonly model: ModelReference;
}

export interface AdaptOrder extends LoraOrder {
  /** What becomes of a scale above the limit. */
  readonly scale: ScaleRepair;
}

/** What the test pictures of a LoRA are painted with; the rest is as the model says. */
export type TrialSettings = Pick<
  GenerateRequest,
  'backend' | 'precision' | 'gpuBudgetBytes' | 'ramBudgetBytes' | 'vae' | 'idleSeconds'
>;

/** A LoRA to be tried out. */
export interface TrialOrder extends LoraOrder {
  readonly weight: number;
  /** Absent: `a red apple`. */
  readonly prompt?: string;
  readonly settings: TrialSettings;
}

/** All three steps of the check. */
export interface LoraCheck {
  readonly verdict: LoraVerdict;
  /** `null` where the LoRA is refused. */
  readonly trial: LoraTrial | null;
}

interface LoraHandlers {
  readonly signal?: AbortSignal;
}

export interface TrialHandlers extends LoraHandlers {
  /** After every part of the trial, `done` of `total`. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** What is known of LoRAs before one is used. */
export interface LoraDesk {
  /** Whether a LoRA may be used with a model, by its file alone; every reason against it is in the verdict, ‖ΔW‖/‖W‖ not yet. */
  inspect(order: LoraOrder, handlers: LoraHandlers): Promise<LoraVerdict>;
  /**
   * The same verdict with ‖ΔW‖/‖W‖, for which the model's weights are read: seconds to minutes for a large one, once. Where they
   * lie on another host they are not fetched.
   */
  measure(order: LoraOrder, handlers: LoraHandlers): Promise<LoraVerdict>;
  /** Makes it keep the rules, where that can be done honestly, and looks at what comes of it. */
  adapt(order: AdaptOrder, handlers: LoraHandlers): Promise<AdaptedLora>;
  /** Looks at its file, tries it in one evaluation of the UNet, and paints test pictures with it and without. */
  check(order: TrialOrder, handlers: TrialHandlers): Promise<LoraCheck>;
}

/** A call as plain data. */
export type LoraCall =
  | { readonly method: 'inspect' | 'measure'; readonly order: LoraOrder }
  | { readonly method: 'adapt'; readonly order: AdaptOrder }
  | { readonly method: 'check'; readonly order: TrialOrder };
