import { describe, expect, it } from 'vitest';
import type { GenerateResult, Notice } from '../../src/engine/protocol/generate.ts';
import { formatReport } from './report.ts';

const result: GenerateResult = {
  images: [
    { seed: 2n ** 64n - 1n, width: 96, height: 64, nonFinite: 0, black: false, png: new Uint8Array(3) },
    { seed: 7n, width: 96, height: 64, nonFinite: 2, black: true, png: new Uint8Array(3), dump: {} },
  ],
  model: { id: 'tiny', name: 'Tiny "1" \\u00007' },
  backend: 'wasm',
  adapter: 'CPU',
  precision: 'f32',
  sampler: 'turbo',
  guidance: 'off',
  unetEvaluations: 4,
  vae: { mode: 'full', tile: null },
  timesteps: [999, 749, 499, 249],
  sigmas: [14.6, 4.1, 1.6, 0.7, 0],
  ms: { load: 1, encode: 2, denoise: 3, steps: [1, 2], decode: 4, total: 10 },
  timeline: [{ phase: 'denoise', component: 'unet', stage: 'conv_in', step: 1, startMs: 3, endMs: 3.5 }],
  gpu: null,
  wasmHeapBytes: 123,
  lora: [],
};

const notices: Notice[] = [{ kind: 'weights-rounded', relativeL2: 0.0016, tensors: 3 }];

describe('formatReport', () => {
  const text = formatReport(result, ['out/a-1.png', 'out/a-2.png'], notices);

  it('is the object of the contract, on one line', () => {
    const { images, ...rest } = result;
    expect(images).toHaveLength(2);
    const parsed: unknown = JSON.parse(text);
    expect(parsed).toMatchObject({ ...rest, notices });
    expect(parsed).toHaveProperty('images', [
      {
        file: 'out/a-1.png',
        seed: Number(2n ** 64n - 1n),
        width: 96,
        height: 64,
        nonFinite: 0,
        black: false,
      },
      { file: 'out/a-2.png', seed: 7, width: 96, height: 64, nonFinite: 2, black: true },
    ]);
    expect(text).not.toContain('\n');
  });

  it('writes seeds as numbers, to the last digit', () => {
    expect(text).toContain('"seed":18446744073709551615,');
  });
});
