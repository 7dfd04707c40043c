/**
 * @file Attention on both backends against softmax(QKᵀ/√d)V in plain arithmetic. With the `subgroups` feature ONNX
 * Runtime's kernel is wrong on SwiftShader, so the device must not have it.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attention, template, type Template } from '../architecture/templates/template.ts';
import { concatenateTokens, singleHeadAttention } from '../architecture/templates/tokens.ts';
import { requestAdapter, WatchedDevice } from '../gpu/device.ts';
import type { Backend, Tensor } from './backend.ts';
import { loadOnnxRuntime } from './onnxruntime.ts';
import { largestDifference, openWebGpu, someValues } from './test-webgpu.ts';
import { createWasmBackend } from './wasm-backend.ts';
import { WebGpuBackend } from './webgpu-backend.ts';

interface Size {
  readonly batch: number;
  readonly heads: number;
  readonly headSize: number;
  readonly queries: number;
  readonly keys: number;
  readonly causal: boolean;
}

const SIZES: readonly Size[] = [
  // More than a few dozen queries, as pictures have; fewer take another kernel.
  { batch: 1, heads: 2, headSize: 64, queries: 40, keys: 77, causal: false },
  { batch: 1, heads: 2, headSize: 64, queries: 40, keys: 40, causal: true },
  { batch: 2, heads: 3, headSize: 6, queries: 9, keys: 33, causal: false },
  { batch: 1, heads: 1, headSize: 5, queries: 1, keys: 1, causal: false },
];

/** softmax(q·kᵀ/√d)·v, heads packed in the channels. */
function reference(q: Float32Array, k: Float32Array, v: Float32Array, size: Size): Float32Array {
  const { batch, heads, headSize, queries, keys, causal } = size;
  const at = (
    tensor: Float32Array,
    tokens: number,
    n: number,
    token: number,
    head: number,
    i: number,
  ): number => tensor[((n * tokens + token) * heads + head) * headSize + i] ?? NaN;
  const result: number[] = [];
  for (let n = 0; n < batch; n++) {
    for (let query = 0; query < queries; query++) {
      for (let head = 0; head < heads; head++) {
        const seen = Array.from({ length: causal ? query + 1 : keys }, (_, key) => key);
        const channels = Array.from({ length: headSize }, (_, i) => i);
        const scores = seen.map((key) =>
          channels.reduce(
            (sum, i) => sum + at(q, queries, n, query, head, i) * at(k, keys, n, key, head, i),
            0,
          ),
        );
        const weights = scores.map((score) => Math.exp((score - Math.max(...scores)) / Math.sqrt(headSize)));
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        for (const i of channels) {
          result.push(
            seen.reduce(
              (sum, key) => sum + ((weights[key] ?? NaN) / total) * at(v, keys, n, key, head, i),
              0,
            ),
          );
        }
      }
    }
  }
  return Float32Array.from(result);
}

/** Attention alone: q [N, S, C], k and v [N, T, C]. */
function attended(heads: number, causal: boolean): Template {
  return template(`test attention ${heads} ${causal}`, (graph) => {
    const q = graph.input('q', ['N', 'S', 'C']);
    const [k = '', v = ''] = ['k', 'v'].map((name) => graph.input(name, ['N', 'T', 'C']));
    graph.output(attention(graph, q, k, v, heads, causal), ['N', 'S', 'C']);
  });
}

/** Large enough scores that the softmax is far from even. */
const spread = (values: Float32Array): Float32Array => values.map((value) => 3 * value);

describe.each([
  ['webgpu', async () => (await openWebGpu()).backend],
  ['wasm', createWasmBackend],
] as const)('attention on %s', (_name, open) => {
  let backend: Backend;

  beforeAll(async () => {
    backend = await open();
  });
  afterAll(() => backend.dispose());

  it.each(SIZES)(
    'batch $batch, $heads heads of $headSize, $queries queries, $keys keys, causal $causal',
    async (size) => {
      const { batch, heads, headSize, queries, keys, causal } = size;
      const width = heads * headSize;
      const q = spread(someValues(batch * queries * width, 1));
      const k = spread(someValues(batch * keys * width, 2));
      const v = someValues(batch * keys * width, 3);
      const inputs = {
        q: await backend.upload(q, [batch, queries, width]),
        k: await backend.upload(k, [batch, keys, width]),
        v: await backend.upload(v, [batch, keys, width]),
      };
      const y = await backend.run(attended(heads, causal), inputs, [batch, queries, width]);
      expect(largestDifference(await backend.download(y), reference(q, k, v, size))).toBeLessThan(1e-5);
      for (const tensor of [...Object.values(inputs), y]) backend.free(tensor);
    },
  );

  it('one wide head, a few queries at a time', async () => {
    const size = { batch: 1, heads: 1, headSize: 24, queries: 100, keys: 100, causal: false };
    const shape = [1, 100, 24];
    const values = [spread(someValues(2400, 1)), spread(someValues(2400, 2)), someValues(2400, 3)] as const;
    const uploads = values.map((data) => backend.upload(data, shape));
    const [q, k, v] = (await Promise.all(uploads)) as [Tensor, Tensor, Tensor];
    const expected = reference(...values, size);
    const whole = await backend.run(singleHeadAttention(24), { q, k, v }, shape);
    expect(largestDifference(await backend.download(whole), expected)).toBeLessThan(1e-5);
    // As many as the VAE has at 1024 pixels; more than a shader may bind.
    const parts: Record<string, Tensor> = {};
    for (let start = 0; start < 100; start += 3) {
      const range = { start, end: Math.min(100, start + 3) };
      const part = await backend.run(singleHeadAttention(24, range), { q, k, v }, [1, range.end - start, 24]);
      parts[`part.${start / 3}`] = part;
    }
    const joined = await backend.run(concatenateTokens(34), parts, shape);
    expect(largestDifference(await backend.download(joined), expected)).toBeLessThan(1e-5);
    for (const tensor of [q, k, v, whole, joined, ...Object.values(parts)]) backend.free(tensor);
  });
});

it('comes out wrong with subgroups on SwiftShader, which is why devices are opened without them', async () => {
  const { adapter } = await requestAdapter();
  if (adapter?.info.architecture !== 'swiftshader') return;
  const device = await adapter.requestDevice({ requiredFeatures: ['subgroups'] });
  const backend = new WebGpuBackend(await loadOnnxRuntime('webgpu', 1), new WatchedDevice(device), 'test');
  const size = { batch: 1, heads: 2, headSize: 64, queries: 40, keys: 77, causal: false };
  const [queries, keys] = [40 * 128, 77 * 128];
  const values = [spread(someValues(queries, 1)), spread(someValues(keys, 2)), someValues(keys, 3)] as const;
  const [q, k, v] = values;
  const upload = (data: Float32Array) => backend.upload(data, [1, data.length / 128, 128]);
  const inputs = { q: await upload(q), k: await upload(k), v: await upload(v) };
  const y = await backend.run(attended(2, false), inputs, [1, 40, 128]);
  expect(largestDifference(await backend.download(y), reference(...values, size))).toBeGreaterThan(0.01);
  await backend.dispose();
});

it('the device does not have the feature that breaks it', async () => {
  const { backend, device } = await openWebGpu();
  expect([...device.features].filter((feature) => feature.includes('subgroup'))).toEqual([]);
  await backend.dispose();
});
