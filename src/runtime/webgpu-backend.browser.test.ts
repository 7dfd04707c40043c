/**
 * @file The traps of ONNX Runtime's WebGPU provider (1.30), each with a test that fails, or hangs, when the
 * backend walks into it.
 */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { convolution } from '../architecture/templates/image.ts';
import { activatedSum, linearLayer } from '../architecture/templates/tokens.ts';
import { attention, template, type Template } from '../architecture/templates/template.ts';
import { summarise, viewAs, type Backend, type Tensor } from './backend.ts';
import { expand, largestDifference, openWebGpu, someValues } from './test-webgpu.ts';
import { createWasmBackend } from './wasm-backend.ts';
import type { WebGpuBackend } from './webgpu-backend.ts';

const linear = linearLayer({ bias: false, residual: false });

/** x · factor; every factor is a template, and so a session, of its own. */
const scaled = (factor: number): Template =>
  template(`test scaled ${factor}`, (graph) => {
    const x = graph.input('x', ['N']);
    graph.output(graph.node('Mul', [x, graph.constant([factor], 'float32')]), ['N']);
  });

const normalised = template('test group normalisation', (graph) => {
  const inputs = [graph.input('x', ['N', 'C', 'S']), graph.input('scale', ['C']), graph.input('bias', ['C'])];
  const y = graph.node('GroupNormalization', inputs, {
    attributes: { num_groups: 2, epsilon: { float: 1e-5 } },
  });
  graph.output(y, ['N', 'C', 'S']);
});

const code = (name: string): unknown => expect.objectContaining({ name: 'AppError', code: name });

async function scale(backend: Backend, factor: number, values: readonly number[]): Promise<Float32Array> {
  const x = await backend.upload(Float32Array.from(values), [values.length]);
  const y = await backend.run(scaled(factor), { x }, [values.length]);
  const result = await backend.download(y);
  backend.free(x);
  backend.free(y);
  return result;
}

// First, while the library is cold: that is when overlapping calls hang it.
describe('calls that overlap', () => {
  it('from several callers and backends all complete, and are right', async () => {
    const opened = await Promise.all([openWebGpu(), openWebGpu(), createWasmBackend()]);
    const backends = [opened[0].backend, opened[1].backend, opened[2]];
    const calls = [1, 2, 3].flatMap((round) =>
      [2, 3, 5].flatMap((factor) =>
        backends.map(async (backend) => {
          const result = await scale(backend, factor, [round, -round, 0.5]);
          expect([...result]).toEqual([round * factor, -round * factor, 0.5 * factor]);
        }),
      ),
    );
    await Promise.all(calls);
    // Releasing goes through the same queue.
    await Promise.all([
      scale(backends[2] as Backend, 11, [1]),
      ...backends.slice(0, 2).map((backend) => backend.dispose()),
    ]);
    await backends[2]?.dispose();
  });
});

