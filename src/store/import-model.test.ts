import { afterEach, expect, it, vi } from 'vitest';
import { openWeights } from '../weights/folder-checkpoint.ts';
import { memorySource, rawSafetensors } from '../weights/test-files.ts';
import { readRecords } from './import-model.ts';

afterEach(() => void vi.restoreAllMocks());

it('makes the records of one job after the other, which takes their bytes more than once', async () => {
  const header = { a: { dtype: 'BF16', shape: [2], data_offsets: [0, 4] } };
  const file = rawSafetensors(header, Uint8Array.of(1, 2, 3, 4));
  const { source } = memorySource({ 'unet/diffusion_pytorch_model.safetensors': file });
  const weights = new Map([['unet', await openWeights(source, 'unet')]]);
  const plan = { component: 'unet', byteLength: 2 };
  const records = [
    { ...plan, slices: [{ tensor: 'a', begin: 0, end: 2 }] },
    { ...plan, slices: [{ tensor: 'a', begin: 2, end: 4 }] },
  ];
  let [now, most] = [0, 0];
  const digest = crypto.subtle.digest.bind(crypto.subtle);
  vi.spyOn(crypto.subtle, 'digest').mockImplementation(async (...args) => {
    most = Math.max(most, ++now);
    const result = await digest(...args);
    now--;
    return result;
  });
  const made = await Promise.all([[0, 1], [0], [1]].map((numbers) => readRecords(numbers, records, weights)));
  expect(made.map((shards) => [...shards].map(([i, { bytes }]) => [i, ...bytes]))).toEqual([
    [
      [0, 1, 2],
      [1, 3, 4],
    ],
    [[0, 1, 2]],
    [[1, 3, 4]],
  ]);
  expect(most).toBe(1);
});
