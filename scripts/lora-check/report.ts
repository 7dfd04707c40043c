/** @file What `lora-check` prints. */
import type { FailedPicture, TestPicture } from '../../src/lora/trial-report.ts';
import type { CheckedLora } from '../headless/lora.ts';

/**
 * The verdict with what else was found out, as plain data: seeds as text, pictures as their figures alone, or as the failure of one
 * that did not come out.
 */
export function withoutPictures({ verdict, repairs, trial }: CheckedLora): object {
  return {
    ...verdict,
    ...(repairs && { repairs }),
    ...(trial !== undefined && {
      trial: trial && {
        ...trial,
        pairs: trial.pairs.map(({ seed, plain, adapted }) => ({
          seed: String(seed),
          plain: figuresOf(plain),
          adapted: figuresOf(adapted),
        })),
      },
    }),
  };
}

function figuresOf(picture: TestPicture | FailedPicture): object {
  return 'png' in picture ? picture.figures : picture;
}
