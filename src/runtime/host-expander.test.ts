import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { f32FromBf16 } from '../weights/bf16.ts';
import type { LowRank } from './backend.ts';
import { HostExpander } from './host-expander.ts';

const side = fc.integer({ min: 1, max: 70 });
const expander = new HostExpander();

/** Values between −1 and 1, the same every time. */
const values = (count: number, seed: number): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => Math.sin(i * 12.9898 + seed));

const factors = (rank: number, rows: number, columns: number): LowRank => ({
  rank,
  up: values(rank * rows, 1),
  down: values(rank * columns, 2),
});

describe('HostExpander', () => {
  it('transposes matrices of any size, bit for bit', () => {
    fc.assert(
      fc.property(side, side, (rows, columns) => {
        const weights = Uint16Array.from({ length: rows * columns }, (_, i) => (i * 40503) & 0xffff);
        const turned = Uint16Array.from(weights, (_, i) => {
          const [column, row] = [Math.floor(i / rows), i % rows];
          return weights[row * columns + column] ?? 0;
        });
        const bits = new Uint32Array(expander.transposed(weights, [rows, columns]).buffer);
        expect([...bits]).toEqual([...turned].map((half) => half * 0x10000));
      }),
      { numRuns: 40 },
    );
  });

  it('adds a matrix of low rank, rounded no more than float32 has to', () => {
    fc.assert(
      fc.property(side, side, fc.integer({ min: 1, max: 33 }), (rows, columns, rank) => {
        const weights = Uint16Array.from({ length: rows * columns }, (_, i) => 0x3f00 + (i % 512));
        const plain = f32FromBf16(weights);
        const added = factors(rank, rows, columns);
        const sums = expander.transposed(weights, [rows, columns], added);
        sums.forEach((sum, i) => {
          const [column, row] = [Math.floor(i / rows), i % rows];
          let product = 0;
          for (let k = 0; k < rank; k++)
            product += (added.up[k * rows + row] ?? NaN) * (added.down[k * columns + column] ?? NaN);
          const exact = (plain[row * columns + column] ?? NaN) + product;
          expect(Math.abs(sum - exact)).toBeLessThan(2 ** -22 * (Math.abs(exact) + rank));
        });
      }),
      { numRuns: 40 },
    );
  });

  it('keeps what would be lost beside the weight if it were added term by term', () => {
    // Each term is a quarter of the last place of 1; all eight together are twice it.
    const rank = 8;
    const added = { rank, up: new Float32Array(rank).fill(2 ** -25), down: new Float32Array(rank).fill(1) };
    const [sum] = expander.transposed(Uint16Array.of(0x3f80), [1, 1], added);
    expect(sum).toBe(1 + 2 ** -22);
  });

  it('widens large matrices after small ones, and the other way round', () => {
    for (const [rows, columns] of [
      [8, 8],
      [1000, 320],
      [4, 16],
    ] as const) {
      const weights = Uint16Array.from({ length: rows * columns }, (_, i) => i & 0x7f7f);
      const plain = f32FromBf16(weights);
      const turned = expander.transposed(weights, [rows, columns]);
      expect(
        turned.findIndex((value, i) => value !== plain[(i % rows) * columns + Math.floor(i / rows)]),
      ).toBe(-1);
    }
  });
});
