/** @file What the form asks for. */
import type { Precision } from '../../engine/precisions.ts';
import type { GenerateRequest } from '../../engine/protocol/generate.ts';
import type { GuidanceSettings } from './guidance-form.ts';

export interface PictureOrder
  extends GuidanceSettings, Pick<GenerateRequest, 'initImage' | 'variation' | 'styles'> {
  readonly prompt: string;
  /** Absent when nothing was written, or the model has no use for it. */
  readonly negative?: string;
  readonly seed: bigint;
  readonly steps: number;
  readonly precision: Precision;
  readonly width: number;
  readonly height: number;
}

/** Pictures that differ in their seeds alone. */
export interface PicturesOrdered {
  readonly picture: PictureOrder;
  readonly count: number;
  /** Whether they go before what waits. */
  readonly isNext: boolean;
}
