import fc from 'fast-check';
import { expect, it } from 'vitest';
import { byteCount, union, within, without, type Range } from './ranges.ts';

const range = fc
  .tuple(fc.nat(40), fc.nat(40))
  .map(([a, b]): Range => ({ begin: Math.min(a, b), end: Math.max(a, b) }));

/** The same as a set of numbers. */
const numbers = (ranges: readonly Range[]) =>
  new Set(ranges.flatMap(({ begin, end }) => Array.from({ length: end - begin }, (_, i) => begin + i)));

it('counts as sets of bytes do', () => {
  fc.assert(
    fc.property(fc.array(range), range, (ranges, other) => {
      const merged = union(ranges);
      expect(numbers(merged)).toEqual(numbers(ranges));
      expect(byteCount(merged)).toBe(numbers(ranges).size);
      const [own, others] = [numbers(merged), numbers([other])];
      expect(numbers(within(merged, other))).toEqual(new Set([...own].filter((n) => others.has(n))));
      expect(numbers(without(merged, other))).toEqual(new Set([...own].filter((n) => !others.has(n))));
    }),
  );
});
