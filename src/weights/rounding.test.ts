import { describe, expect, it } from 'vitest';
import { openWeights } from './folder-checkpoint.ts';
import { roundingLoss } from './rounding.ts';
import { memorySource, numbered, rawSafetensors } from './test-files.ts';

const UNET = 'unet/diffusion_pytorch_model.safetensors';

describe('WeightSet.rounding', () => {
  const ONE = { name: 'a', shape: [1] };

  it('is what rounding to bfloat16 changes, each tensor counted once', async () => {
    // To nearest, ties to even: 1 + 2⁻⁸ and 1 + 2⁻⁹ become 1, 3 stays.
    const bytes = numbered({ a: 1 + 2 ** -8, b: 1 + 2 ** -9, c: 3 });
    const weights = await openWeights(memorySource({ [UNET]: bytes }).source, 'unet');
    expect(weights.rounding(['a', 'b', 'c'])).toEqual({ value: 0, error: 0, tensors: 0 });
    await weights.read([ONE]);
    await weights.read([ONE]);
    const only = weights.rounding(['a', 'b', 'c']);
    expect(only.tensors).toBe(1);
    expect(roundingLoss(only)).toBeCloseTo(2 ** -8 / (1 + 2 ** -8), 12);
    await weights.read(['a', 'b', 'c'].map((name) => ({ name, shape: [1] })));
    const error = Math.hypot(2 ** -8, 2 ** -9);
    const length = Math.hypot(1 + 2 ** -8, 1 + 2 ** -9, 3);
    const all = weights.rounding(['a', 'b', 'c']);
    expect(all.tensors).toBe(3);
    expect(roundingLoss(all)).toBeCloseTo(error / length, 12);
    expect(weights.rounding(['a'])).toEqual(only);
  });

  it('counts float16, and not what is bfloat16 already', async () => {
    const header = {
      half: { dtype: 'F16', shape: [2], data_offsets: [0, 4] },
      brain: { dtype: 'BF16', shape: [1], data_offsets: [4, 6] },
    };
    // 1 + 2⁻¹⁰, 2 and 1.
    const bytes = rawSafetensors(header, new Uint8Array(Uint16Array.of(0x3c01, 0x4000, 0x3f80).buffer));
    const weights = await openWeights(memorySource({ [UNET]: bytes }).source, 'unet');
    await weights.read([
      { name: 'half', shape: [2] },
      { name: 'brain', shape: [1] },
    ]);
    const rounding = weights.rounding(['half', 'brain']);
    expect(rounding.tensors).toBe(1);
    expect(roundingLoss(rounding)).toBeCloseTo(2 ** -10 / Math.hypot(1 + 2 ** -10, 2), 12);
  });

  it('is measured over long tensors too', async () => {
    const values = Float32Array.from({ length: 100_000 }, (_, i) => Math.sin(i));
    const header = { a: { dtype: 'F32', shape: [values.length], data_offsets: [0, values.byteLength] } };
    const bytes = rawSafetensors(header, new Uint8Array(values.buffer));
    const weights = await openWeights(memorySource({ [UNET]: bytes }).source, 'unet');
    const [bits = new Uint16Array()] = await weights.read([{ name: 'a', shape: [values.length] }]);
    const rounded = new Float32Array(Uint32Array.from(bits, (value) => value << 16).buffer);
    const sum = (of: (x: number, i: number) => number) =>
      values.reduce((total, x, i) => total + of(x, i) ** 2, 0);
    const expected = Math.sqrt(sum((x, i) => x - (rounded[i] ?? 0)) / sum((x) => x));
    expect(roundingLoss(weights.rounding(['a']))).toBeCloseTo(expected, 12);
  });

  it.each([NaN, Infinity, -Infinity, 3.4e38])('refuses %d, which is no finite bfloat16', async (value) => {
    const weights = await openWeights(memorySource({ [UNET]: numbered({ a: value }) }).source, 'unet');
    await expect(weights.read([ONE])).rejects.toMatchObject({
      code: 'weights/not-finite',
      detail: { file: UNET, tensor: 'a' },
    });
  });
});
