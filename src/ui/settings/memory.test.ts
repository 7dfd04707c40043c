/** @file Memory as the page asks for it and shows it: settings, amounts, the graph. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MemorySample } from '../../engine/protocol/generate.ts';
import { byteSize, MEBIBYTE } from '../parts/byte-size.ts';
import { areaPath, graphScale, record, type MemoryHistory } from '../painting/memory-history.ts';
import { budgetBytes, budgetFor, changeSetting, parseMemorySettings } from './memory-settings.ts';

const GIBIBYTE = 1024 * MEBIBYTE;

function sample(liveBytes: number, budget = 1000): MemorySample {
  const byKind = { weights: liveBytes, expanded: 0, activations: 0, staging: 0, runtime: 0, readback: 0 };
  return { liveBytes, byKind, peakBytes: liveBytes, budgetBytes: budget, uploadedBytes: 0 };
}

describe('an amount', () => {
  it.each([
    [0, '0.0 MB'],
    [4900, '5 KB'],
    [0.05 * MEBIBYTE, '0.1 MB'],
    [0.5 * MEBIBYTE, '0.5 MB'],
    [12.4 * MEBIBYTE, '12 MB'],
    [999 * MEBIBYTE, '999 MB'],
    [1023 * MEBIBYTE, '1.00 GB'],
    [6_938_011_430, '6.46 GB'],
    [12.34 * GIBIBYTE, '12.3 GB'],
    [512 * GIBIBYTE, '512 GB'],
  ])('of %d bytes is %s', (bytes, text) => {
    expect(byteSize(bytes)).toBe(text);
  });
});

describe('memory settings', () => {
  it('are read as they were kept', () => {
    const settings = {
      gpuBudgetBytes: 2 ** 30,
      ramBudgetBytes: 2 ** 31,
      vae: 'tiled',
      vaeTile: 32,
      idleSeconds: 0,
    };
    expect(parseMemorySettings(JSON.stringify(settings))).toEqual(settings);
  });

  it.each([
    ['', {}],
    ['null', {}],
    ['7', {}],
    ['{"gpuBudgetBytes": -1, "ramBudgetBytes": "much", "idleSeconds": -1}', {}],
    ['{"gpuBudgetBytes": 1.5, "vae": "huge"}', {}],
    ['{"vae": "full", "vaeTile": 32}', { vae: 'full' }],
  ])('leave out of %j what is none', (text, settings) => {
    expect(parseMemorySettings(text)).toEqual(settings);
  });

  it('are given back to the engine when they are cleared', () => {
    expect(changeSetting({ vae: 'full', idleSeconds: 60 }, 'vae', undefined)).toEqual({ idleSeconds: 60 });
    expect(changeSetting({}, 'vae', 'tiny')).toEqual({ vae: 'tiny' });
  });

  it('take a budget in MiB within reason', () => {
    expect(budgetBytes(512)).toBe(512 * MEBIBYTE);
    expect([budgetBytes(63), budgetBytes(1e6), budgetBytes(Number.NaN)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('suggest a round budget that is large enough', () => {
    expect(budgetFor(513 * MEBIBYTE)).toBe(576 * MEBIBYTE);
    expect(budgetFor(640 * MEBIBYTE)).toBe(640 * MEBIBYTE);
  });
});

describe('the course of memory', () => {
  it('keeps the highest moment of each column, and the latest', () => {
    let history: MemoryHistory | undefined;
    for (const live of [5, 9, 2]) history = record(history, 0.5, sample(live));
    expect(history?.points.map((point) => point.sample.liveBytes)).toEqual([9]);
    expect(history?.latest.liveBytes).toBe(2);
  });

  it('stays small, in order, however long the work', () => {
    const fractions = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 400 });
    fc.assert(
      fc.property(fractions, (values) => {
        let history: MemoryHistory | undefined;
        for (const fraction of values) history = record(history, fraction, sample(1));
        const columns = history?.points.map(({ column }) => column) ?? [];
        expect(columns.length).toBeLessThanOrEqual(200);
        expect([...new Set(columns)].sort((a, b) => a - b)).toEqual(columns);
      }),
    );
  });

  it('has the budget in view unless it is far away', () => {
    expect(graphScale(record(undefined, 0, sample(400)))).toEqual({
      topBytes: expect.closeTo(1100) as number,
      hasBudgetLine: true,
    });
    expect(graphScale(record(undefined, 0, sample(100)))).toEqual({
      topBytes: expect.closeTo(110) as number,
      hasBudgetLine: false,
    });
    expect(graphScale(record(undefined, 0, sample(0))).topBytes).toBeGreaterThan(0);
  });

  it('is drawn in steps from the left, top edge there and bottom edge back', () => {
    const history = record(record(undefined, 0.499, sample(50)), 1, sample(100));
    const high = areaPath(
      history.points,
      () => 0,
      ({ sample: { liveBytes } }) => liveBytes / 100,
    );
    expect(high).toBe('M0 0.5L0.5 0.5L0.5 0L1 0L1 1L0.5 1L0.5 1L0 1Z');
    expect(
      areaPath(
        [],
        () => 0,
        () => 1,
      ),
    ).toBe('');
  });
});
