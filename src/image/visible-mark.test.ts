import { describe, expect, it } from 'vitest';
import type { PixelImage } from './pixels.ts';
import { withVisibleMark } from './visible-mark.ts';

function grey(width: number, height: number): PixelImage {
  const data = new Uint8ClampedArray(width * height * 4).fill(128);
  for (let alpha = 3; alpha < data.length; alpha += 4) data[alpha] = 255;
  return { width, height, data };
}

/** Where the picture is lighter than it was: the letters, as a box in pixels. */
function lettersOf({ width, data }: PixelImage) {
  const inked = Array.from({ length: data.length / 4 }, (_, pixel) => pixel).filter(
    (pixel) => (data[pixel * 4] ?? 0) > 200,
  );
  const [xs, ys] = [inked.map((pixel) => pixel % width), inked.map((pixel) => Math.floor(pixel / width))];
  return {
    left: Math.min(...xs),
    right: Math.max(...xs),
    height: Math.max(...ys) - Math.min(...ys) + 1,
    bottom: Math.max(...ys),
  };
}

describe('the visible mark', () => {
  it('stands in the lower right corner, as large as the rule asks for, and leaves the rest alone', () => {
    const image = grey(512, 768);
    const marked = withVisibleMark(image, 'zh-CN');
    const { left, right, height, bottom } = lettersOf(marked);
    expect(height).toBeGreaterThanOrEqual(512 * 0.05);
    expect([right < 512, bottom < 768, left > 256, bottom > 700]).toEqual([true, true, true, true]);
    const isSame = (a: Uint8ClampedArray, b: Uint8ClampedArray) => a.every((value, i) => value === b[i]);
    const above = 512 * 700 * 4;
    expect(isSame(marked.data.subarray(0, above), image.data.subarray(0, above))).toBe(true);
    expect(isSame(image.data, grey(512, 768).data)).toBe(true);
    expect(marked.data.every((value, index) => index % 4 !== 3 || value === 255)).toBe(true);
  });

  it('is shorter in English, and fits into the smallest picture', () => {
    const widthOf = (box: ReturnType<typeof lettersOf>) => box.right - box.left;
    const [english, chinese] = (['en', 'zh-CN'] as const).map((language) =>
      widthOf(lettersOf(withVisibleMark(grey(512, 512), language))),
    );
    expect(english).toBeLessThan((chinese ?? 0) / 2);
    expect(() => withVisibleMark(grey(8, 8), 'zh-CN')).not.toThrow();
  });

  it('can be read on black as on white', () => {
    for (const ground of [0, 255]) {
      const image = grey(128, 128);
      image.data.fill(ground);
      const corner = withVisibleMark(image, 'en').data.filter((_, index) => index % 4 === 0);
      const box = corner.slice(128 * 115).filter((_, index) => index % 128 > 112);
      expect(Math.max(...box) - Math.min(...box)).toBeGreaterThan(100);
    }
  });
});
