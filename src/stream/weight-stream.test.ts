import { beforeEach, describe, expect, it } from 'vitest';
import { Config } from '../architecture/config.ts';
import { programWeights, type Stage, type WeightSpec } from '../architecture/program.ts';
import { buildUnet } from '../architecture/unet.ts';
import { parseUnetConfig } from '../architecture/unet-config.ts';
import { AppError } from '../error.ts';
import type { Backend, Tensor } from '../runtime/backend.ts';
import { expandTransposedOnHost } from '../runtime/host-kernels.ts';
import { f32FromBf16 } from '../weights/bf16.ts';
import { parseF32Safetensors } from '../weights/safetensors.ts';
import type { ModelSource } from '../weights/source.ts';
import { memorySource, tinyModelFile } from '../weights/test-files.ts';
import { openWeights, type WeightSet } from '../weights/weight-set.ts';
import { WeightStream } from './weight-stream.ts';

const FILE = 'unet/diffusion_pytorch_model.safetensors';
const BYTES = tinyModelFile(FILE);
const CHECKPOINT = parseF32Safetensors(BYTES, FILE);
const CONFIG = Config.parse('unet/config.json', new TextDecoder().decode(tinyModelFile('unet/config.json')));
const PROGRAM = buildUnet(parseUnetConfig(CONFIG), { batch: 1, height: 8, width: 8, tokens: 77 });
const [FIRST, SECOND] = PROGRAM.stages.filter(({ name }) => name.includes('transformer_blocks')) as [
  Stage,
  Stage,
];

/** What weights need of a backend, on the CPU; it knows the tensors it holds, and fails from the `full`-th on. */
class HostBackend {
  readonly live = new Set<Tensor<Float32Array>>();
  full = Infinity;

  expand(weights: Uint16Array, shape: readonly number[], transposed: boolean): Tensor<Float32Array> {
    if (this.live.size >= this.full) throw new AppError('gpu/limit', { what: 'tensor', needed: 2, limit: 1 });
    const [rows = 0, columns = 0] = shape;
    const tensor = transposed
      ? { shape: [columns, rows], storage: expandTransposedOnHost(weights, rows, columns) }
      : { shape, storage: f32FromBf16(weights) };
    this.live.add(tensor);
    return tensor;
  }

  free(tensor: Tensor<Float32Array>): void {
    expect(this.live.delete(tensor)).toBe(true);
  }

  /** The streams under test use nothing else. */
  get backend(): Backend {
    return this as unknown as Backend;
  }
}

/** The tiny model's UNet; `trouble`, while set, is what every read fails with. */
async function tinyUnet() {
  const memory = memorySource({ [FILE]: BYTES });
  const state: { trouble: Error | undefined } = { trouble: undefined };
  const source: ModelSource = {
    label: 'unreliable',
    open: async (path, signal) => {
      const file = await memory.source.open(path, signal);
      return (
        file && {
          ...file,
          read: (...range: Parameters<typeof file.read>) =>
            state.trouble ? Promise.reject(state.trouble) : file.read(...range),
        }
      );
    },
  };
  const weights = await openWeights(source, 'unet');
  memory.reads.length = 0;
  return { weights, state, reads: memory.reads };
}

const transposed = (values: Float32Array, rows: number, columns: number): Float32Array =>
  Float32Array.from(values, (_, i) => values[(i % rows) * columns + Math.floor(i / rows)] ?? NaN);

const unreachable = new AppError('weights/unreachable', { file: FILE, reason: 'test' });

