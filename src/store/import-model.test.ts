import { afterEach, expect, it, vi } from 'vitest';
import { openWeights } from '../weights/folder-checkpoint.ts';
import { memorySource, rawSafetensors } from '../weights/test-files.ts';
import { createWeightSet } from '../weights/weight-set.ts';
import { bytesToFetch, readRecords } from './import-model.ts';
import { FORMAT, type ModelOutline } from './model-record.ts';

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

it('tells what has to be fetched as it lies in the files, of which those on disk need not be', () => {
  const local = { path: 'r', size: 100, read: () => Promise.reject(new Error()) };
  const remote = { ...local, address: 'https://host/r' };
  const plain = { shape: [4], begin: 8 };
  const weights = new Map([
    [
      'unet',
      createWeightSet(
        'unet',
        new Map([
          ['a', { ...plain, file: remote, dtype: 'F32', end: 24 }],
          ['b', { ...plain, file: remote, dtype: 'F16', begin: 24, end: 32 }],
          ['c', { ...plain, file: local, dtype: 'F32', end: 24 }],
        ]),
        () => Promise.resolve(undefined),
      ),
    ],
  ]);
  const record = (tensor: string) => ({
    component: 'unet',
    byteLength: 8,
    slices: [{ tensor, begin: 0, end: 8 }],
  });
  const outline: ModelOutline = {
    ...{ format: FORMAT, id: 'm', name: 'm', licence: undefined, source: 's', reference: undefined },
    ...{ sourceKey: 'k', version: undefined, assumptions: [], texts: {}, components: {} },
    records: ['a', 'b', 'c'].map(record),
  };
  const done = { shards: { 0: { sha256: '', byteLength: 8 } }, download: { versions: {}, hashes: {} } };
  expect(bytesToFetch({ outline, weights }, undefined, 0)).toBe(24);
  expect(bytesToFetch({ outline, weights }, new Map([[0, done]]), 0)).toBe(8);
  expect(bytesToFetch({ outline, weights }, new Map([[0, done]]), 20)).toBe(0);
});