describe('with one backend', () => {
  let backend: WebGpuBackend;
  let device: GPUDevice;

  beforeAll(async () => {
    ({ backend, device } = await openWebGpu());
  });
  afterAll(() => backend.dispose());

  /** Bytes in use, without what is kept for the next use. */
  const live = async (): Promise<number> => {
    await backend.trim();
    return backend.memory().liveBytes;
  };

  async function multiply(tokens: number, size: number): Promise<Float32Array> {
    const inputs = {
      x: await backend.upload(someValues(tokens * size), [1, tokens, size]),
      'linear.weight': await backend.upload(someValues(size * size, 2), [size, size]),
    };
    const y = await backend.run(linear, inputs, [1, tokens, size]);
    const result = await backend.download(y);
    for (const tensor of [...Object.values(inputs), y]) backend.free(tensor);
    return result;
  }

  describe('after a failed run', () => {
    it('the same template works again, and nothing is left behind', async () => {
      const before = await multiply(2, 8);
      const memory = await live();
      const x = await backend.upload(someValues(16), [1, 2, 8]);
      const wrong = await backend.upload(someValues(12), [3, 4]);
      for (let i = 0; i < 2; i++) {
        await expect(backend.run(linear, { x, 'linear.weight': wrong }, [1, 2, 4])).rejects.toEqual(
          expect.objectContaining({
            code: 'runtime/run-failed',
            detail: { stage: linear.key, reason: expect.stringMatching(/./) as string },
          }),
        );
      }
      backend.free(x);
      backend.free(wrong);
      expect(await multiply(2, 8)).toEqual(before);
      expect(await live()).toBe(memory);
    });

    it('a wrong output shape or a missing input fails as well, and is forgotten', async () => {
      const before = await multiply(2, 8);
      const x = await backend.upload(someValues(16), [1, 2, 8]);
      const weight = await backend.upload(someValues(64, 2), [8, 8]);
      const inputs = { x, 'linear.weight': weight };
      await expect(backend.run(linear, inputs, [1, 2, 9])).rejects.toEqual(code('runtime/run-failed'));
      await expect(backend.run(linear, { x }, [1, 2, 8])).rejects.toEqual(code('runtime/run-failed'));
      expect(await multiply(2, 8)).toEqual(before);
      backend.free(x);
      backend.free(weight);
    });
  });

  describe('memory', () => {
    const convolved = convolution({ kernel: 3, stride: 1, padding: [1, 1, 1, 1], bias: false });
    const attended = template('test attention in memory', (graph) => {
      const [q = '', k = '', v = ''] = ['q', 'k', 'v'].map((name) => graph.input(name, ['N', 'S', 'C']));
      graph.output(attention(graph, q, k, v, 2, false), ['N', 'S', 'C']);
    });

    async function runAtSize(size: number): Promise<void> {
      await multiply(size, 16);
      const image = await backend.upload(someValues(size * size * 4), [1, size, size, 4]);
      const weight = await backend.upload(someValues(4 * 4 * 9), [4, 4, 3, 3]);
      const scale = await backend.upload(someValues(4), [4]);
      const y = await backend.run(convolved, { x: image, 'conv.weight': weight }, [1, size, size, 4]);
      const normed = await backend.groupNorm(y, scale, scale, { groups: 2, eps: 1e-5, silu: true });
      const tokens = await backend.upload(someValues(size * 32), [1, size, 32]);
      const z = await backend.run(attended, { q: tokens, k: tokens, v: tokens }, [1, size, 32]);
      expect(await summarise(backend, [z, y])).toMatchObject([{ nonFinite: 0 }, { nonFinite: 0 }]);
      backend.round(z, 'bf16');
      for (const tensor of [image, weight, scale, y, normed, tokens, z]) backend.free(tensor);
    }

    it('comes back to where it was, however many sizes a template has seen', async () => {
      await runAtSize(8);
      const before = await live();
      for (const size of [5, 12, 8]) await runAtSize(size);
      expect(await live()).toBe(before);
    });

    it('counts a buffer until the work that uses it is done', async () => {
      const before = await live();
      const x = await backend.upload(someValues(128 * 512), [1, 128, 512]);
      const weight = await backend.upload(someValues(512 * 512), [512, 512]);
      const inputs = { x, 'linear.weight': weight };
      const bytes = (128 * 512 * 2 + 512 * 512) * 4;
      const y = await backend.run(linear, inputs, [1, 128, 512]);
      const worked = device.queue.onSubmittedWorkDone().then(() => backend.memory().liveBytes);
      for (const tensor of [x, weight, y]) backend.free(tensor);
      backend.sweep();
      backend.sweep();
      expect(backend.memory().liveBytes).toBeGreaterThanOrEqual(before + bytes);
      expect(await worked).toBeGreaterThanOrEqual(before + bytes);
      expect(await live()).toBe(before);
    });

    it('counts a buffer once, however often it is destroyed', async () => {
      const before = await live();
      const { activations } = backend.memory().live;
      const x = await backend.upload(someValues(100), [100]);
      expect(backend.memory().live.activations).toBe(activations + 400);
      backend.free(x);
      backend.free(x);
      expect(await live()).toBe(before);
    });

    it('measures peak and uploads from a reset on', async () => {
      const before = await live();
      backend.resetMemory();
      expect(backend.memory()).toMatchObject({ liveBytes: before, peakBytes: before, uploadedBytes: 0 });
      await backend.limitMemory({ budgetBytes: Infinity, stagingBytes: 4 * 1024 });
      backend.free(await expand(backend, new Uint16Array(999), [999], false));
      const measured = await live();
      const { peakBytes, peak, uploadedBytes } = backend.memory();
      expect(uploadedBytes).toBe(1998);
      expect(peak).toMatchObject({ weights: 2000, expanded: 4000, staging: 2048 });
      expect(peakBytes).toBe(Object.values(peak).reduce((sum, bytes) => sum + bytes, 0));
      expect(peakBytes - before).toBeLessThan(2000 + 4000 + 2048 + 200);
      backend.resetMemory();
      expect(backend.memory()).toMatchObject({ liveBytes: measured, peakBytes: measured, uploadedBytes: 0 });
    });

    it('waits for room rather than pass the budget, and uses again what was given back', async () => {
      const before = await live();
      const size = 256 * 1024;
      // Weights expanded, their sum, scratch and staging, and the little that ONNX Runtime keeps.
      const budgetBytes = before + 4 * size + 256;
      await backend.limitMemory({ budgetBytes, stagingBytes: size });
      backend.resetMemory();
      const ones = new Uint16Array(size / 4).fill(0x3f80);
      // Different sizes, so that none can take the place of another.
      for (let i = 0; i < 12; i++) {
        const count = ones.length - 8 * (i % 3);
        const tensor = await expand(backend, ones.subarray(0, count), [1, count], false);
        const sum = await backend.run(activatedSum(), { a: tensor, b: tensor }, [1, count], size);
        for (const used of [tensor, sum]) backend.free(used);
      }
      expect(backend.memory().peakBytes).toBeLessThanOrEqual(budgetBytes);
      await expect(backend.store([new Uint16Array(3 * size)])).rejects.toEqual(code('gpu/out-of-memory'));
      await backend.limitMemory({ budgetBytes: Infinity, stagingBytes: size });
      expect(await live()).toBeLessThanOrEqual(before + 1024);
    });

    it('keeps memory for weights on their way, whatever is spare', async () => {
      const before = await live();
      const size = 256 * 1024;
      const budgetBytes = before + 4 * size;
      await backend.limitMemory({ budgetBytes: Infinity, stagingBytes: size });
      // Spare buffers take up the whole budget, one of them as large as the weights.
      const values = new Float32Array(size / 4);
      const spare = await Promise.all([1, 2, 3, 4].map(() => backend.upload(values, [size / 4])));
      for (const tensor of spare) backend.free(tensor);
      await backend.limitMemory({ budgetBytes, stagingBytes: size / 2 });
      await vi.waitFor(() => expect(backend.memory().liveBytes).toBe(budgetBytes));
      backend.resetMemory();
      backend.drop(await backend.store([new Uint16Array(size / 2)]));
      expect(backend.memory().live.staging).toBe(size / 2);
      expect(backend.memory().peakBytes).toBeLessThanOrEqual(budgetBytes);
      await backend.limitMemory({ budgetBytes: Infinity, stagingBytes: size });
      expect(await live()).toBe(before);
    });

    it('waits for room for what networks are fed with, and refuses what will never have any', async () => {
      const before = await live();
      const size = 256 * 1024;
      const budgetBytes = before + 4 * size;
      await backend.limitMemory({ budgetBytes, stagingBytes: size });
      backend.resetMemory();
      // Different sizes, so that none can take the place of another.
      for (let i = 0; i < 8; i++) {
        const count = size / 4 - 8 * i;
        backend.free(await backend.upload(new Float32Array(count), [count]));
      }
      expect(backend.memory().peakBytes).toBeLessThanOrEqual(budgetBytes);
      const fresh = someValues(999);
      const x = await backend.upload(fresh, [999]);
      expect(largestDifference(await backend.download(x), fresh)).toBe(0);
      backend.free(x);
      const values = new Float32Array(size / 4);
      const fed = await Promise.all([1, 2, 3].map(() => backend.upload(values, [size / 4])));
      await expect(backend.upload(someValues(4), [4])).rejects.toEqual(code('gpu/out-of-memory'));
      expect(backend.memory().peakBytes).toBeLessThanOrEqual(budgetBytes);
      for (const tensor of fed) backend.free(tensor);
      await backend.limitMemory({ budgetBytes: Infinity, stagingBytes: size });
      expect(await live()).toBe(before);
    });

    it('waits for room for the sums of a GroupNorm', async () => {
      const before = await live();
      const [pixels, channels] = [4096, 16];
      const size = 4 * pixels * channels;
      // All of it is taken by the input, weights, staging, the output, and what is spare.
      const budgetBytes = before + size + 4 * channels + size + size + size / 2;
      await backend.limitMemory({ budgetBytes, stagingBytes: size });
      const x = await backend.upload(someValues(pixels * channels), [1, pixels, channels]);
      const scale = await backend.upload(someValues(channels), [channels]);
      backend.free(await backend.upload(new Float32Array(size / 8), [size / 8]));
      backend.resetMemory();
      const y = await backend.groupNorm(x, scale, scale, { groups: 2, eps: 1e-5, silu: true }, 256);
      expect(backend.memory().peakBytes).toBeLessThanOrEqual(budgetBytes);
      for (const tensor of [x, scale, y]) backend.free(tensor);
      await backend.limitMemory({ budgetBytes: Infinity, stagingBytes: size });
      expect(await live()).toBe(before);
    });

    it('sends ahead only what leaves enough to the work under way', async () => {
      const before = await live();
      const size = 256 * 1024;
      await backend.limitMemory({ budgetBytes: before + 4 * size, stagingBytes: size });
      const weights = [new Uint16Array(size / 2)];
      const { activations, runtime, readback } = backend.memory().live;
      const working = activations + runtime + readback;
      expect(await backend.storeAhead(weights, working + 3 * size + 16)).toBeUndefined();
      const packed = await backend.storeAhead(weights, working + size);
      expect(packed?.bytes).toBe(size);
      const work = await backend.upload(new Float32Array(size / 4), [size / 4]);
      // The work is there already: it does not need its room a second time.
      const second = await backend.storeAhead(weights, working + size);
      expect(second?.bytes).toBe(size);
      for (const stored of [packed, second]) if (stored) backend.drop(stored);
      backend.free(work);
      await backend.limitMemory({ budgetBytes: Infinity, stagingBytes: size });
      expect(await live()).toBe(before);
    });
  });

  describe('tensors', () => {
    it.each([1, 2, 3, 5])('of %i values work', async (count) => {
      const values = Array.from({ length: count }, (_, i) => i + 0.5);
      expect([...(await scale(backend, 2, values))]).toEqual(values.map((value) => value * 2));
      const x = await backend.upload(Float32Array.from(values), [1, count]);
      const sum = await backend.run(activatedSum(), { a: x, b: x }, [1, count]);
      const expected = Float32Array.from(values, (value) => (2 * value) / (1 + Math.exp(-2 * value)));
      expect(largestDifference(await backend.download(sum), expected)).toBeLessThan(1e-5);
      const range = { least: 0.5, greatest: count - 0.5 };
      expect(await summarise(backend, [x])).toEqual([{ count, nonFinite: 0, ...range }]);
      backend.round(x, 'bf16');
      expect([...(await backend.download(x))]).toEqual(values);
      expect(
        await backend.download(
          await expand(
            backend,
            Uint16Array.from(values, () => 0x3f80),
            [count],
            false,
          ),
        ),
      ).toEqual(new Float32Array(count).fill(1));
    });

    it('smaller than their shape are refused, not read as zeros', async () => {
      const small = await backend.upload(Float32Array.of(1, 2, 3), [3]);
      const weight = await backend.upload(someValues(64), [8, 8]);
      for (const count of [4, 5, 1000]) {
        const larger = viewAs(small, [count]);
        await expect(backend.run(scaled(2), { x: larger }, [count])).rejects.toEqual(code('engine/internal'));
        await expect(backend.download(larger)).rejects.toEqual(code('engine/internal'));
        await expect(summarise(backend, [larger])).rejects.toEqual(code('engine/internal'));
        expect(() => backend.round(larger, 'bf16')).toThrow('engine/internal');
        const options = { groups: 1, eps: 1e-5, silu: false };
        await expect(
          backend.groupNorm(viewAs(small, [1, count, 1]), weight, weight, options),
        ).rejects.toEqual(code('engine/internal'));
      }
      expect([...(await scale(backend, 2, [4]))]).toEqual([8]);
    });

    it('too large for the device are refused with the limit', async () => {
      const { maxBufferSize, maxStorageBufferBindingSize } = device.limits;
      const limit = Math.min(maxBufferSize, maxStorageBufferBindingSize);
      await expect(expand(backend, new Uint16Array(2), [limit / 4 + 4], false)).rejects.toMatchObject({
        code: 'gpu/limit',
        detail: { what: 'tensor', needed: limit + 16, limit },
      });
    });
  });

  describe('a template with a node that has no GPU kernel', () => {
    const normalise = async (on: Backend): Promise<Tensor> => {
      const inputs = {
        x: await on.upload(someValues(24), [1, 4, 6]),
        scale: await on.upload(someValues(4, 2), [4]),
        bias: await on.upload(someValues(4, 3), [4]),
      };
      return on.run(normalised, inputs, [1, 4, 6]);
    };

    it('fails to load rather than run on the CPU in silence', async () => {
      await expect(normalise(backend)).rejects.toEqual(code('runtime/run-failed'));
    });

    it('is no broken template: the WASM backend runs it', async () => {
      const wasm = await createWasmBackend();
      const y = await normalise(wasm);
      expect((await wasm.download(y)).every(Number.isFinite)).toBe(true);
      await wasm.dispose();
    });
  });
});

