/** @file The two backends behind one interface: the same numbers, sessions shared, heaps reported. */
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { convolve } from '../architecture/layers.ts';
import { ProgramBuilder } from '../architecture/program.ts';
import { concatenateChannels, convolution, pickPixels, softClamp } from '../architecture/templates/image.ts';
import type { Template } from '../architecture/templates/template.ts';
import { activatedSum, embedding, linearLayer } from '../architecture/templates/tokens.ts';
import { bf16FromF32 } from '../weights/bf16.ts';
import { summarise, type Backend, type Tensor } from './backend.ts';
import { loadOnnxRuntime } from './onnxruntime.ts';
import { expand, openWebGpu, someValues } from './test-webgpu.ts';
import { createWasmBackend, threadCount } from './wasm-backend.ts';
import type { WebGpuBackend } from './webgpu-backend.ts';

let wasm: Backend;
let webgpu: WebGpuBackend;
let heapsWhenOpened: number[];

beforeAll(async () => {
  // Both at once, and before either has run anything.
  const opened = await Promise.all([createWasmBackend(), openWebGpu()]);
  wasm = opened[0];
  webgpu = opened[1].backend;
  heapsWhenOpened = [wasm, webgpu].map((backend) => backend.heapBytes());
});
afterAll(() => Promise.all([wasm.dispose(), webgpu.dispose()]));
afterEach(() => void vi.restoreAllMocks());

function relativeL2(actual: Float32Array, expected: Float32Array): number {
  if (actual.length !== expected.length) return Infinity;
  let difference = 0;
  expected.forEach((value, i) => (difference += ((actual[i] ?? NaN) - value) ** 2));
  return Math.sqrt(difference / expected.reduce((sum, value) => sum + value ** 2, 0));
}

/** Shapes of a template's inputs; int32 ones are given as values. */
type Inputs = Readonly<Record<string, readonly number[] | Int32Array>>;

async function run(
  backend: Backend,
  template: Template,
  inputs: Inputs,
  shape: readonly number[],
): Promise<Float32Array> {
  const feeds: Record<string, Tensor> = {};
  for (const [i, [name, input]] of Object.entries(inputs).entries()) {
    if (input instanceof Int32Array) feeds[name] = await backend.upload(input, [input.length]);
    else
      feeds[name] = await backend.upload(
        someValues(
          input.reduce((a, b) => a * b, 1),
          i + 1,
        ),
        input,
      );
  }
  const y = await backend.run(template, feeds, shape);
  const result = await backend.download(y);
  for (const tensor of [...Object.values(feeds), y]) backend.free(tensor);
  return result;
}

/** The weights of linear layers of a size each, by the names templates give them. */
const linears = (sizes: Readonly<Record<string, readonly [number, number]>>, bias: boolean): Inputs =>
  Object.fromEntries(
    Object.entries(sizes).flatMap(([name, size]): [string, readonly number[]][] => [
      [`${name}.weight`, size],
      ...(bias ? [[`${name}.bias`, [size[1]]] as [string, number[]]] : []),
    ]),
  );
