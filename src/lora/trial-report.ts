/** @file What is said of a LoRA that has been tried out. */
import type { PlainError } from '../error.ts';

/** What is measured of a test picture, see `docs/lora.md`. */
export interface PictureFigures {
  /** Share of the picture that is black, 0 … 1. */
  readonly black: number;
  /** Share of the directions from its middle in which the subject ends at an edge inside of the picture, 0 … 1. */
  readonly outline: number;
  /** Share of the subject's colour that is of its main hue, 0 … 1. */
  readonly hue: number;
  /** Share of the pixels along the subject's edge that are purple though neither side is, 0 … 1. */
  readonly fringe: number;
}

export interface TestPicture {
  readonly png: Uint8Array<ArrayBuffer>;
  readonly figures: PictureFigures;
}

/** A test picture that did not come out, and why. */
export interface FailedPicture {
  readonly failure: PlainError;
}

/** The same picture with the LoRA and without. */
export interface TestPair {
  readonly seed: bigint;
  readonly plain: TestPicture | FailedPicture;
  readonly adapted: TestPicture | FailedPicture;
}

/** Something a trial found that it should not have; `limit` is what would do. */
export interface TrialConcern {
  readonly kind: 'finite' | keyof PictureFigures;
  /** Which pair, counted from 0; absent: the evaluation. */
  readonly pair?: number;
  readonly value: number;
  readonly limit: number;
}

/** What came of trying a LoRA out. */
export interface LoraTrial {
  readonly prompt: string;
  readonly weight: number;
  /** One evaluation of the UNet on the prompt's conditioning, at the first timestep. */
  readonly evaluation: {
    /** Values of the output that are not finite. */
    readonly nonFinite: number;
    /** ‖with − without‖ / ‖without‖ of the output. */
    readonly moved: number;
  };
  /** Empty where nothing came of the evaluation. */
  readonly pairs: readonly TestPair[];
  readonly concerns: readonly TrialConcern[];
}