describe('when the GPU fails', () => {
  const weights = Uint16Array.from({ length: 64 }, () => 0x3f80);

  it('a lost device rejects whatever is asked of it, and another takes over', async () => {
    const { backend, device } = await openWebGpu();
    const x = await backend.upload(someValues(64), [1, 8, 8]);
    const y = await backend.run(linear, { x, 'linear.weight': viewAs(x, [8, 8]) }, [1, 8, 8]);
    device.destroy();
    await device.lost;
    const lost = code('gpu/device-lost');
    await expect(backend.run(linear, { x, 'linear.weight': viewAs(x, [8, 8]) }, [1, 8, 8])).rejects.toEqual(
      lost,
    );
    await expect(backend.download(y)).rejects.toEqual(lost);
    await expect(summarise(backend, [y])).rejects.toEqual(lost);
    expect(() => backend.round(y, 'bf16')).toThrow('gpu/device-lost');
    await expect(backend.settle()).rejects.toEqual(lost);
    await expect(backend.store([weights])).rejects.toEqual(lost);
    await expect(backend.groupNorm(y, x, x, { groups: 1, eps: 1, silu: false })).rejects.toEqual(lost);
    await backend.dispose();
    const next = await openWebGpu();
    expect([...(await scale(next.backend, 3, [1, 2]))]).toEqual([3, 6]);
    await next.backend.dispose();
  });

  it('a device lost in the middle of its work leaves nobody waiting', async () => {
    const { backend, device } = await openWebGpu();
    const x = await backend.upload(someValues(256 * 256), [1, 256, 256]);
    const running = [1, 2, 3].map(() =>
      backend.run(linear, { x, 'linear.weight': viewAs(x, [256, 256]) }, [1, 256, 256]),
    );
    const settling = backend.settle();
    const reading = backend.download(x);
    device.destroy();
    await Promise.allSettled([...running, settling, reading]);
    await expect(running.at(-1)).rejects.toEqual(code('gpu/device-lost'));
    await expect(reading).rejects.toEqual(code('gpu/device-lost'));
    await backend.dispose();
  });

  /** Asks a device for a buffer that cannot be; the error goes to nobody but the device's listeners. */
  const breakRule = (device: GPUDevice): void => {
    device.createBuffer({ size: 16, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.STORAGE });
  };

  it.each([
    ['settle', (backend: WebGpuBackend) => backend.settle()],
    [
      'download',
      async (backend: WebGpuBackend) => backend.download(await backend.upload(someValues(4), [4])),
    ],
    [
      'summary',
      async (backend: WebGpuBackend) => summarise(backend, [await backend.upload(someValues(4), [4])]),
    ],
  ])('a validation error that nobody reports comes out of the next %s', async (_name, next) => {
    const { backend, device } = await openWebGpu();
    breakRule(device);
    await expect(next(backend)).rejects.toEqual(
      expect.objectContaining({
        code: 'runtime/run-failed',
        detail: { stage: 'webgpu', reason: expect.stringMatching(/./) as string },
      }),
    );
    await backend.dispose();
  });

  it('running out of memory says so, and another backend works', async () => {
    const { backend, device } = await openWebGpu();
    const error = new GPUOutOfMemoryError('no memory left');
    device.dispatchEvent(new GPUUncapturedErrorEvent('uncapturederror', { error, cancelable: true }));
    await expect(scale(backend, 2, [1])).rejects.toEqual(
      expect.objectContaining({ code: 'gpu/out-of-memory', detail: { reason: 'no memory left' } }),
    );
    await backend.dispose();
    const next = await openWebGpu();
    expect([...(await scale(next.backend, 2, [1]))]).toEqual([2]);
    await next.backend.dispose();
  });
});
