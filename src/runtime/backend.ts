/**
 * @file What a backend can do for the engine: hold tensors, run templates, and the few kernels ONNX Runtime
 * lacks. Two implementations, WebGPU and WASM, give the same numbers up to float32 rounding.
 */
import type { Template } from '../architecture/templates/template.ts';
import { AppError } from '../error.ts';
import type { NarrowFormat } from '../gpu/kernels.ts';
import type { BytesByKind } from '../gpu/ledger.ts';
import type { ValueSummary } from './value-summary.ts';

/** A tensor held by a backend; `storage` is the backend's own business. */
export interface Tensor<S = unknown> {
  readonly shape: readonly number[];
  readonly storage: S;
}

export interface GroupNormOptions {
  readonly groups: number;
  readonly eps: number;
  /** Apply x·sigmoid(x) to the result. */
  readonly silu: boolean;
}

/** bfloat16 weights held by a backend, several tensors in one piece; `storage` is the backend's own business. */
export interface Packed<P = unknown> {
  readonly bytes: number;
  readonly storage: P;
}

/** A matrix [rows, columns] as a product up · down, what is summed over coming first: [rank, rows] and [rank, columns]. */
export interface LowRank {
  readonly rank: number;
  readonly up: Float32Array;
  readonly down: Float32Array;
}

/** How a stored tensor is to be used: [rows, columns] as they are, or `transposed` to [columns, rows]. */
export interface WeightLayout {
  readonly shape: readonly number[];
  readonly transposed: boolean;
  /** Added, in float32, to a matrix that is to be transposed. */
  readonly added?: LowRank | undefined;
}

/** Bytes of GPU memory, from our own count of every buffer of the device. */
export interface GpuMemory {
  readonly liveBytes: number;
  readonly live: BytesByKind;
  readonly peakBytes: number;
  /** What was live at the moment of the peak. */
  readonly peak: BytesByKind;
  /** Bytes of weights sent to the GPU so far. */
  readonly uploadedBytes: number;
}

export interface MemoryLimits {
  /** Bytes that may be live at any moment. */
  readonly budgetBytes: number;
  /** Of these, for what is on its way to the GPU. */
  readonly stagingBytes: number;
}

/** Takes notes of tensors that will be gone when the notes are read; nothing waits for them in between. */
export interface Survey<S = unknown> {
  /** Sums up the values that the tensor, of float32, has now. */
  note(x: Tensor<S>): void;
  /** What was noted, in that order. */
  read(): Promise<ValueSummary[]>;
  /** Gives its memory back. */
  release(): void;
}

export interface Backend<S = unknown, P = unknown> {
  readonly kind: 'webgpu' | 'wasm';
  /** What computes, for people: the GPU's name, or threads of the CPU. */
  readonly adapter: string;

  /** Copies values to the backend. Waits for room. */
  upload(data: Float32Array | Int32Array, shape: readonly number[]): Promise<Tensor<S>>;

  /** Takes bfloat16 weights, as they are. Waits for room. */
  store(weights: readonly Uint16Array[]): Promise<Packed<P>>;

  /**
   * As `store`, for weights that are not wanted yet: leaves `workBytes` to the work under way, and gives
   * `undefined` when there is no room for both.
   */
  storeAhead(weights: readonly Uint16Array[], workBytes: number): Promise<Packed<P> | undefined>;

  /** Stored weights as float32 tensors, one for each layout. Waits for room. */
  widen(weights: Packed<P>, layouts: readonly WeightLayout[]): Promise<Tensor<S>[]>;

  /**
   * Runs a template; its one output gets `outputShape`. Waits for room, also for `scratchBytes` that ONNX Runtime
   * will take for itself. Throws `runtime/run-failed` or a `gpu/` error.
   */
  run(
    template: Template,
    inputs: Readonly<Record<string, Tensor<S>>>,
    outputShape: readonly number[],
    scratchBytes?: number,
  ): Promise<Tensor<S>>;

  /**
   * GroupNorm over [N, H, W, C] or [N, S, C] with statistics in two passes about the mean. Waits for room, also for
   * `scratchBytes` that its sums take.
   */
  groupNorm(
    x: Tensor<S>,
    weight: Tensor<S>,
    bias: Tensor<S>,
    options: GroupNormOptions,
    scratchBytes?: number,
  ): Promise<Tensor<S>>;

  /**
   * Replaces each value by the nearest that the format holds, ties to even: bit for bit what torch's cast to the
   * format and back gives. What is too large becomes infinite, NaN stays NaN.
   */
  round(x: Tensor<S>, format: NarrowFormat): void;

  /** Room for notes of so many tensors. Waits for it. */
  survey(tensors: number): Promise<Survey<S>>;

  download(x: Tensor<S>): Promise<Float32Array>;

  /** Gives a tensor's memory back; work already submitted may still read it. */
  free(x: Tensor<S>): void;

  /** As `free`, for stored weights. */
  drop(weights: Packed<P>): void;

  /** Resolves once everything submitted so far has completed. */
  settle(): Promise<void>;

  /** Sets what may be held from now on. */
  limitMemory(limits: MemoryLimits): Promise<void>;

  /** Gives back what was kept for the next use and not used since the last sweep but one. */
  sweep(): void;

  /** Gives back everything that is kept for the next use, and waits until it is gone. */
  trim(): Promise<void>;

  /** GPU memory, or `null` where there is no GPU. */
  memory(): GpuMemory | null;

  /** Starts a new measurement of the peak and of the uploaded bytes. */
  resetMemory(): void;

  /** Size of ONNX Runtime's WASM heap. */
  heapBytes(): number;

  /** Releases sessions and device. */
  dispose(): Promise<void>;
}

/** Sums up tensors that are there now. */
export async function summarise<S>(
  backend: Backend<S>,
  tensors: readonly Tensor<S>[],
): Promise<ValueSummary[]> {
  const survey = await backend.survey(tensors.length);
  try {
    for (const tensor of tensors) survey.note(tensor);
    return await survey.read();
  } finally {
    survey.release();
  }
}

/** Throws `engine/internal` for an addition to what is no matrix that is to be transposed. */
export function requireAddable({ transposed, added }: WeightLayout): void {
  if (added && !transposed)
    throw new AppError('engine/internal', { reason: 'something is added to a weight that stays as it is' });
}

/** The same storage under another shape. */
export function viewAs<S>(tensor: Tensor<S>, shape: readonly number[]): Tensor<S> {
  return { shape, storage: tensor.storage };
}

export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Throws `engine/internal` when a tensor's shape, with four bytes a value, says more than its storage holds. */
export function requireBytes(shape: readonly number[], heldBytes: number): void {
  if (elementCount(shape) * 4 <= heldBytes) return;
  throw new AppError('engine/internal', {
    reason: `${heldBytes} bytes are too few for [${shape.join(', ')}]`,
  });
}
