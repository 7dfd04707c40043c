import { describe, expect, it } from 'vitest';
import { wholePictureSide } from './whole-picture.ts';

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

describe('the largest picture decoded in one piece', () => {
  it('is bounded by the largest tensor: 256 channels of float32 for every pixel', () => {
    const side = (largestBytes: number) => wholePictureSide({ gpuBytes: 64 * GIB, largestBytes });
    expect(side(256 * MIB)).toBe(512);
    expect(side(GIB)).toBe(1024);
    expect(side(GIB - 1)).toBe(960);
  });

  it('is bounded by the budget, with the figures of docs/memory.md', () => {
    const side = (gpuBytes: number) => wholePictureSide({ gpuBytes, largestBytes: 4 * GIB });
    // In tiles at 512 MB and whole at 1024 MB for 512 pixels; in tiles for 1024 pixels at 2048 MB.
    expect(side(512 * MIB)).toBeLessThan(512);
    expect(side(1024 * MIB)).toBeGreaterThanOrEqual(512);
    expect(side(2048 * MIB)).toBeLessThan(1024);
    expect(side(1)).toBe(0);
  });

  it('is bounded by the heap on WASM: 1090 MB for 512 pixels are too many', () => {
    const side = wholePictureSide();
    expect(side).toBeGreaterThanOrEqual(256);
    expect(side).toBeLessThan(512);
  });
});
