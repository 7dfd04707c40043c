import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { connectedRecords, planRecords, tensorBytes } from './shard-plan.ts';
import type { PlannedStage, PlannedTensor } from './shard-plan.ts';

const MIB = 1024 * 1024;
const SIZES = { min: 16, max: 64 };

/** A tensor of so many bytes. */
const tensor = (name: string, bytes: number): PlannedTensor => ({ name, shape: [bytes / 2] });
const stages = (...sizes: number[][]): PlannedStage[] =>
  sizes.map((tensors, s) => tensors.map((bytes, t) => tensor(`${s}.${t}`, bytes)));
const sizes = (plan: ReturnType<typeof planRecords>) => plan.map(({ byteLength }) => byteLength);

describe('planRecords', () => {
  it('gathers whole stages until a record is large enough', () => {
    const plan = planRecords('unet', stages([4, 2], [8], [6], [20], [2], [30]), SIZES);
    expect(sizes(plan)).toEqual([20, 20, 32]);
    expect(plan[0]).toEqual({
      component: 'unet',
      byteLength: 20,
      slices: [
        { tensor: '0.0', begin: 0, end: 4 },
        { tensor: '0.1', begin: 0, end: 2 },
        { tensor: '1.0', begin: 0, end: 8 },
        { tensor: '2.0', begin: 0, end: 6 },
      ],
    });
  });

  it('adds a small rest to the record before it, or leaves it small where that would be too large', () => {
    expect(sizes(planRecords('vae', stages([20], [4]), SIZES))).toEqual([24]);
    expect(sizes(planRecords('vae', stages([62], [4]), SIZES))).toEqual([62, 4]);
    expect(sizes(planRecords('vae', stages([2]), SIZES))).toEqual([2]);
    expect(planRecords('vae', [], SIZES)).toEqual([]);
  });

  it('cuts a larger stage between its tensors, as evenly as they allow', () => {
    expect(sizes(planRecords('unet', stages([20, 20, 28, 2]), SIZES))).toEqual([40, 30]);
  });

  it('cuts inside a tensor only where there is no border to cut at', () => {
    const plan = planRecords('text_encoder', stages([130, 10]), SIZES);
    expect(plan.map(({ slices }) => slices)).toEqual([
      [{ tensor: '0.0', begin: 0, end: 46 }],
      [{ tensor: '0.0', begin: 46, end: 94 }],
      [
        { tensor: '0.0', begin: 94, end: 130 },
        { tensor: '0.1', begin: 0, end: 10 },
      ],
    ]);
    expect(connectedRecords(plan)).toEqual([[0, 1, 2]]);
  });

  it("makes one record of every large SDXL transformer block's half", () => {
    // Sizes of down_blocks.2.attentions.0.transformer_blocks.0 in SDXL: width 1280, context 2048.
    const square = 2 * 1280 ** 2;
    const block = [...[1, 1, 1, 1, 1, 1, 1.6, 1.6, 8, 4].map((n) => n * square), 10 * 1280];
    const plan = planRecords('unet', stages(block, block));
    expect(plan).toHaveLength(4);
    for (const { byteLength } of plan) {
      expect(byteLength).toBeGreaterThan(16 * MIB);
      expect(byteLength).toBeLessThanOrEqual(64 * MIB);
    }
    expect(connectedRecords(plan)).toEqual([[0], [1], [2], [3]]);
  });

  it('holds every byte once, in order, in records of the right size', () => {
    const stage = fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(fc.array(stage, { maxLength: 12 }), (counts) => {
        const input = stages(...counts.map((tensors) => tensors.map((count) => 2 * count)));
        const plan = planRecords('unet', input, SIZES);
        const expected = input.flat().map((t) => ({ name: t.name, bytes: tensorBytes(t) }));
        const seen = new Map<string, number>();
        for (const { slices, byteLength } of plan) {
          expect(byteLength).toBe(slices.reduce((sum, { begin, end }) => sum + end - begin, 0));
          for (const { tensor: name, begin, end } of slices) {
            expect(begin).toBe(seen.get(name) ?? 0);
            expect((end - begin) % 2).toBe(0);
            seen.set(name, end);
          }
        }
        expect([...seen].map(([name, bytes]) => ({ name, bytes }))).toEqual(expected);
        for (const [i, bytes] of sizes(plan).entries()) {
          expect(bytes).toBeLessThanOrEqual(SIZES.max);
          if (i < plan.length - 1) expect(bytes).toBeGreaterThanOrEqual(SIZES.min);
        }
        expect(connectedRecords(plan).flat()).toEqual(plan.map((_, i) => i));
      }),
    );
  });
});
