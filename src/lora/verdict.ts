/** @file What is said of a LoRA: every reason against it at once, and what each module of it does. */
import type { LoraComponent } from './module-table.ts';

/**
 * `format`: no LoRA, or a broken one; `base`: made for another model; `target`: a module that none may touch; `rank`;
 * `scale`: alpha/rank; `shape`: not that of the model's module; `finite`: NaN or infinity among the values.
 */
export type LoraRule = 'format' | 'base' | 'target' | 'rank' | 'scale' | 'shape' | 'finite';

/** What breaks a rule. */
export interface LoraReason {
  readonly rule: LoraRule;
  /** As the model names it, or, where it has none of the name, as the file does; `''`: the file as a whole. */
  readonly module: string;
  /** What was found. */
  readonly value: string | number;
  /** What would do. */
  readonly limit: string | number;
}

/** What a module of the file adds to the model's. */
export interface ModuleFigures {
  readonly component: LoraComponent;
  readonly module: string;
  readonly rank: number;
  readonly alpha: number;
  /** What up × down is multiplied by: alpha/rank. */
  readonly scale: number;
  /** ‖ΔW‖/‖W‖, Frobenius; `null` where a rule about rank, shape or values is broken, and where it is not measured. */
  readonly relative: number | null;
}

/**
 * Whether ‖ΔW‖/‖W‖ is known: the model's weights have been read for it; they have yet to be, which takes a while with a large model;
 * or they lie on another host and are not fetched for it.
 */
export type NormsState = 'measured' | 'due' | 'remote';

export interface LoraVerdict {
  readonly admitted: boolean;
  readonly norms: NormsState;
  readonly reasons: readonly LoraReason[];
  /** Those modules of the file that the model has. */
  readonly modules: readonly ModuleFigures[];
  readonly total: {
    readonly modules: number;
    /** The largest. */
    readonly rank: number;
    readonly scale: number;
    /** Of all modules together; `null` where one has none. */
    readonly relative: number | null;
  };
}

/** What is done about a scale above the limit: the factors take it, so that ΔW stays; or ΔW becomes weaker. */
export type ScaleRepair = 'folded' | 'clamped';

/** What was done to one module to make it keep the rules. */
export type LoraRepair =
  | { readonly kind: 'left-out'; readonly module: string }
  /** To the largest rank there may be; `rank` is what it was, `keptEnergy` the share of ‖ΔW‖² that is left. */
  | {
      readonly kind: 'compressed';
      readonly module: string;
      readonly rank: number;
      readonly keptEnergy: number;
    }
  /** To the largest scale there may be; `scale` is what it was, `effect` what ΔW was multiplied by. */
  | { readonly kind: ScaleRepair; readonly module: string; readonly scale: number; readonly effect: number };

export interface AdaptedLora {
  /** Of the repaired file; of the file as it was where it cannot be repaired, with what stands in the way. */
  readonly verdict: LoraVerdict;
  readonly repairs: readonly LoraRepair[];
  /** The repaired file; `undefined` where it cannot be repaired. */
  readonly file: Uint8Array<ArrayBuffer> | undefined;
}
