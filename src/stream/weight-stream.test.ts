import { beforeEach, describe, expect, it } from 'vitest';
import { Config } from '../architecture/config.ts';
import { programWeights, type Stage, type WeightSpec } from '../architecture/program.ts';
import { buildUnet } from '../architecture/unet.ts';
import { parseUnetConfig } from '../architecture/unet-config.ts';
import { AppError } from '../error.ts';
import type { Backend, Tensor, WeightLayout } from '../runtime/backend.ts';
import { HostExpander } from '../runtime/host-expander.ts';
import { f32FromBf16 } from '../weights/bf16.ts';
import { parseF32Safetensors } from '../weights/safetensors.ts';
import type { ModelSource } from '../weights/source.ts';
import { memorySource, tinyModelFile } from '../weights/test-files.ts';
import { openWeights } from '../weights/folder-checkpoint.ts';
import type { WeightSet } from '../weights/weight-set.ts';
import { stageKey, type StagePlan } from './plan.ts';
import { WeightStream, type StageWeights } from './weight-stream.ts';

const FILE = 'unet/diffusion_pytorch_model.safetensors';
const BYTES = tinyModelFile(FILE);
const CHECKPOINT = parseF32Safetensors(BYTES, FILE);
const CONFIG = Config.parse('unet/config.json', new TextDecoder().decode(tinyModelFile('unet/config.json')));
const PROGRAM = buildUnet(parseUnetConfig(CONFIG), { batch: 1, height: 8, width: 8, tokens: 77 });
const [FIRST, SECOND] = PROGRAM.stages.filter(({ name }) => /transformer_blocks\.\d+$/.test(name)) as [
  Stage,
  Stage,
];

/** A store of the test's backend. */
interface Stored {
  readonly bytes: number;
  readonly storage: readonly Uint16Array[];
}

/** What weights need of a backend, on the CPU; it knows what it holds, and widens no more than `full` tensors. */
class HostBackend {
  readonly #expander = new HostExpander();
  readonly live = new Set<Tensor<Float32Array>>();
  readonly stored = new Set<Stored>();
  /** Bytes of each store, in order. */
  readonly sent: number[] = [];
  /** What was left to the work under way, for each store ahead. */
  readonly leaving: number[] = [];
  /** Whether there is room for stores ahead. */
  roomy = true;
  full = Infinity;

  store(weights: readonly Uint16Array[]): Promise<Stored> {
    const bytes = weights.reduce((sum, { byteLength }) => sum + byteLength, 0);
    const packed = { bytes, storage: weights };
    this.sent.push(bytes);
    this.stored.add(packed);
    return Promise.resolve(packed);
  }

  storeAhead(weights: readonly Uint16Array[], workBytes: number): Promise<Stored | undefined> {
    this.leaving.push(workBytes);
    return this.roomy ? this.store(weights) : Promise.resolve(undefined);
  }