describe('WeightStream', () => {
  let weights: WeightSet;
  let state: { trouble: Error | undefined };
  let reads: readonly unknown[];
  let stream: WeightStream;
  let host: HostBackend;

  beforeEach(async () => {
    ({ weights, state, reads } = await tinyUnet());
    stream = new WeightStream(weights);
    host = new HostBackend();
  });

  /** A stream of a component too large to be kept in memory. */
  const largeStream = (): WeightStream => new WeightStream({ ...weights, byteLength: 4 * 1024 ** 3 });

  it('widens all weights of a stage, linear ones transposed', async () => {
    const acquired = await stream.acquire(FIRST, host.backend);
    expect([...acquired.keys()]).toEqual(FIRST.weights.map(({ name }) => name));
    for (const { name, transposed: isTransposed } of FIRST.weights) {
      const { shape, data } = CHECKPOINT.get(name) ?? { shape: [], data: new Float32Array() };
      const [rows = 0, columns = 0] = shape;
      const tensor = acquired.get(name) as Tensor<Float32Array>;
      expect(tensor.shape, name).toEqual(isTransposed ? [columns, rows] : shape);
      expect(tensor.storage, name).toEqual(isTransposed ? transposed(data, rows, columns) : data);
    }
    expect(FIRST.weights.some((spec) => spec.transposed)).toBe(true);
  });

  it('gives every weight of a stage back', async () => {
    const first = await stream.acquire(FIRST, host.backend);
    const second = await stream.acquire(SECOND, host.backend);
    stream.release(first, host.backend);
    expect(host.live).toEqual(new Set(second.values()));
    stream.release(second, host.backend);
    expect(host.live.size).toBe(0);
  });

  it('reads a prefetched stage once', async () => {
    stream.prefetch(FIRST);
    stream.prefetch(FIRST);
    expect(reads).toHaveLength(1);
    await stream.acquire(FIRST, host.backend);
    expect(reads).toHaveLength(1);
  });

  it('keeps what it has read between evaluations', async () => {
    for (let evaluation = 0; evaluation < 3; evaluation++) {
      for (const stage of [FIRST, SECOND])
        stream.release(await stream.acquire(stage, host.backend), host.backend);
    }
    expect(reads).toHaveLength(2);
  });

  it('reads a component that is too large to keep anew each time, prefetched stages too', async () => {
    const large = largeStream();
    for (let evaluation = 0; evaluation < 2; evaluation++) {
      await large.acquire(FIRST, host.backend);
      large.prefetch(SECOND);
      await large.acquire(SECOND, host.backend);
    }
    expect(reads).toHaveLength(4);
  });

  it('reads one tensor for the CPU, as bfloat16', async () => {
    const spec = FIRST.weights[0] as WeightSpec;
    const table = await stream.table(spec);
    expect(f32FromBf16(table)).toEqual(CHECKPOINT.get(spec.name)?.data);
    expect(await stream.table(spec)).toBe(table);
    expect(await largeStream().table(spec)).not.toBe(table);
  });

  it('does not remember a failed read', async () => {
    state.trouble = unreachable;
    await expect(stream.acquire(FIRST, host.backend)).rejects.toBe(unreachable);
    expect(host.live.size).toBe(0);
    state.trouble = undefined;
    const acquired = await stream.acquire(FIRST, host.backend);
    expect(acquired.size).toBe(FIRST.weights.length);
  });

  // A rejection that nobody handles fails the test run.
  it('survives a prefetch that fails and is never acquired', async () => {
    state.trouble = unreachable;
    stream.prefetch(FIRST);
    await new Promise((resolve) => setTimeout(resolve, 10));
    state.trouble = undefined;
    expect((await stream.acquire(FIRST, host.backend)).size).toBe(FIRST.weights.length);
  });

  it('throws the error of a prefetch under way to whoever acquires', async () => {
    state.trouble = unreachable;
    stream.prefetch(FIRST);
    await expect(stream.acquire(FIRST, host.backend)).rejects.toBe(unreachable);
  });

  it('stops reading when aborted', async () => {
    const aborted = AbortSignal.abort();
    await expect(stream.acquire(FIRST, host.backend, aborted)).rejects.toMatchObject({
      code: 'engine/cancelled',
    });
    expect(reads).toHaveLength(0);
    expect(host.live.size).toBe(0);
  });

  it('does not let a new evaluation suffer from the abort of the last', async () => {
    const last = new AbortController();
    stream.prefetch(FIRST, last.signal);
    const waiting = stream.acquire(FIRST, host.backend, last.signal);
    last.abort();
    const next = stream.acquire(FIRST, host.backend, new AbortController().signal);
    await expect(waiting).rejects.toMatchObject({ code: 'engine/cancelled' });
    expect((await next).size).toBe(FIRST.weights.length);
    await stream.acquire(FIRST, host.backend);
    expect(reads).toHaveLength(2);
  });

  it('keeps what was read before an abort', async () => {
    const controller = new AbortController();
    await stream.acquire(FIRST, host.backend, controller.signal);
    controller.abort();
    await stream.acquire(FIRST, host.backend);
    expect(reads).toHaveLength(1);
  });

  it('frees what it had widened when the backend is full', async () => {
    host.full = 3;
    await expect(stream.acquire(FIRST, host.backend)).rejects.toMatchObject({ code: 'gpu/limit' });
    expect(host.live.size).toBe(0);
  });

  it('checks names and shapes without reading', () => {
    const all = programWeights(PROGRAM);
    expect(() => stream.check(all)).not.toThrow();
    const spec: WeightSpec = { name: 'conv_in.weight', shape: [32, 4, 3, 3], transposed: false };
    expect(() => stream.check([{ ...spec, name: 'conv_in.gone' }])).toThrow(
      expect.objectContaining({
        code: 'weights/tensor-missing',
        detail: { tensor: 'conv_in.gone', component: 'unet' },
      }),
    );
    expect(() => stream.check([{ ...spec, shape: [32, 9, 3, 3] }])).toThrow(
      expect.objectContaining({
        code: 'weights/tensor-shape',
        detail: { tensor: 'conv_in.weight', expected: '[32, 9, 3, 3]', actual: '[32, 4, 3, 3]' },
      }),
    );
    expect(reads).toHaveLength(0);
  });

  it('finds tensors under the names older files give them', async () => {
    const renamed = {
      ...weights,
      has: (name: string) => name.includes('.query.') || (!name.includes('.to_q.') && weights.has(name)),
      read: ((requests, signal) =>
        weights.read(
          requests.map((request) => ({ ...request, name: request.name.replace('.query.', '.to_q.') })),
          signal,
        )) as WeightSet['read'],
    };
    const spec = FIRST.weights.find(({ name }) => name.endsWith('attn1.to_q.weight')) as WeightSpec;
    const table = await new WeightStream(renamed).table(spec);
    expect(f32FromBf16(table)).toEqual(CHECKPOINT.get(spec.name)?.data);
  });
});
