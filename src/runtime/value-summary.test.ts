import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isZero, noteOnHost, summariseOnHost, summaryFromWords } from './value-summary.ts';

describe('summariseOnHost', () => {
  it('counts NaN and both infinities, and gives the range of the others', () => {
    const values = Float32Array.of(NaN, 1, Infinity, 3.4e38, -Infinity, 1e-45, 0, -2.5);
    const greatest = Math.fround(3.4e38);
    expect(summariseOnHost(values)).toEqual({ count: 8, nonFinite: 3, least: -2.5, greatest });
  });

  it('has no range where nothing is finite', () => {
    const range = { least: Infinity, greatest: -Infinity };
    expect(summariseOnHost(Float32Array.of(NaN, -Infinity))).toEqual({ count: 2, nonFinite: 2, ...range });
    expect(summariseOnHost(new Float32Array())).toEqual({ count: 0, nonFinite: 0, ...range });
  });

  it('finds the least and the greatest of any values', () => {
    const floats = fc.float32Array({ minLength: 1, noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(floats, (values) => {
        const { least, greatest } = summariseOnHost(values);
        expect([least + 0, greatest + 0]).toEqual([Math.min(...values) + 0, Math.max(...values) + 0]);
      }),
    );
  });
});

describe('noteOnHost', () => {
  it('says what the whole summary says of anything that is wrong, wherever it is', () => {
    for (const length of [1, 2, 3, 4, 5, 9]) {
      expect(isZero(noteOnHost(new Float32Array(length)))).toBe(true);
      for (let place = 0; place < length; place++) {
        for (const value of [NaN, Infinity, -Infinity]) {
          const values = new Float32Array(length).fill(3.4e38);
          values[place] = value;
          expect(noteOnHost(values)).toEqual(summariseOnHost(values));
        }
        const values = new Float32Array(length);
        values[place] = -1e-45;
        expect(noteOnHost(values)).toEqual({ count: length, nonFinite: 0, least: NaN, greatest: NaN });
      }
    }
  });
});

describe('summaryFromWords', () => {
  it('takes the keys of the kernel for what they are', () => {
    // −2 is 0xC0000000, 3 is 0x40400000: the complement of one, the other with its sign bit set.
    const words = Uint32Array.of(1, 0xc0400000, ~0x3fffffff >>> 0);
    expect(summaryFromWords(words, 4)).toEqual({ count: 4, nonFinite: 1, least: -2, greatest: 3 });
    const none = { nonFinite: 2, least: Infinity, greatest: -Infinity };
    expect(summaryFromWords(Uint32Array.of(2, 0, 0), 2)).toEqual({ count: 2, ...none });
  });

  it('believes no kernel that left nothing', () => {
    const failure = expect.objectContaining({ code: 'runtime/run-failed' }) as unknown;
    expect(() => summaryFromWords(new Uint32Array(3), 4)).toThrow(failure);
    expect(() => summaryFromWords(Uint32Array.of(3, 0, 0), 4)).toThrow(failure);
    expect(summaryFromWords(new Uint32Array(3), 0)).toMatchObject({ count: 0, nonFinite: 0 });
  });
});

describe('isZero', () => {
  it('holds for zeros of either sign only', () => {
    const zero = (...values: number[]): boolean => isZero(summariseOnHost(Float32Array.from(values)));
    expect(zero(0, -0, 0)).toBe(true);
    expect(zero(0, 1e-45)).toBe(false);
    expect(zero(0, NaN)).toBe(false);
    expect(zero(NaN)).toBe(false);
  });
});
