/** @file The previews of a picture's steps that are kept to be looked back at, and what its steps are called. */
import type { PixelImage } from '../../image/pixels.ts';
import { translate } from '../../locale/index.ts';

/** What each of four steps settles in a picture, in their order. */
const TURBO_STAGES = ['structure', 'texture', 'light', 'detail'] as const;

type TurboStage = (typeof TURBO_STAGES)[number];

/** What the picture was going to be after a step, counted from 1. */
export interface StepPreview {
  readonly step: number;
  readonly image: PixelImage;
}

/** As many as fit side by side on a phone. */
const MOST_KEPT = 8;

/** The stage that a step is. Only four steps have names; other numbers of them are just counted. */
export function turboStage(step: number, steps: number): TurboStage | undefined {
  return steps === TURBO_STAGES.length ? TURBO_STAGES[step - 1] : undefined;
}

/** The stage in the language of the page. */
export function stageWord(step: number, steps: number): string | undefined {
  const stage = turboStage(step, steps);
  return stage && translate(`stage.${stage}`);
}

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
