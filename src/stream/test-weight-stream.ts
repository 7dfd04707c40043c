/** @file For tests of the weight stream: the tiny model's UNet, and a backend that knows what it holds. */
import { expect } from 'vitest';
import { Config } from '../architecture/config.ts';
import type { Stage } from '../architecture/program.ts';
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
import { stageKey, type StagePlan } from './plan.ts';
import { WeightStream, type StageWeights } from './weight-stream.ts';

export const FILE = 'unet/diffusion_pytorch_model.safetensors';
const BYTES = tinyModelFile(FILE);
export const CHECKPOINT = parseF32Safetensors(BYTES, FILE);
const CONFIG = Config.parse('unet/config.json', new TextDecoder().decode(tinyModelFile('unet/config.json')));
export const PROGRAM = buildUnet(parseUnetConfig(CONFIG), { batch: 1, height: 8, width: 8, tokens: 77 });
export const [FIRST, SECOND] = PROGRAM.stages.filter(({ name }) => /transformer_blocks\.\d+$/.test(name)) as [
  Stage,
  Stage,
];

/** A store of the test's backend. */
interface Stored {
  readonly bytes: number;
  readonly storage: readonly Uint16Array[];
}

/** What weights need of a backend, on the CPU; it knows what it holds, and widens no more than `full` tensors. */
export class HostBackend {
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

/** What the weights of a stage take as bfloat16. */
export const bytesOf = ({ weights }: Stage): number =>
  weights.reduce((sum, { shape }) => sum + 2 * shape.reduce((product, size) => product * size, 1), 0);

export const PLANNED: StagePlan = {
  residency: 'streamed',
  lasting: false,
  ahead: false,
  workBytes: 7,
  kept: false,
};

/** A plan for the first two transformer blocks. */
export const planOf = (first: Partial<StagePlan>, second: Partial<StagePlan> = {}): Map<string, StagePlan> =>
  new Map([
    [stageKey('unet', FIRST.name), { ...PLANNED, ...first }],
    [stageKey('unet', SECOND.name), { ...PLANNED, ...second }],
  ]);

/** A stream of the tiny UNet to a backend on the CPU. */
export async function openTestStream() {
  const { weights, state, reads } = await tinyUnet();
  const stream = new WeightStream(weights);
  const host = new HostBackend();
  /** Loads a stage and gives it back. */
  const visit = async (stage: Stage, signal?: AbortSignal): Promise<StageWeights> => {
    const acquired = await stream.acquire(stage, host.backend, signal);
    stream.release(stage, acquired, host.backend);
    return acquired;
  };
  return { weights, state, reads, stream, host, visit };
}

export type TestStream = Awaited<ReturnType<typeof openTestStream>>;
