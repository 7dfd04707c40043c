import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { openOutline, planTable, type PlanWish } from './table.ts';

const MIB = 1024 ** 2;
const TINY = fileURLToPath(new URL('../../e2e/fixtures/tiny-sdxl/model', import.meta.url));
const WISH: PlanWish = {
  budgets: [8, 16, 64],
  sizes: [64, 128],
  steps: 4,
  count: 1,
  vae: undefined,
  largest: 2048,
};

describe('planTable', { timeout: 60_000 }, () => {
  it('plans every size within every budget, or says what it would take', async () => {
    const rows = planTable(await openOutline(TINY), WISH);
    expect(rows.map(({ size, budgetBytes }) => [size, budgetBytes / MIB])).toEqual([
      [64, 8],
      [64, 16],
      [64, 64],
      [128, 8],
      [128, 16],
      [128, 64],
    ]);
    for (const { budgetBytes, plan, neededBytes } of rows) {
      if (plan) expect(plan.peakBytes).toBeLessThanOrEqual(budgetBytes);
      else expect(neededBytes).toBeGreaterThan(budgetBytes);
    }
    expect(rows.at(-1)?.plan).toBeDefined();
  });

  it('says what buffer it would take where the device takes none so large', async () => {
    const [row] = planTable(await openOutline(TINY), { ...WISH, budgets: [1024], sizes: [2048], largest: 1 });
    expect(row?.plan).toBeUndefined();
    expect(row?.neededBufferBytes).toBeGreaterThan(MIB);
  });

  it('sends the same weights whether a step takes one evaluation or two', async () => {
    const model = await openOutline(TINY);
    const wish = { ...WISH, budgets: [64], sizes: [128] };
    const sent = (['off', 'first-step', 'full'] as const).map(
      (guidance) => planTable(model, { ...wish, guidance })[0]?.plan?.uploadedBytes.first,
    );
    expect(sent[0]).toBeGreaterThan(0);
    expect(new Set(sent).size).toBe(1);
  });

  it('takes more for a longer prompt, and says what a prompt that does not fit would take', async () => {
    const model = await openOutline(TINY);
    const row = (chunks: number) =>
      planTable(model, {
        ...WISH,
        budgets: [8],
        sizes: [64],
        vae: 'tiled',
        prompt: 'a fox BREAK '.repeat(chunks),
      })[0];
    const peaks = [row(1), row(40)].map((planned) => planned?.plan?.peakBytes ?? NaN);
    expect(peaks[1]).toBeGreaterThan(peaks[0] ?? NaN);
    expect(row(1000)?.neededBytes).toBeGreaterThan(8 * MIB);
  });

  it('sends less where there is more room', async () => {
    const sent = planTable(await openOutline(TINY), { ...WISH, sizes: [128] }).flatMap(({ plan }) =>
      plan ? [plan.uploadedBytes.first] : [],
    );
    expect(sent.length).toBeGreaterThan(1);
    expect(sent).toEqual(sent.toSorted((a, b) => b - a));
  });

  it('counts the whole tiles, not the smaller ones at the edges', async () => {
    const model = await openOutline(TINY);
    const least = (vae: 'full' | 'tiled', size: number) =>
      planTable(model, { ...WISH, budgets: [1], sizes: [size], vae, tile: 32 })[0]?.neededBytes ?? 0;
    expect(least('tiled', 400)).toBeGreaterThanOrEqual(least('full', 256));
  });

  it('keeps to the way of decoding that is asked for', async () => {
    const model = await openOutline(TINY);
    const [row] = planTable(model, { ...WISH, budgets: [64], sizes: [128], vae: 'tiled' });
    expect(row?.plan).toMatchObject({ vae: 'tiled', tile: 8 });
    const [tiny] = planTable(model, { ...WISH, budgets: [64], sizes: [128], vae: 'tiny' });
    expect(tiny?.plan).toMatchObject({ vae: 'tiny', tile: null });
  });
});
