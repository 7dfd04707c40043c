/** @file What a comparison found, as data: figures of every way of painting, ratios by round, and the bars they are held to. */
import { ratioOf, spreadOf, type Spread } from '../statistics.ts';
import type { Comparison, Plan } from './arms.ts';
import type { Painted, Refused, Setting } from './journal.ts';
import type { Judgement, Scores } from './scores.ts';

/** A picture and what was measured of it. */
export interface Measured extends Painted {
  /** See `figures.ts`. */
  readonly sharpness: number;
  readonly banding: number;
}

interface ArmReport {
  readonly id: string;
  readonly model: string;
  readonly steps: number;
  readonly sampler: string;
  readonly guidance: string;
  readonly unetEvaluations: number;
  readonly pictures: number;
  /** Milliseconds; `total` is encoding, denoising and decoding with the model open. */
  readonly denoise: Spread;
  readonly total: Spread;
  readonly gpuPeakBytes: number | null;
  readonly wasmHeapBytes: number | null;
  readonly sharpness: Spread;
  readonly banding: Spread;
  /** Black or not finite, or refused as such; what is refused is in no other figure. */
  readonly failed: number;
  readonly scores: Scores | null;
}

/** Something that has to be so. */
interface Bar {
  readonly what: string;
  readonly value: number;
  readonly bar: number;
  readonly unit: '' | 'pictures' | 'points';
  readonly holds: boolean;
}

/** A figure of a bar, to the digits that mean something. */
export function barFigure(value: number, unit: Bar['unit']): string {
  return value.toFixed({ '': 2, pictures: 0, points: 1 }[unit]);
}

/** Thirty steps to four, by round. */
interface ComparisonReport extends Comparison {
  readonly evaluations: number;
  readonly denoise: Spread;
  readonly total: Spread;
  readonly sharpness: Spread;
  readonly bars: readonly Bar[];
}

export interface TurboReport {
  readonly setting: Setting & { readonly width: number; readonly height: number; readonly rounds: number };
  readonly arms: readonly ArmReport[];
  readonly comparisons: readonly ComparisonReport[];
  /** Why there are no scores; `null` where there are. */
  readonly scoresMissing: string | null;
  readonly pictures: readonly Measured[];
  readonly refused: readonly Refused[];
}

/** Four steps may take this much more than their share of evaluations. */
const TIME_SHARE = 0.95;
/** Four steps may be right less often by so many pictures in a hundred. */
const POINTS = 3;
/** What the scores are called. */
export const SCORES = [
  ['object', 'right object'],
  ['colour', 'right hue'],
  ['background', 'right background'],
] as const;

/**
 * @param outcomes every round of every arm, in any order
 * @param rounds how many there are
 */
export function makeReport(
  { arms, comparisons }: Plan,
  setting: Setting,
  rounds: number,
  outcomes: readonly (Measured | Refused)[],
  judgement: Judgement,
): TurboReport {
  const scores = 'scores' in judgement ? judgement.scores : undefined;
  const refused = outcomes.filter((one) => 'refused' in one);
  const pictures = outcomes.filter((one): one is Measured => !('refused' in one));
  const of = (arm: string): readonly Measured[] => pictures.filter((one) => one.arm === arm);
  const failed = (arm: string): number =>
    of(arm).filter(({ black, nonFinite }) => black || nonFinite > 0).length +
    refused.filter((one) => one.arm === arm).length;
  const { width = 0, height = 0 } = pictures[0] ?? {};
  return {
    setting: { ...setting, width, height, rounds },
    arms: arms.map(({ id, by, order }) => {
      const own = of(id);
      const column = (pick: (one: Measured) => number): Spread => spreadOf(own.map(pick));
      return {
        id,
        model: (by === 'teacher' ? setting.teacher : null) ?? setting.model,
        steps: order.steps ?? 0,
        sampler: order.sampler ?? '',
        guidance: own[0]?.guidance ?? order.guidance,
        unetEvaluations: own[0]?.unetEvaluations ?? 0,
        pictures: own.length,
        denoise: column(({ ms }) => ms.denoise),
        total: column(totalMs),
        gpuPeakBytes: most(own.map(({ gpuPeakBytes }) => gpuPeakBytes)),
        wasmHeapBytes: most(own.map(({ wasmHeapBytes }) => wasmHeapBytes)),
        sharpness: column(({ sharpness }) => sharpness),
        banding: column(({ banding }) => banding),
        failed: failed(id),
        scores: scores?.get(id) ?? null,
      };
    }),
    comparisons: comparisons.map((comparison) => {
      const { turbo, long } = comparison;
      return compare(comparison, pair(of(turbo), of(long)), failed(turbo) + failed(long), scores);
    }),
    scoresMissing: 'missing' in judgement ? judgement.missing : null,
    ...{ pictures, refused },
  };
}

/** What four steps and thirty made of the same prompt and seed. */
type Pair = readonly [turbo: Measured, long: Measured];

function pair(turbo: readonly Measured[], long: readonly Measured[]): Pair[] {
  const byFile = new Map(long.map((one) => [one.file, one]));
  return turbo.flatMap((one): Pair[] => {
    const other = byFile.get(one.file);
    return other ? [[one, other]] : [];
  });
}

function compare(
  comparison: Comparison,
  pairs: readonly Pair[],
  failed: number,
  scores: ReadonlyMap<string, Scores> | undefined,
): ComparisonReport {
  const ratio = (pick: (one: Measured) => number): Spread =>
    ratioOf(
      pairs.map(([, long]) => pick(long)),
      pairs.map(([turbo]) => pick(turbo)),
    );
  const evaluations = ratio(({ unetEvaluations }) => unetEvaluations).median;
  const denoise = ratio(({ ms }) => ms.denoise);
  const bar = TIME_SHARE * evaluations;
  const [ours, theirs] = [scores?.get(comparison.turbo), scores?.get(comparison.long)];
  return {
    ...comparison,
    evaluations,
    denoise,
    total: ratio(totalMs),
    sharpness: ratio(({ sharpness }) => sharpness),
    bars: [
      {
        what: 'denoise time, thirty steps : four',
        ...{ value: denoise.median, bar, unit: '', holds: denoise.median >= bar },
      },
      { what: 'black or not finite', value: failed, bar: 0, unit: 'pictures', holds: failed === 0 },
      ...SCORES.flatMap(([score, what]): Bar[] => {
        const [a, b] = [ours?.[score], theirs?.[score]];
        if (typeof a !== 'number' || typeof b !== 'number') return [];
        // Shares are given to four digits; so is their difference.
        const value = Number((100 * (a - b)).toFixed(2));
        return [
          {
            what: `${what}, four steps − thirty`,
            value,
            bar: -POINTS,
            unit: 'points',
            holds: value >= -POINTS,
          },
        ];
      }),
    ],
  };
}

function totalMs({ ms }: Painted): number {
  return ms.encode + ms.denoise + ms.decode;
}

function most(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.max(...known);
}