  widen(packed: Stored, layouts: readonly WeightLayout[]): Promise<Tensor<Float32Array>[]> {
    expect(this.stored.has(packed)).toBe(true);
    if (this.live.size + layouts.length > this.full)
      return Promise.reject(new AppError('gpu/limit', { what: 'tensor', needed: 2, limit: 1 }));
    const tensors = layouts.map(({ shape, transposed, added }, i) => {
      const values = packed.storage[i] ?? new Uint16Array();
      const [rows = 0, columns = 0] = shape;
      return transposed
        ? { shape: [columns, rows], storage: this.#expander.transposed(values, [rows, columns], added) }
        : { shape, storage: f32FromBf16(values) };
    });
    for (const tensor of tensors) this.live.add(tensor);
    return Promise.resolve(tensors);
  }

  free(tensor: Tensor<Float32Array>): void {
    expect(this.live.delete(tensor)).toBe(true);
  }

  drop(packed: Stored): void {
    expect(this.stored.delete(packed)).toBe(true);
  }

  /** The streams under test use nothing else. */
  get backend(): Backend {
    return this as unknown as Backend;
  }

  expectEmpty(): void {
    expect(this.live.size).toBe(0);
    expect(this.stored.size).toBe(0);
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

const bytesOf = ({ weights }: Stage): number =>
  weights.reduce((sum, { shape }) => sum + 2 * shape.reduce((product, size) => product * size, 1), 0);

const PLANNED: StagePlan = {
  residency: 'streamed',
  lasting: false,
  ahead: false,
  workBytes: 7,
  kept: false,
};

/** A plan for the first two transformer blocks. */
const planOf = (first: Partial<StagePlan>, second: Partial<StagePlan> = {}): Map<string, StagePlan> =>
  new Map([
    [stageKey('unet', FIRST.name), { ...PLANNED, ...first }],
    [stageKey('unet', SECOND.name), { ...PLANNED, ...second }],
  ]);

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

  /** Loads a stage and gives it back. */
  const visit = async (stage: Stage, signal?: AbortSignal): Promise<StageWeights> => {
    const acquired = await stream.acquire(stage, host.backend, signal);
    stream.release(stage, acquired, host.backend);
    return acquired;
  };

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

  describe('with a plan', () => {
    it('keeps nothing that is streamed, neither on the backend nor in memory', async () => {
      await stream.follow(planOf({}));
      for (let run = 0; run < 3; run++) await visit(FIRST);
      expect(reads).toHaveLength(3);
      expect(host.sent.reduce((sum, bytes) => sum + bytes, 0)).toBe(3 * bytesOf(FIRST));
      host.expectEmpty();
    });

    it('reads once what is kept in memory, and sends it each time', async () => {
      await stream.follow(planOf({ kept: true }));
      for (let run = 0; run < 3; run++) await visit(FIRST);
      expect(reads).toHaveLength(1);
      expect(host.sent.reduce((sum, bytes) => sum + bytes, 0)).toBe(3 * bytesOf(FIRST));
      await stream.follow(planOf({}));
      await visit(FIRST);
      expect(reads).toHaveLength(2);
    });

    it('sends once what stays packed, and widens it each time', async () => {
      await stream.follow(planOf({ residency: 'packed' }));
      const values = [];
      for (let run = 0; run < 3; run++) values.push(await visit(FIRST));
      expect(reads).toHaveLength(1);
      expect(host.sent).toEqual([bytesOf(FIRST)]);
      expect(host.live.size).toBe(0);
      expect(host.stored.size).toBe(1);
      expect(values[2]).toEqual(values[0]);
    });

    it('widens once what stays expanded', async () => {
      await stream.follow(planOf({ residency: 'expanded' }));
      const first = await visit(FIRST);
      expect(await visit(FIRST)).toBe(first);
      expect(host.live).toEqual(new Set(first.values()));
      expect(host.stored.size).toBe(0);
    });

    it.each(['packed', 'expanded'] as const)(
      '%s: stays for the next phase only if it lasts',
      async (residency) => {
        await stream.follow(planOf({ residency, lasting: true }, { residency }));
        const first = await visit(FIRST);
        await visit(SECOND);
        await stream.leave();
        if (residency === 'packed') expect(host.stored.size).toBe(1);
        else expect(host.live).toEqual(new Set(first.values()));
        await visit(FIRST);
        expect(reads).toHaveLength(2);
        await stream.follow(planOf({}));
        host.expectEmpty();
      },
    );

    it('gives everything back when the backend is to rest', async () => {
      await stream.follow(
        planOf({ residency: 'packed', lasting: true }, { residency: 'expanded', lasting: true }),
      );
      await visit(FIRST);
      await visit(SECOND);
      await stream.unload();
      host.expectEmpty();
      expect((await visit(FIRST)).size).toBe(FIRST.weights.length);
    });

    it('gives everything back when another backend takes over', async () => {
      await stream.follow(planOf({ residency: 'packed', lasting: true }, { residency: 'expanded' }));
      await visit(FIRST);
      await visit(SECOND);
      const other = new HostBackend();
      const acquired = await stream.acquire(FIRST, other.backend);
      await stream.abandon();
      host.expectEmpty();
      expect(other.live).toEqual(new Set(acquired.values()));
      expect(other.stored.size).toBe(1);
    });

    it('sends ahead what the plan says, and leaves the work under way what it needs', async () => {
      await stream.follow(planOf({ workBytes: 123 }, { ahead: true }));
      stream.prefetch(SECOND, host.backend, FIRST);
      await visit(SECOND);
      expect(host.leaving).toEqual([123]);
      expect(host.sent).toEqual([bytesOf(SECOND)]);
      stream.prefetch(FIRST, host.backend, SECOND);
      expect(reads).toHaveLength(2);
      await visit(FIRST);
      expect(host.leaving).toHaveLength(1);
      expect(reads).toHaveLength(2);
      host.expectEmpty();
    });

    it('does not send ahead what is there', async () => {
      await stream.follow(planOf({ residency: 'packed', ahead: true }));
      await visit(FIRST);
      stream.prefetch(FIRST, host.backend, SECOND);
      await visit(FIRST);
      expect(host.sent).toEqual([bytesOf(FIRST)]);
      expect(reads).toHaveLength(1);
    });
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
