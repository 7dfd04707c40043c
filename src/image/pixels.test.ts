import { describe, expect, it } from 'vitest';
import { inspectPixels, pixelsFromPlanes, previewFromLatents } from './pixels.ts';
import type { PixelImage } from './pixels.ts';
import pixels from './golden/pixels.json';
import preview from './golden/preview.json';

type Triple = readonly [number, number, number];

function rgb(image: PixelImage): number[] {
  return [...image.data].filter((_, index) => index % 4 !== 3);
}

describe('pixelsFromPlanes', () => {
  it('rounds as diffusers does', () => {
    const image = pixelsFromPlanes(new Float32Array(pixels.decoded), [pixels.height, pixels.width]);
    expect(image).toMatchObject({ width: pixels.width, height: pixels.height });
    expect(rgb(image)).toEqual(pixels.rgb);
  });

  it('is opaque, clamps infinities and takes NaN for black', () => {
    const image = pixelsFromPlanes(new Float32Array([Number.NaN, Infinity, -Infinity]), [1, 1]);
    expect([...image.data]).toEqual([0, 255, 0, 255]);
  });
});

describe('previewFromLatents', () => {
  it('is the linear map of the reference', () => {
    const image = previewFromLatents(
      new Float32Array(preview.latents),
      preview.shape as [number, number, number, number],
      preview.factors as unknown as Triple[],
      preview.bias as unknown as Triple,
    );
    expect(image).toMatchObject({ width: preview.shape[3], height: preview.shape[2] });
    expect(rgb(image)).toEqual(preview.rgb);
  });
});

describe('inspectPixels', () => {
  const inspect = (...values: number[]) => {
    const decoded = new Float32Array(values);
    return inspectPixels(decoded, pixelsFromPlanes(decoded, [1, values.length / 3]));
  };

  it('counts NaN and infinite values', () => {
    expect(inspect(0.5, Number.NaN, Infinity, 0, -Infinity, 1)).toEqual({
      nonFinite: 3,
      black: false,
      uniform: false,
    });
  });

  it('knows a black picture, however it came about', () => {
    const nan = Number.NaN;
    expect(inspect(-1, -1, -1, -2, -1, -1)).toEqual({ nonFinite: 0, black: true, uniform: true });
    expect(inspect(nan, nan, nan, nan, nan, nan)).toEqual({ nonFinite: 6, black: true, uniform: true });
  });

  it('knows a picture of one colour', () => {
    expect(inspect(0, 0.5, 1, 0, 0.5, 1)).toEqual({ nonFinite: 0, black: false, uniform: true });
    expect(inspect(-1, -1, -1, 0, -1, -1)).toEqual({ nonFinite: 0, black: false, uniform: false });
  });
});
