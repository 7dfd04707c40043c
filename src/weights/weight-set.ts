/**
 * @file The weights of one component (a UNet, a VAE, a text encoder): asked for by name and shape, delivered as
 * bfloat16. Only the bytes of the asked tensors are read; neighbours share a request, and float32 or float16 files
 * are rounded piece by piece as they arrive, so a tensor is never held twice in full. Nothing is kept here.
 */
import { AppError, throwIfAborted } from '../error.ts';
import { bf16FromF16, bf16FromF32 } from './bf16.ts';
import type { Dtype, TensorInfo } from './safetensors-header.ts';
import type { ModelSource, RandomAccessFile } from './source.ts';
import { openWeightFiles } from './weight-files.ts';
import type { WeightFile } from './weight-files.ts';

/** A tensor by name, and the shape it must have. */
interface TensorRequest {
  readonly name: string;
  readonly shape: readonly number[];
}

export interface WeightSet {
  /** The component's folder in the model. */
  readonly component: string;
  readonly files: readonly WeightFile[];
  /** Size of all its floating-point tensors as bfloat16. */
  readonly byteLength: number;
  has(name: string): boolean;
  /** @throws AppError `weights/tensor-missing` */
  shape(name: string): readonly number[];
  /**
   * Makes sure that tensors are there, in the given shapes and readable, without reading them. Trailing dimensions
   * of 1 do not count: a 1×1 convolution may stand for a linear layer.
   * @throws AppError `weights/tensor-missing`, `weights/tensor-shape`, `weights/dtype-unsupported`
   */
  check(requests: readonly TensorRequest[]): void;
  /**
   * Reads tensors, row-major bfloat16 bits, in the order of the requests.
   * @throws AppError as `check`, before the first byte is read; `engine/cancelled`; what the source throws
   */
  read(requests: readonly TensorRequest[], signal?: AbortSignal): Promise<Uint16Array<ArrayBuffer>[]>;
}

/** Unwanted bytes between two tensors that are cheaper to read than a second request. */
const MAX_GAP_BYTES = 64 * 1024;
/** A multiple of every element size, so that a large tensor can be cut at any multiple of it. */
const MAX_REQUEST_BYTES = 64 * 1024 * 1024;

/**
 * Opens the weights of a component; reads headers only.
 * @param folder the component's folder in the model, without slash
 * @throws AppError as `openWeightFiles`
 */
export async function openWeights(
  source: ModelSource,
  folder: string,
  signal?: AbortSignal,
): Promise<WeightSet> {
  return weightSet(folder, await openWeightFiles(source, folder, signal));
}

interface Located extends TensorInfo {
  readonly file: RandomAccessFile;
}

function weightSet(component: string, files: readonly WeightFile[]): WeightSet {
  const located = new Map<string, Located>();
  for (const { file, tensors } of files) {
    for (const [name, info] of tensors) located.set(name, { ...info, file });
  }
  const locate = (name: string) => {
    const tensor = located.get(name);
    if (!tensor) throw new AppError('weights/tensor-missing', { tensor: name, component });
    return tensor;
  };
  const floats = [...located.values()].filter(({ dtype }) => isFloat(dtype));
  return {
    component,
    files,
    byteLength: 2 * floats.reduce((sum, { shape }) => sum + elementCount(shape), 0),
    has: (name) => located.has(name),
    shape: (name) => locate(name).shape,
    check(requests) {
      for (const request of requests) checked(request, locate(request.name));
    },
    async read(requests, signal) {
      const tensors = requests
        .map((request) => checked(request, locate(request.name)))
        .map((tensor): Target => ({ ...tensor, output: new Uint16Array(elementCount(tensor.shape)) }));
      for (const { file } of files) {
        const pieces = tensors.filter((tensor) => tensor.file === file).flatMap(cut);
        for (const run of merge(pieces)) {
          throwIfAborted(signal);
          const bytes = await file.read(run.begin, run.end - run.begin, signal);
          for (const { begin, end, dtype, output } of run.pieces) {
            decode(bytes.subarray(begin - run.begin, end - run.begin), dtype, output);
          }
        }
      }
      return tensors.map(({ output }) => output);
    },
  };
}

type FloatDtype = 'F32' | 'F16' | 'BF16';

/** A tensor that may be read. */
interface Readable extends Located {
  readonly dtype: FloatDtype;
}

/** A tensor being read, and where its values go. */
interface Target extends Readable {
  readonly output: Uint16Array<ArrayBuffer>;
}

/** Part of a tensor that fits one request, and where its values go. */
interface Piece {
  readonly begin: number;
  readonly end: number;
  readonly dtype: FloatDtype;
  readonly output: Uint16Array<ArrayBuffer>;
}

/** One request. */
interface Run {
  readonly begin: number;
  end: number;
  readonly pieces: Piece[];
}

function checked({ name, shape }: TensorRequest, tensor: Located): Readable {
  const { dtype, file } = tensor;
  if (!isSameShape(shape, tensor.shape)) {
    const detail = { tensor: name, expected: shapeText(shape), actual: shapeText(tensor.shape) };
    throw new AppError('weights/tensor-shape', detail);
  }
  if (!isFloat(dtype))
    throw new AppError('weights/dtype-unsupported', { file: file.path, tensor: name, dtype });
  return { ...tensor, dtype };
}

function cut({ begin, end, dtype, output }: Target): Piece[] {
  const elementBytes = dtype === 'F32' ? 4 : 2;
  const pieces: Piece[] = [];
  for (let at = begin; at < end; at += MAX_REQUEST_BYTES) {
    const stop = Math.min(at + MAX_REQUEST_BYTES, end);
    const part = output.subarray((at - begin) / elementBytes, (stop - begin) / elementBytes);
    pieces.push({ begin: at, end: stop, dtype, output: part });
  }
  return pieces;
}

function merge(pieces: readonly Piece[]): Run[] {
  const runs: Run[] = [];
  for (const piece of pieces.toSorted((a, b) => a.begin - b.begin)) {
    const run = runs.at(-1);
    if (run && piece.begin - run.end <= MAX_GAP_BYTES && piece.end - run.begin <= MAX_REQUEST_BYTES) {
      run.end = Math.max(run.end, piece.end);
      run.pieces.push(piece);
    } else {
      runs.push({ begin: piece.begin, end: piece.end, pieces: [piece] });
    }
  }
  return runs;
}

function decode(bytes: Uint8Array, dtype: FloatDtype, output: Uint16Array<ArrayBuffer>): void {
  if (dtype === 'BF16') {
    new Uint8Array(output.buffer, output.byteOffset, output.byteLength).set(bytes);
    return;
  }
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  if (dtype === 'F32')
    bf16FromF32(new Float32Array(aligned.buffer, aligned.byteOffset, output.length), output);
  else bf16FromF16(new Uint16Array(aligned.buffer, aligned.byteOffset, output.length), output);
}

function isFloat(dtype: Dtype): dtype is FloatDtype {
  return dtype === 'F32' || dtype === 'F16' || dtype === 'BF16';
}

function isSameShape(a: readonly number[], b: readonly number[]): boolean {
  return Array.from({ length: Math.max(a.length, b.length) }, (_, i) => (a[i] ?? 1) === (b[i] ?? 1)).every(
    Boolean,
  );
}

function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

function shapeText(shape: readonly number[]): string {
  return `[${shape.join(', ')}]`;
}
