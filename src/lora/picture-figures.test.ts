import { describe, expect, it } from 'vitest';
import type { PixelImage } from '../image/pixels.ts';
import { pictureFigures } from './picture-figures.ts';

const SIDE = 96;
type Colour = readonly [number, number, number];
const WHITE: Colour = [255, 255, 255];
const RED: Colour = [200, 30, 30];
const GREEN: Colour = [40, 150, 40];
const PURPLE: Colour = [160, 30, 190];

/** A picture by a rule for every pixel, x and y from the middle. */
function picture(colourAt: (x: number, y: number) => Colour): PixelImage {
  const data = new Uint8ClampedArray(SIDE * SIDE * 4);
  for (let y = 0; y < SIDE; y++)
    for (let x = 0; x < SIDE; x++)
      data.set([...colourAt(x - SIDE / 2, y - SIDE / 2), 255], (y * SIDE + x) * 4);
  return { width: SIDE, height: SIDE, data };
}

const disc = (x: number, y: number, radius = 30): boolean => Math.hypot(x, y) < radius;

describe('pictureFigures', () => {
  it('finds nothing wrong with a whole red disc', () => {
    const { black, outline, hue, fringe } = pictureFigures(picture((x, y) => (disc(x, y) ? RED : WHITE)));
    expect([black, outline, fringe]).toEqual([0, 1, 0]);
    expect(hue).toBeGreaterThan(0.99);
  });

  it('tells how much is black', () => {
    expect(pictureFigures(picture((x) => (x < 0 ? [0, 4, 8] : WHITE))).black).toBe(0.5);
    expect(pictureFigures(picture(() => [0, 0, 9])).black).toBe(0);
  });

  it('misses the outline where the subject runs out of the picture', () => {
    const { outline } = pictureFigures(
      picture((x, y) => (disc(x, y) || (x > 0 && Math.abs(y) < 12) ? RED : WHITE)),
    );
    expect(outline).toBeGreaterThan(0.7);
    expect(outline).toBeLessThan(0.95);
  });

  it('misses the outline where the subject fades away', () => {
    const fading = (x: number, y: number): Colour => {
      const share = Math.max(0, Math.min(1, (46 - Math.hypot(x, y)) / 40));
      return x > 0
        ? (RED.map((value) => 255 + (value - 255) * share) as unknown as Colour)
        : disc(x, y)
          ? RED
          : WHITE;
    };
    const { outline } = pictureFigures(picture(fading));
    expect(outline).toBeGreaterThan(0.3);
    expect(outline).toBeLessThan(0.8);
  });

  it('tells how much of the colour is of one hue', () => {
    const half = pictureFigures(picture((x, y) => (disc(x, y) ? (y < 0 ? RED : GREEN) : WHITE)));
    expect(half.hue).toBeGreaterThan(0.4);
    expect(half.hue).toBeLessThan(0.7);
  });

  it('finds a purple fringe, but not around something purple', () => {
    const ring = (inside: Colour) => (x: number, y: number) =>
      disc(x, y, 28) ? inside : disc(x, y, 31) ? PURPLE : WHITE;
    expect(pictureFigures(picture(ring(RED))).fringe).toBeGreaterThan(0.3);
    expect(pictureFigures(picture(ring(PURPLE))).fringe).toBe(0);
  });

  it('measures noise, which has more parts than can be counted on a stack', () => {
    const side = 1024;
    let state = 1;
    const data = new Uint8ClampedArray(side * side * 4);
    for (let pixel = 0; pixel < side * side; pixel++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      const shade = state / 2 ** 32 < 0.27 ? 0 : 255;
      data.set([shade, shade, shade, 255], pixel * 4);
    }
    const { black, outline } = pictureFigures({ width: side, height: side, data });
    expect(black).toBeCloseTo(0.27, 1);
    expect(outline).toBeLessThan(1);
  });

  it('has no outline and no hue where there is no subject', () => {
    expect(pictureFigures(picture(() => WHITE))).toEqual({ black: 0, outline: 0, hue: 0, fringe: 0 });
    const grey = pictureFigures(picture((x, y) => (disc(x, y) ? [90, 90, 90] : WHITE)));
    expect([grey.outline, grey.hue]).toEqual([1, 0]);
  });
});
