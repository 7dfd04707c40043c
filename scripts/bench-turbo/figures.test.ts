import { describe, expect, it } from 'vitest';
import { banding, lumaOf, sharpness, type Luma } from './figures.ts';

/** A picture from its luma at every place. */
function picture(width: number, height: number, at: (x: number, y: number) => number): Luma {
  const values = Float64Array.from({ length: width * height }, (_, i) =>
    at(i % width, Math.floor(i / width)),
  );
  return { width, height, values };
}

describe('luma', () => {
  it('weighs the channels as BT.601 does, and takes grey as it is', () => {
    const colours = [255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255];
    const { values } = lumaOf({ width: 4, height: 1, channels: 3, data: colours });
    [76.245, 149.685, 29.07, 255].forEach((expected, i) => expect(values[i]).toBeCloseTo(expected, 9));
    expect(lumaOf({ width: 2, height: 1, channels: 2, data: [7, 255, 9, 0] }).values[1]).toBeCloseTo(9);
    expect(lumaOf({ width: 1, height: 1, channels: 4, data: [10, 10, 10, 0] }).values[0]).toBeCloseTo(10);
  });
});

describe('sharpness', () => {
  it('is nothing for a plain area and for an even slope', () => {
    expect(sharpness(picture(9, 7, () => 130))).toBe(0);
    expect(sharpness(picture(9, 7, (x, y) => 3 * x - 2 * y))).toBeCloseTo(0);
    expect(sharpness(picture(2, 2, (x) => 255 * x))).toBe(0);
  });

  it('is the square of four contrasts for a chessboard', () => {
    expect(sharpness(picture(6, 6, (x, y) => ((x + y) % 2) * 255))).toBeCloseTo((4 * 255) ** 2);
  });

  it('is 20 v² / 9 for one bright pixel in the middle of 5 × 5', () => {
    expect(sharpness(picture(5, 5, (x, y) => (x === 2 && y === 2 ? 30 : 0)))).toBeCloseTo((20 * 900) / 9);
  });
});

describe('banding', () => {
  it('is all of a slope so slow that every level shows', () => {
    expect(banding(picture(64, 16, (x) => 100 + Math.floor(x / 16)))).toBe(1);
    expect(banding(picture(16, 64, (_, y) => 100 - Math.floor(y / 16)))).toBe(1);
  });

  it('is the share of the picture that such a slope takes', () => {
    // The lower half lies 50 levels away.
    expect(banding(picture(64, 32, (x, y) => (y < 16 ? 100 + Math.floor(x / 16) : 200)))).toBe(0.5);
  });

  it.each<[string, Luma]>([
    ['a plain area', picture(64, 64, () => 200)],
    ['a steep slope', picture(64, 64, (x) => 2 * x)],
    ['a slope whose levels last seven pixels', picture(63, 7, (x) => 50 + Math.floor(x / 7))],
    ['a slow slope with noise on it', picture(64, 64, (x, y) => 100 + x / 16 + ((7 * x + 5 * y) % 3))],
    ['the edge of a thing', picture(64, 64, (x) => (x < 32 ? 100 : 116))],
    ['a speck', picture(64, 64, (x, y) => (x === 30 && y === 30 ? 101 : 100))],
    ['a thin line', picture(64, 64, (x) => (x === 30 ? 101 : 100))],
  ])('is nothing for %s', (_, luma) => {
    expect(banding(luma)).toBe(0);
  });
});
