/**
 * @file What a LoRA may do to the test pictures before it is something to be told of. The limits are set beside what the same
 * pictures are without it, and calibrated on the embedded model, see `docs/lora.md`.
 */
import type { PlainError } from '../error.ts';
import type { PictureFigures, TestPair, TrialConcern } from './trial-report.ts';

/** How far a figure may be above, or below, what it is without the LoRA. */
const MOST_MORE: Readonly<Partial<PictureFigures>> = { black: 0.05, fringe: 0.05 };
const MOST_LESS: Readonly<Partial<PictureFigures>> = { outline: 0.15, hue: 0.15 };

/**
 * What the watchdog's refusal of a LoRA's output or picture comes to; `undefined` for any other failure. Where there is nothing to
 * be seen, there is no outline either.
 */
export function refusalConcern(error: PlainError): TrialConcern | undefined {
  if (error.code === 'image/not-finite') return { kind: 'finite', value: error.detail.count, limit: 0 };
  if (error.code === 'image/uniform' || error.code === 'image/zeros')
    return { kind: 'outline', value: 0, limit: 1 };
  return undefined;
}

/** Everything about pairs of pictures that is beyond a limit. A picture that fails without the LoRA, too, says nothing of it. */
export function pairConcerns(pairs: readonly TestPair[]): TrialConcern[] {
  return pairs.flatMap(({ plain, adapted }, pair) => {
    if (!('png' in plain)) return [];
    if (!('png' in adapted)) {
      const concern = refusalConcern(adapted.failure);
      return concern ? [{ ...concern, pair }] : [];
    }
    const concerns: TrialConcern[] = [];
    for (const kind of ['black', 'fringe'] as const) {
      const limit = plain.figures[kind] + (MOST_MORE[kind] ?? 0);
      if (adapted.figures[kind] > limit) concerns.push({ kind, pair, value: adapted.figures[kind], limit });
    }
    for (const kind of ['outline', 'hue'] as const) {
      const limit = plain.figures[kind] - (MOST_LESS[kind] ?? 0);
      if (adapted.figures[kind] < limit) concerns.push({ kind, pair, value: adapted.figures[kind], limit });
    }
    return concerns;
  });
}
