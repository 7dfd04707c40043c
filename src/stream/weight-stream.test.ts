import { beforeEach, describe, expect, it } from 'vitest';
import { programWeights, type WeightSpec } from '../architecture/program.ts';
import { AppError } from '../error.ts';
import type { Tensor } from '../runtime/backend.ts';
import { f32FromBf16 } from '../weights/bf16.ts';
import type { WeightSet } from '../weights/weight-set.ts';
import { stageKey } from './plan.ts';
import {
  bytesOf,
  CHECKPOINT,
  FILE,
  FIRST,
  openTestStream,
  PLANNED,
  PROGRAM,
  SECOND,
  type HostBackend,
  type TestStream,
} from './test-weight-stream.ts';
import { WeightStream } from './weight-stream.ts';

const transposed = (values: Float32Array, rows: number, columns: number): Float32Array =>
  Float32Array.from(values, (_, i) => values[(i % rows) * columns + Math.floor(i / rows)] ?? NaN);

const unreachable = new AppError('weights/unreachable', { file: FILE, reason: 'test' });

describe('WeightStream', () => {
  let weights: TestStream['weights'];
  let state: TestStream['state'];
  let reads: TestStream['reads'];
  let stream: TestStream['stream'];
  let host: HostBackend;
  let visit: TestStream['visit'];

  beforeEach(async () => {
    ({ weights, state, reads, stream, host, visit } = await openTestStream());
  });

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
    stream.release(FIRST, first, host.backend);
    expect(host.live).toEqual(new Set(second.values()));
    stream.release(SECOND, second, host.backend);
    host.expectEmpty();
  });

  it('reads and sends a prefetched stage once', async () => {
    stream.prefetch(FIRST, host.backend, SECOND);
    stream.prefetch(FIRST, host.backend, SECOND);
    expect(reads).toHaveLength(1);
    await visit(FIRST);
    expect(reads).toHaveLength(1);
    expect(host.sent).toEqual([bytesOf(FIRST)]);
    host.expectEmpty();
  });

  it('sends in pieces, none larger than the largest tensor, when nothing was sent ahead', async () => {
    const acquired = await visit(FIRST);
    expect(acquired.size).toBe(FIRST.weights.length);
    const largest = Math.max(...FIRST.weights.map((spec) => bytesOf({ ...FIRST, weights: [spec] })));
    expect(host.sent.length).toBeGreaterThan(1);
    expect(Math.max(...host.sent)).toBe(largest);
    expect(host.sent.reduce((sum, bytes) => sum + bytes, 0)).toBe(bytesOf(FIRST));
    host.expectEmpty();
  });

  it('sends in pieces too when there was no room ahead, without reading again', async () => {
    host.roomy = false;
    stream.prefetch(FIRST, host.backend, SECOND);
    await visit(FIRST);
    expect(reads).toHaveLength(1);
    expect(host.sent.length).toBeGreaterThan(1);
    host.expectEmpty();
  });

  it('gives back what was sent ahead and is not wanted any more', async () => {
    stream.prefetch(FIRST, host.backend, SECOND);
    await stream.abandon();
    expect(host.sent).toHaveLength(1);
    host.expectEmpty();
  });

  it('keeps what it has read between evaluations', async () => {
    for (let evaluation = 0; evaluation < 3; evaluation++) {
      for (const stage of [FIRST, SECOND]) await visit(stage);
    }
    expect(reads).toHaveLength(2);
  });

  it('reads one tensor for the CPU, as bfloat16', async () => {
    const spec = FIRST.weights[0] as WeightSpec;
    const table = await stream.table(spec);
    expect(f32FromBf16(table)).toEqual(CHECKPOINT.get(spec.name)?.data);
    expect(await stream.table(spec)).toBe(table);
    await stream.follow(new Map([[stageKey('unet', spec.name), { ...PLANNED, kept: true }]]));
    expect(await stream.table(spec)).toBe(table);
    await stream.follow(new Map());
    expect(await stream.table(spec)).not.toBe(table);
  });

  it('does not remember a failed read', async () => {
    state.trouble = unreachable;
    await expect(stream.acquire(FIRST, host.backend)).rejects.toBe(unreachable);
    host.expectEmpty();
    state.trouble = undefined;
    expect((await visit(FIRST)).size).toBe(FIRST.weights.length);
  });

  // A rejection that nobody handles fails the test run.
  it('survives a prefetch that fails and is never acquired', async () => {
    state.trouble = unreachable;
    stream.prefetch(FIRST, host.backend, SECOND);
    await new Promise((resolve) => setTimeout(resolve, 10));
    state.trouble = undefined;
    expect((await visit(FIRST)).size).toBe(FIRST.weights.length);
  });

  it('throws the error of a prefetch under way to whoever acquires', async () => {
    state.trouble = unreachable;
    stream.prefetch(FIRST, host.backend, SECOND);
    await expect(stream.acquire(FIRST, host.backend)).rejects.toBe(unreachable);
  });

  it('stops reading when aborted', async () => {
    const aborted = AbortSignal.abort();
    await expect(stream.acquire(FIRST, host.backend, aborted)).rejects.toMatchObject({
      code: 'engine/cancelled',
    });
    expect(reads).toHaveLength(0);
    host.expectEmpty();
  });

  it('does not let a new evaluation suffer from the abort of the last', async () => {
    const last = new AbortController();
    stream.prefetch(FIRST, host.backend, SECOND, last.signal);
    const waiting = stream.acquire(FIRST, host.backend, last.signal);
    last.abort();
    const next = stream.acquire(FIRST, host.backend, new AbortController().signal);
    await expect(waiting).rejects.toMatchObject({ code: 'engine/cancelled' });
    expect((await next).size).toBe(FIRST.weights.length);
    await visit(FIRST);
    expect(reads).toHaveLength(2);
  });

  it('keeps what was read before an abort', async () => {
    const controller = new AbortController();
    await visit(FIRST, controller.signal);
    controller.abort();
    await visit(FIRST);
    expect(reads).toHaveLength(1);
  });

  it('gives back what it had sent and widened when the backend is full', async () => {
    host.full = 3;
    await expect(stream.acquire(FIRST, host.backend)).rejects.toMatchObject({ code: 'gpu/limit' });
    host.expectEmpty();
    stream.prefetch(FIRST, host.backend, SECOND);
    await expect(stream.acquire(FIRST, host.backend)).rejects.toMatchObject({ code: 'gpu/limit' });
    host.expectEmpty();
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
