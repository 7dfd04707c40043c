/** @file The previews of a picture's steps that are kept to be looked back at. */
import type { PixelImage } from '../../image/pixels.ts';
import { translate } from '../../locale/index.ts';
import { stageWord } from '../parts/turbo-stages.ts';

/** What the picture was going to be after a step, counted from 1. */
export interface StepPreview {
  readonly step: number;
  readonly image: PixelImage;
}

/** As many as fit side by side on a phone. */
const MOST_KEPT = 8;

/** The steps whose previews are kept: all of a few, else some at even distances that end with the last. */
export function keptSteps(steps: number): number[] {
  const count = Math.min(steps, MOST_KEPT);
  return Array.from({ length: count }, (_, i) => Math.round(((i + 1) * steps) / count));
}

/** What is told of a step as it begins: of as many of them as are kept. */
export function stepSentence(step: number, steps: number): string | undefined {
  return keptSteps(steps).includes(step)
    ? translate('stepOf', step, steps, stageWord(step, steps))
    : undefined;
}

/** The previews kept after one more of a picture in so many steps. */
export function withPreview(
  kept: readonly StepPreview[],
  preview: StepPreview,
  steps: number,
): readonly StepPreview[] {
  return keptSteps(steps).includes(preview.step) ? [...kept, preview] : kept;
}
