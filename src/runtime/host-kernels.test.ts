import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GROUP_NORM_CASES, groupNormError, groupNormInputs } from '../gpu/test-group-norm.ts';
import { f32FromBf16 } from '../weights/bf16.ts';
import { expandTransposedOnHost, groupNormOnHost } from './host-kernels.ts';

describe('expandTransposedOnHost', () => {
  it('transposes matrices of any size', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 70 }), fc.integer({ min: 1, max: 70 }), (rows, columns) => {
        const weights = Uint16Array.from({ length: rows * columns }, (_, i) => i);
        const expected = Array.from({ length: rows * columns }, (_, i) => {
          const [column, row] = [Math.floor(i / rows), i % rows];
          return f32FromBf16(weights)[row * columns + column];
        });
        expect([...expandTransposedOnHost(weights, rows, columns)]).toEqual(expected);
      }),
      { numRuns: 30 },
    );
  });
});

describe('groupNormOnHost', () => {
  it.each(GROUP_NORM_CASES.map((example) => [example.name, example] as const))(
    'agrees with torch: %s',
    (_name, example) => {
      const { x, weight, bias } = groupNormInputs(example);
      expect(groupNormError(groupNormOnHost(x, weight, bias, example, example), example)).toBeLessThan(1e-6);
    },
  );
});
