import { encode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { AppError } from '../src/error.ts';
import { attempt, describeEngine, isSamePicture, pictureName } from './kept-pictures.ts';

const png = (value: number, width = 4): Uint8Array =>
  encode({ width, height: 4, channels: 3, data: new Uint8Array(width * 12).fill(value) });

describe('kept pictures', () => {
  it('are called by their prompt and seed', () => {
    // printf 'a fox' | sha256sum
    expect(pictureName('a fox', 7)).toBe('5ebbe2a2650a-7');
    const names = [pictureName('a fox', 7), pictureName('a fox', 8), pictureName('a hat', 7)];
    expect(new Set(names).size).toBe(3);
  });

  it('are the same up to two levels on average, and of one size', () => {
    expect(isSamePicture(png(100), png(102))).toBe(true);
    expect(isSamePicture(png(100), png(103))).toBe(false);
    expect(isSamePicture(png(100), png(100, 5))).toBe(false);
  });

  it('are refused where the engine says so, and nothing else is', async () => {
    const picture = { seed: '1', variationSeed: null, number: 1, count: 1 };
    const uniform = new AppError('image/uniform', { colour: '#808080', picture });
    const refusal = await attempt(Promise.reject(uniform));
    expect(refusal).toMatchObject({
      refused: { code: 'image/uniform', sentence: expect.stringContaining('#808080') as unknown },
    });
    const crash = new AppError('engine/crashed', { reason: 'it is gone' });
    await expect(attempt(Promise.reject(crash))).rejects.toBe(crash);
  });

  it('say in words what they are painted on', () => {
    const setting = { backend: 'wasm', adapter: 'CPU, 2 threads', cpu: 'Example 3', vae: null } as const;
    expect(describeEngine({ ...setting, gpuBudgetBytes: null, ramBudgetBytes: null })).toBe(
      'wasm, CPU, 2 threads, Example 3',
    );
    expect(
      describeEngine({ ...setting, vae: 'tiled', gpuBudgetBytes: 2 ** 30, ramBudgetBytes: null }),
    ).toMatch(/^wasm, CPU, 2 threads, Example 3, VAE tiled, GPU budget /);
  });
});
