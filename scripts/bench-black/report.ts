/** @file What came out black or not finite, by model and precision, and how far reduced precision is from float32. */
import { PRECISIONS, type Precision } from '../../src/engine/precisions.ts';
import type { Journal } from '../journal.ts';
import { meanDifference, type EngineSetting, type Refusal } from '../kept-pictures.ts';

/** The model as it is, and rescaled so that its inner values leave the range of float16. */
export const VARIANTS = ['usual', 'overflowing'] as const;
export type Variant = (typeof VARIANTS)[number];

/** What all pictures have in common. */
export interface Setting extends EngineSetting {
  readonly model: string;
  readonly steps: number;
}

/** One picture, or what was said in its place. */
export interface Outcome {
  readonly variant: Variant;
  readonly precision: Precision;
  /** Of the prompt, from 0. */
  readonly index: number;
  readonly prompt: string;
  /** Its file within the folder of the report; `null` where the engine refused it. */
  readonly file: string | null;
  readonly black: boolean;
  /** The engine's error; `null` where there is a picture. */
  readonly error: Refusal | null;
}

export type BlackJournal = Journal<Setting, Outcome>;

/** How the pictures of one model at one precision came out. */
interface Row {
  readonly variant: Variant;
  readonly precision: Precision;
  readonly count: number;
  /** Also of one colour; painted, or refused because it would be. */
  readonly black: number;
  /** Refused with something left in the picture. */
  readonly nonFinite: number;
  /** Of the pictures that float32 has too: mean and largest of their mean differences, of 255; `null` without any. */
  readonly difference: { readonly mean: number; readonly most: number } | null;
}

export interface BlackReport {
  readonly setting: Setting;
  readonly rows: readonly Row[];
  /** Bars that do not hold, in words. */
  readonly wrong: readonly string[];
  readonly outcomes: readonly Outcome[];
}

/** No picture at bfloat16 may differ from float32 by more on average, of 255. */
const MAX_DIFFERENCE = 3;

/** @param pixels the values of a picture, 0…255 */
export function makeReport(
  setting: Setting,
  outcomes: readonly Outcome[],
  pixels: (file: string) => Uint8Array,
): BlackReport {
  const rows = VARIANTS.flatMap((variant) =>
    PRECISIONS.map((precision): Row => {
      const of = (wanted: Precision): Outcome[] =>
        outcomes.filter((one) => one.variant === variant && one.precision === wanted);
      const own = of(precision);
      const exact = new Map(of('f32').map(({ index, file }) => [index, file]));
      const differences = own.flatMap(({ index, file }) => {
        const reference = exact.get(index);
        return file && reference ? [meanDifference(pixels(file), pixels(reference))] : [];
      });
      return {
        ...{ variant, precision, count: own.length },
        black: own.filter(({ black, error }) => black || error?.black).length,
        nonFinite: own.filter(({ error }) => error?.black === false).length,
        difference: differences.length === 0 ? null : spread(differences),
      };
    }),
  );
  return { setting, rows, wrong: rows.flatMap(wrongWith), outcomes };
}

function wrongWith({ variant, precision, black, nonFinite, difference }: Row): string[] {
  const name = `${variant} at ${precision}`;
  if (precision === 'f16')
    return variant === 'overflowing' && black + nonFinite === 0 ? [`${name}: nothing overflowed`] : [];
  return [
    ...(black + nonFinite > 0 ? [`${name}: ${black + nonFinite} black or not finite`] : []),
    ...(difference && difference.most > MAX_DIFFERENCE
      ? [`${name}: a picture ${difference.most.toFixed(2)} of 255 from f32, bar ${MAX_DIFFERENCE}`]
      : []),
  ];
}

function spread(values: readonly number[]): { mean: number; most: number } {
  return { mean: values.reduce((sum, value) => sum + value, 0) / values.length, most: Math.max(...values) };
}

/** The rows as a table for people. */
export function summary({ rows }: BlackReport): string[][] {
  const share = (part: number, all: number): string =>
    `${part} of ${all} (${((100 * part) / Math.max(1, all)).toFixed(0)} %)`;
  return [
    ['model', 'precision', 'black', 'not finite in part', 'from f32, of 255: mean (most)'],
    ...rows.map(({ variant, precision, count, black, nonFinite, difference }) => [
      ...[variant, precision, share(black, count), share(nonFinite, count)],
      difference === null ? '–' : `${difference.mean.toFixed(2)} (${difference.most.toFixed(2)})`,
    ]),
  ];
}
