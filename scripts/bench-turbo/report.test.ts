import { describe, expect, it } from 'vitest';
import { planArms } from './arms.ts';
import type { Refused, Setting } from './journal.ts';
import { makeReport, type Measured } from './report.ts';
import type { Scores } from './scores.ts';

const SETTING: Setting = {
  ...{ model: 'emoji', teacher: null, backend: 'wasm', adapter: 'CPU', cpu: 'Example 3', precision: 'f32' },
  ...{ vae: null, gpuBudgetBytes: null, ramBudgetBytes: null },
};
const PLAN = planArms('distilled', false);
const SCORES: Scores = { object: 0.9, colour: 0.9, background: 0.9, psnr: 25, pictures: 3 };

function measured(arm: string, round: number, denoise: number): Measured {
  return {
    ...{ arm, file: `00${round}.png`, prompt: 'a fox', seed: round, width: 64, height: 64 },
    ...{ guidance: 'distilled' as const, unetEvaluations: arm === 'turbo' ? 4 : 30 },
    ms: { encode: 10, denoise, decode: 20 },
    ...{ gpuPeakBytes: null, wasmHeapBytes: 2048, black: false, nonFinite: 0, sharpness: 50, banding: 0.1 },
  };
}

const PICTURES = [
  ...[measured('turbo', 1, 100), measured('euler-a', 1, 760)],
  // Turns go backwards every other time; the machine was slower in this round.
  ...[measured('euler-a', 2, 1500), measured('turbo', 2, 200)],
  ...[measured('turbo', 3, 100), measured('euler-a', 3, 700)],
];

function report(pictures: readonly (Measured | Refused)[], turbo: Partial<Scores> = {}) {
  const scores = new Map([
    ['turbo', { ...SCORES, ...turbo }],
    ['euler-a', SCORES],
  ]);
  return makeReport(PLAN, SETTING, 3, pictures, { scores });
}

describe('the report', () => {
  it('takes ratios by round', () => {
    const [comparison] = report(PICTURES).comparisons;
    expect(comparison?.evaluations).toBe(7.5);
    expect(comparison?.denoise).toEqual({ median: 7.5, least: 7, most: 7.6 });
    expect(comparison?.total.median).toBeCloseTo(790 / 130);
    expect(comparison?.bars.map(({ holds }) => holds)).toEqual([true, true, true, true, true]);
  });

  it('tells when four steps take more than their share', () => {
    const slow = PICTURES.map((one) =>
      one.arm === 'turbo' ? { ...one, ms: { ...one.ms, denoise: 1.1 * one.ms.denoise } } : one,
    );
    const bar = report(slow).comparisons[0]?.bars[0];
    expect(bar).toMatchObject({ holds: false, bar: 0.95 * 7.5 });
    expect(bar?.value).toBeCloseTo(7.5 / 1.1);
  });

  it('lets four steps be three points worse, and not more', () => {
    const holds = (colour: number) =>
      report(PICTURES, { colour }).comparisons[0]?.bars.find(({ what }) => what.startsWith('right hue'))
        ?.holds;
    expect([holds(0.87), holds(0.8699), holds(1)]).toEqual([true, false, true]);
  });

  it('counts black and non-finite pictures', () => {
    const [first, ...others] = PICTURES;
    const { arms, comparisons } = report(first ? [{ ...first, black: true }, ...others] : []);
    expect(arms.map(({ failed }) => failed)).toEqual([1, 0]);
    expect(comparisons[0]?.bars[1]).toMatchObject({ holds: false, value: 1 });
  });

  it('counts refused pictures as failed, and pairs the others without them', () => {
    const [first, ...others] = PICTURES;
    const { arm = '', file = '', prompt = '', seed = 0 } = first ?? {};
    const refused = { code: 'image/not-finite', sentence: 'Not finite.', black: true };
    const { arms, comparisons } = report([{ arm, file, prompt, seed, refused }, ...others]);
    expect(arms.map(({ failed, pictures }) => [failed, pictures])).toEqual([
      [1, 2],
      [0, 3],
    ]);
    expect(comparisons[0]?.bars[1]).toMatchObject({ holds: false, value: 1 });
    expect(comparisons[0]?.denoise).toEqual({ median: 7.25, least: 7, most: 7.5 });
  });

  it('says why there are no scores', () => {
    const { scoresMissing, comparisons, arms } = makeReport(PLAN, SETTING, 3, PICTURES, {
      missing: 'no Python',
    });
    expect(scoresMissing).toBe('no Python');
    expect(comparisons[0]?.bars).toHaveLength(2);
    expect(arms[0]?.scores).toBeNull();
  });
});
