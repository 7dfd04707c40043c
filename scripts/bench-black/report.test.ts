import { describe, expect, it } from 'vitest';
import { PRECISIONS } from '../../src/engine/precisions.ts';
import { makeReport, VARIANTS, type BlackReport, type Outcome, type Setting } from './report.ts';

const SETTING: Setting = {
  ...{ model: 'emoji', backend: 'wasm', adapter: 'CPU', cpu: 'Example 3', steps: 4 },
  ...{ vae: null, gpuBudgetBytes: null, ramBudgetBytes: null },
};
const REFUSED = { file: null, error: { code: 'image/not-finite', sentence: 'Black.', black: true } };
const IN_PART = { file: null, error: { ...REFUSED.error, sentence: 'Not finite.', black: false } };

/** Two pictures of each model at each precision; the overflowing one is refused at float16, as it has to be. */
const OUTCOMES = VARIANTS.flatMap((variant) =>
  PRECISIONS.flatMap((precision) =>
    [0, 1].map((index): Outcome => {
      const file = `${variant}/${index}-${precision}.png`;
      const painted = { variant, precision, index, prompt: 'a fox', file, black: false, error: null };
      return variant === 'overflowing' && precision === 'f16' ? { ...painted, ...REFUSED } : painted;
    }),
  ),
);
/** The values of every picture. */
const LEVELS: Readonly<Record<string, number>> = { 'usual/1-bf16.png': 102, 'usual/1-f16.png': 104 };

/** Of the outcomes with one of them changed. */
function report(variant?: string, precision?: string, change: object = {}, levels: object = {}): BlackReport {
  const level = new Map<string, number>(Object.entries({ ...LEVELS, ...levels }));
  return makeReport(
    SETTING,
    OUTCOMES.map((one) =>
      one.variant === variant && one.precision === precision && one.index === 0 ? { ...one, ...change } : one,
    ),
    (file) => new Uint8Array(12).fill(level.get(file) ?? 100),
  );
}

describe('black pictures by precision', () => {
  it('are counted, and the others compared with float32', () => {
    const { rows, wrong } = report();
    expect(wrong).toEqual([]);
    const row = (black: number, difference: object | null) => ({ count: 2, black, nonFinite: 0, difference });
    expect(rows).toEqual(
      [
        row(0, { mean: 0, most: 0 }),
        row(0, { mean: 1, most: 2 }),
        row(0, { mean: 2, most: 4 }),
        row(0, { mean: 0, most: 0 }),
        row(0, { mean: 0, most: 0 }),
        row(2, null),
      ].map((figures, i) => ({
        variant: VARIANTS[Math.floor(i / 3)],
        precision: PRECISIONS[i % 3],
        ...figures,
      })),
    );
  });

  it.each([
    ['usual', 'f32', { black: true }],
    ['usual', 'bf16', { file: null, error: { code: 'image/zeros', sentence: 'Zeros.', black: true } }],
    [
      'overflowing',
      'f32',
      { file: null, error: { code: 'image/uniform', sentence: 'One colour.', black: true } },
    ],
    ['overflowing', 'bf16', REFUSED],
    ['overflowing', 'f32', IN_PART],
  ])('are wrong with %s at %s: %j', (variant, precision, change) => {
    const { rows, wrong } = report(variant, precision, change);
    expect(wrong).toEqual([`${variant} at ${precision}: 1 black or not finite`]);
    const own = rows.find((row) => row.variant === variant && row.precision === precision);
    expect([own?.black, own?.nonFinite]).toEqual(change === IN_PART ? [0, 1] : [1, 0]);
  });

  it('are no fault of the usual model at float16', () => {
    expect(report('usual', 'f16', REFUSED).wrong).toEqual([]);
  });

  it('have to be there where float16 overflows', () => {
    const all = OUTCOMES.map((one) => ({ ...one, file: 'same.png', error: null }));
    const { wrong } = makeReport(SETTING, all, () => new Uint8Array(12));
    expect(wrong).toEqual(['overflowing at f16: nothing overflowed']);
  });

  it('do not hide how far bfloat16 is from float32', () => {
    expect(report('', '', {}, { 'usual/0-bf16.png': 103 }).wrong).toEqual([]);
    expect(report('', '', {}, { 'usual/0-bf16.png': 104 }).wrong).toEqual([
      'usual at bf16: a picture 4.00 of 255 from f32, bar 3',
    ]);
  });
});
