/** @file What people type and what is made of it: seeds, sizes, file names. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pictureFileName } from '../parts/file-name.ts';
import { isUntrained, offeredSizes, shapeSizes, snapSide } from './picture-size.ts';
import { parseSeed, randomSeed } from './seed.ts';

describe('a seed', () => {
  it('is any whole number of 64 bits', () => {
    fc.assert(fc.property(fc.bigInt(0n, 2n ** 64n - 1n), (seed) => parseSeed(` ${seed}\n`) === seed));
  });

  it.each(['', ' ', '-1', '1.5', '1e3', '0x10', '１２', String(2n ** 64n), '9'.repeat(40)])(
    'is not %j',
    (text) => {
      expect(parseSeed(text)).toBeUndefined();
    },
  );

  it('is drawn from 32 bits', () => {
    const seeds = Array.from({ length: 64 }, randomSeed);
    expect(new Set(seeds).size).toBeGreaterThan(60);
    for (const seed of seeds) expect(seed < 2n ** 32n).toBe(true);
  });
});

describe('a side', () => {
  it('is the nearest multiple within the limits', () => {
    expect([snapSide(131, 8), snapSide(132, 8), snapSide(1, 8), snapSide(-40, 8)]).toEqual([128, 136, 8, 8]);
    expect([snapSide(Number.NaN, 16), snapSide(1e9, 48), snapSide(Number.POSITIVE_INFINITY, 64)]).toEqual([
      16, 2016, 2048,
    ]);
  });
});

describe('the sizes on offer', () => {
  it('keep the pixels of a square model in every shape', () => {
    const choices = shapeSizes({ width: 512, height: 512, sizeMultiple: 8, sizes: [] });
    expect(choices.map(({ label, width, height }) => [label, width, height])).toEqual([
      ['1:1', 512, 512],
      ['3:2', 624, 416],
      ['2:3', 416, 624],
      ['16:9', 680, 384],
      ['9:16', 384, 680],
    ]);
  });

  it("begin with the model's own, whatever its shape", () => {
    expect(shapeSizes({ width: 200, height: 120, sizeMultiple: 8, sizes: [] })[0]).toEqual({
      label: '200×120',
      width: 200,
      height: 120,
    });
  });

  it('are multiples, and no two are the same', () => {
    const sides = fc.integer({ min: 1, max: 64 });
    fc.assert(
      fc.property(sides, sides, fc.constantFrom(4, 8, 16, 32), (columns, rows, multiple) => {
        const own = { width: columns * multiple, height: rows * multiple };
        const choices = offeredSizes({ ...own, sizeMultiple: multiple, sizes: [[multiple, multiple]] });
        const sizes = choices.map(({ width, height }) => `${width}x${height}`);
        expect(new Set(sizes).size).toBe(sizes.length);
        for (const { width, height } of choices)
          expect([width % multiple, height % multiple]).toEqual([0, 0]);
      }),
    );
  });
});

describe('the sizes a model was trained for', () => {
  const model = {
    ...{ width: 256, height: 256, sizeMultiple: 8 },
    sizes: [
      [256, 256],
      [192, 256],
    ],
  } as const;

  it('come first, and no shape repeats them', () => {
    expect(offeredSizes(model).map(({ label }) => label)).toEqual([
      ...['256×256', '192×256', '3:2', '2:3', '16:9', '9:16'],
    ]);
  });

  it('tell what it was not trained for, where it says', () => {
    expect(isUntrained({ width: 192, height: 256 }, model)).toBe(false);
    expect(isUntrained({ width: 256, height: 192 }, model)).toBe(true);
    expect(isUntrained({ width: 256, height: 192 }, { sizes: [] })).toBe(false);
  });
});

describe('a file name', () => {
  it.each([
    ['a red apple', 42n, 'a-red-apple-42.png'],
    ['  A "red"/../apple, 4k!  ', 0n, 'A-red-apple-4k-0.png'],
    ['一只熊猫，白色背景', 7n, '一只熊猫-白色背景-7.png'],
    ['', 2n ** 64n - 1n, 'emulsion-18446744073709551615.png'],
    ['🦊', 1n, 'emulsion-1.png'],
  ])('for %j is made of words and the seed', (prompt, seed, name) => {
    expect(pictureFileName(prompt, seed)).toBe(name);
  });

  it('is cut at a word, or in a word that is too long', () => {
    expect(pictureFileName('word '.repeat(40), 1n)).toBe(`${Array(12).fill('word').join('-')}-1.png`);
    expect(pictureFileName('龙'.repeat(100), 1n)).toBe(`${'龙'.repeat(60)}-1.png`);
  });
});