const IMAGE = [1, 7, 9, 6];
const SAME = [1, 1, 1, 1] as const;
const CASES: readonly (readonly [string, Template, Inputs, readonly number[]])[] = [
  [
    'a convolution with a shift',
    convolution({ kernel: 3, stride: 1, padding: SAME, bias: true, shift: true }),
    { x: [2, 7, 9, 6], 'conv.weight': [10, 6, 3, 3], 'conv.bias': [10], shift: [2, 1, 1, 10] },
    [2, 7, 9, 10],
  ],
  [
    'a convolution with a shortcut',
    convolution({ kernel: 3, stride: 1, padding: SAME, bias: true, residual: 'shortcut' }),
    {
      x: IMAGE,
      'conv.weight': [7, 6, 3, 3],
      'conv.bias': [7],
      residual: [1, 7, 9, 5],
      ...linears({ conv_shortcut: [5, 7] }, true),
    },
    [1, 7, 9, 7],
  ],
  [
    'a convolution of stride 2, padded on one side',
    convolution({ kernel: 3, stride: 2, padding: [0, 0, 1, 1], bias: true }),
    { x: IMAGE, 'conv.weight': [5, 6, 3, 3], 'conv.bias': [5] },
    [1, 3, 4, 5],
  ],
  [
    'an enlarging convolution without bias, activated and rescaled',
    convolution({
      kernel: 3,
      stride: 1,
      padding: SAME,
      bias: false,
      enlarge: 2,
      activation: 'relu',
      rescale: [2, -1],
    }),
    { x: IMAGE, 'conv.weight': [3, 6, 3, 3] },
    [1, 14, 18, 3],
  ],
  [
    'a convolution with its input added',
    convolution({
      kernel: 1,
      stride: 1,
      padding: [0, 0, 0, 0],
      bias: true,
      residual: 'identity',
      activation: 'silu',
    }),
    { x: IMAGE, 'conv.weight': [6, 6, 1, 1], 'conv.bias': [6], residual: IMAGE },
    IMAGE,
  ],
  ['concatenation', concatenateChannels(), { a: [2, 3, 5, 4], b: [2, 3, 5, 7] }, [2, 3, 5, 11]],
  [
    'picked pixels',
    pickPixels(),
    { x: IMAGE, rows: Int32Array.of(0, 0, 1, 6), columns: Int32Array.of(8, 3) },
    [1, 4, 2, 6],
  ],
  ['a soft clamp', softClamp(3), { x: IMAGE }, IMAGE],
  [
    'a linear layer with a residual',
    linearLayer({ bias: true, residual: true }),
    { x: [2, 5, 6], residual: [2, 5, 8], ...linears({ linear: [6, 8] }, true) },
    [2, 5, 8],
  ],
  [
    'an embedding with a condition',
    embedding({ condition: true }),
    {
      x: [2, 6],
      condition: [2, 4],
      ...linears({ cond_proj: [4, 6] }, false),
      ...linears({ linear_1: [6, 9], linear_2: [9, 9] }, true),
    },
    [2, 9],
  ],
  ['an activated sum', activatedSum(), { a: [2, 9], b: [2, 9] }, [2, 9]],
];

describe('both backends agree on', () => {
  it.each(CASES)('%s', async (_name, template, inputs, shape) => {
    const onCpu = await run(wasm, template, inputs, shape);
    expect(onCpu.some((value) => value !== 0)).toBe(true);
    expect(relativeL2(await run(webgpu, template, inputs, shape), onCpu)).toBeLessThan(1e-5);
  });

  it.each([3, 6, 9, 18])(
    'a convolution of %i channels, padded where the kernel would read them wrong',
    async (channels) => {
      const program = new ProgramBuilder();
      const x = program.input('x', [1, 5, 6, channels]);
      program.stage('stage', (stage) => convolve(stage, 'conv', x, 8));
      const [operation] = program.finish('test', {}).stages[0]?.operations ?? [];
      if (operation?.kind !== 'template') throw new Error('a convolution is a template');
      const inputs = { x: x.shape, 'conv.weight': [8, channels, 3, 3], 'conv.bias': [8] };
      const onCpu = await run(wasm, operation.template, inputs, operation.output.shape);
      const onGpu = await run(webgpu, operation.template, inputs, operation.output.shape);
      expect(relativeL2(onGpu, onCpu)).toBeLessThan(1e-5);
    },
  );

  it('what lies outside ONNX Runtime: widening, GroupNorm, summaries of values', async () => {
    const weights = bf16FromF32(someValues(7 * 12));
    const values = someValues(5 * 12);
    values[17] = NaN;
    const options = { groups: 3, eps: 1e-5, silu: true };
    const results = await Promise.all(
      [wasm, webgpu].map(async (backend: Backend) => {
        const straight = await expand(backend, weights, [7, 12], false);
        const transposed = await expand(backend, weights, [7, 12], true);
        const scale = await backend.upload(someValues(12, 4), [12]);
        const shift = await backend.upload(someValues(12, 5), [12]);
        const normed = await backend.groupNorm(straight, scale, shift, options);
        return {
          shapes: [straight.shape, transposed.shape, normed.shape],
          straight: await backend.download(straight),
          transposed: await backend.download(transposed),
          normed: await backend.download(normed),
          summaries: await summarise(backend, [await backend.upload(values, [5, 12]), straight]),
        };
      }),
    );
    const [onCpu, onGpu] = results as [(typeof results)[number], (typeof results)[number]];
    expect(onGpu.shapes).toEqual(onCpu.shapes);
    expect(onCpu.shapes).toEqual([
      [7, 12],
      [12, 7],
      [7, 12],
    ]);
    expect(onGpu.straight).toEqual(onCpu.straight);
    expect(onGpu.transposed).toEqual(onCpu.transposed);
    expect(relativeL2(onGpu.normed, onCpu.normed)).toBeLessThan(1e-6);
    // Of what is right, only the GPU knows the range.
    expect(onGpu.summaries[0]).toEqual(onCpu.summaries[0]);
    expect(onCpu.summaries).toMatchObject([
      { count: 60, nonFinite: 1 },
      { count: 84, nonFinite: 0 },
    ]);
  });

  it('copying what is uploaded', async () => {
    for (const backend of [wasm, webgpu] as Backend[]) {
      const values = Float32Array.of(1, 2, 3);
      const tensor = await backend.upload(values, [3]);
      values.fill(9);
      expect([...(await backend.download(tensor))]).toEqual([1, 2, 3]);
    }
  });

  it('refusing a tensor that is smaller than its shape', async () => {
    for (const backend of [wasm, webgpu] as Backend[]) {
      const x = { ...(await backend.upload(Float32Array.of(1, 2, 3), [3])), shape: [1, 1, 1, 4] };
      await expect(backend.run(softClamp(3), { x }, [1, 1, 1, 4])).rejects.toMatchObject({
        code: 'engine/internal',
      });
      const weight = await backend.upload(Float32Array.of(1), [1]);
      const options = { groups: 1, eps: 1, silu: false };
      await expect(backend.groupNorm(x, weight, weight, options)).rejects.toMatchObject({
        code: 'engine/internal',
      });
    }
  });
});

