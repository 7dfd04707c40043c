/** @file What `lora-check` prints. */
import type { CheckedLora } from '../headless/lora.ts';

/** The verdict with what else was found out, as plain data: seeds as text, pictures as their figures alone. */
export function withoutPictures({ verdict, repairs, trial }: CheckedLora): object {
  return {
    ...verdict,
    ...(repairs && { repairs }),
    ...(trial !== undefined && {
      trial: trial && {
        ...trial,
        pairs: trial.pairs.map(({ seed, plain, adapted }) => ({
          seed: String(seed),
          plain: plain.figures,
          adapted: adapted.figures,
        })),
      },
    }),
  };
}