describe('sessions', () => {
  it.each([
    ['wasm', () => wasm, 'wasm'],
    ['webgpu', () => webgpu, 'webgpu'],
  ] as const)('of %s: one for all layers and sizes of a template', async (_name, backend, kind) => {
    const { ort } = await loadOnnxRuntime(kind, 1);
    const create = vi.spyOn(ort.InferenceSession, 'create');
    // Templates no other test uses, on shapes of layers that differ.
    const conv = convolution({ kernel: 3, stride: 1, padding: SAME, bias: true, activation: 'silu' });
    const clamp = softClamp(7);
    for (const [channels, size] of [
      [4, 5],
      [8, 3],
      [4, 6],
    ] as const) {
      const weights = { 'conv.weight': [channels + 1, channels, 3, 3], 'conv.bias': [channels + 1] };
      await run(backend(), conv, { x: [1, size, size, channels], ...weights }, [1, size, size, channels + 1]);
      await run(backend(), clamp, { x: [1, size, size, channels] }, [1, size, size, channels]);
    }
    expect(create.mock.calls.map(([model]) => model as unknown)).toEqual([conv.model, clamp.model]);
  });
});

describe('the WASM heap', () => {
  it('is known for each backend from the start, also when they are opened together', () => {
    for (const bytes of heapsWhenOpened) expect(bytes).toBeGreaterThanOrEqual(16 * 1024 ** 2);
  });

  it('does not see the weights that go to the GPU', async () => {
    const before = webgpu.heapBytes();
    const count = 6 * 1024 ** 2;
    const weights = await expand(webgpu, new Uint16Array(count).fill(0x3f80), [1, count], false);
    const sum = await webgpu.run(activatedSum(), { a: weights, b: weights }, [1, count]);
    expect(await summarise(webgpu, [sum])).toMatchObject([{ nonFinite: 0 }]);
    expect(webgpu.heapBytes()).toBe(before);
    for (const tensor of [weights, sum]) webgpu.free(tensor);
  });
});

it('says what computes', () => {
  expect(wasm.kind).toBe('wasm');
  expect(wasm.adapter).toBe(`CPU, ${threadCount()} ${threadCount() === 1 ? 'thread' : 'threads'}`);
  expect(wasm.memory()).toBeNull();
  expect(webgpu.kind).toBe('webgpu');
  expect(webgpu.adapter).toBe('test');
  expect(webgpu.memory().liveBytes).toBeGreaterThanOrEqual(0);
});
