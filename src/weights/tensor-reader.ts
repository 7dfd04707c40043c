/**
 * @file Reads tensors out of files as bfloat16. Only their own bytes are read; neighbours share a request. What is
 * bfloat16 already stays where it arrived, without a copy; float32 or float16 values are rounded piece by piece, so a
 * tensor is never held twice in full. What the rounding changes is measured on the way, which also finds values that
 * are not finite.
 */
import { AppError, throwIfAborted } from '../error.ts';
import { bf16FromF16, bf16FromF32, f32FromBf16, f32FromF16 } from './bf16.ts';
import type { RoundingSums } from './rounding.ts';
import type { Dtype } from './safetensors-header.ts';
import { elementCount } from './shape.ts';
import type { RandomAccessFile } from './source.ts';

/** Where a tensor lies: bytes `begin` (inclusive) to `end` of a file, row-major, little-endian. */
export interface StoredTensor {
  readonly file: RandomAccessFile;
  readonly dtype: Dtype;
  /** As it is delivered. */
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
  /** The file holds the matrix [in, out] that is delivered as [out, in]. */
  readonly transposed?: boolean;
}

export type FloatDtype = 'F32' | 'F16' | 'BF16';

/** A tensor that can be read. */
export interface ReadableTensor extends StoredTensor {
  readonly name: string;
  readonly dtype: FloatDtype;
}

export interface TensorValues {
  readonly name: string;
  /** Row-major bfloat16 bits. */
  readonly values: Uint16Array<ArrayBuffer>;
  /** `undefined` for values stored as bfloat16, and where measuring was not asked for. */
  readonly rounding: RoundingSums | undefined;
}

/** Unwanted bytes between two tensors that are cheaper to read than a second request. */
const MAX_GAP_BYTES = 64 * 1024;
/** A multiple of every element size, so that a large tensor can be cut at any multiple of it. */
const MAX_REQUEST_BYTES = 64 * 1024 * 1024;
/** The same of values that are rounded: what brought them is memory that is needed only for a moment. */
const MAX_ROUNDED_BYTES = 16 * 1024 * 1024;
/** Values measured at a time; small enough to stay in the processor's cache. */
const MEASURED_VALUES = 16 * 1024;
/** An answer is kept as it arrived only where so much of it can be: the rest would stay in memory along with it. */
const LEAST_KEPT = 7 / 8;

/**
 * Reads tensors, in the order given.
 * @param measured names whose rounding has been measured before and need not be again
 * @throws AppError `weights/not-finite` for measured values that are infinite or NaN, `engine/cancelled`, and what
 *   the files throw
 */
export async function readTensors(
  tensors: readonly ReadableTensor[],
  measured: Pick<ReadonlySet<string>, 'has'>,
  signal?: AbortSignal,
): Promise<TensorValues[]> {
  const targets = tensors.map((tensor): Target => {
    const isMeasured = tensor.dtype !== 'BF16' && !measured.has(tensor.name);
    return {
      tensor,
      values: undefined,
      rounding: isMeasured ? { value: 0, error: 0, tensors: 1 } : undefined,
    };
  });
  for (const [file, group] of byFile(targets)) {
    for (const run of merge(group.flatMap(cut))) {
      throwIfAborted(signal);
      const bytes = await file.read(run.begin, run.end - run.begin, signal);
      const isKept = keepableBytes(run) >= LEAST_KEPT * bytes.length;
      for (const piece of run.pieces) {
        accept(piece, bytes.subarray(piece.begin - run.begin, piece.end - run.begin), isKept);
      }
    }
  }
  return targets.map(({ tensor, values = new Uint16Array(), rounding }) => {
    if (rounding && !Number.isFinite(rounding.value + rounding.error)) {
      throw new AppError('weights/not-finite', { file: tensor.file.path, tensor: tensor.name });
    }
    const delivered = tensor.transposed === true ? transpose(values, tensor.shape) : values;
    return { name: tensor.name, values: delivered, rounding };
  });
}

/** A tensor being read. */
interface Target {
  readonly tensor: ReadableTensor;
  /** `undefined` until the first of them arrive. */
  values: Uint16Array<ArrayBuffer> | undefined;
  readonly rounding: RoundingSums | undefined;
}

/** Part of a tensor that fits one request. */
interface Piece {
  readonly target: Target;
  readonly begin: number;
  readonly end: number;
}

/** One request. */
interface Run {
  readonly begin: number;
  end: number;
  /** What it may grow to. */
  most: number;
  readonly pieces: Piece[];
}

function byFile(targets: readonly Target[]): Map<RandomAccessFile, Target[]> {
  const files = new Map<RandomAccessFile, Target[]>();
  for (const target of targets) {
    const group = files.get(target.tensor.file);
    if (group) group.push(target);
    else files.set(target.tensor.file, [target]);
  }
  return files;
}

function cut(target: Target): Piece[] {
  const { begin, end } = target.tensor;
  const most = mostBytes(target);
  const pieces: Piece[] = [];
  for (let at = begin; at < end; at += most) {
    pieces.push({ target, begin: at, end: Math.min(at + most, end) });
  }
  return pieces;
}

function merge(pieces: readonly Piece[]): Run[] {
  const runs: Run[] = [];
  for (const piece of pieces.toSorted((a, b) => a.begin - b.begin)) {
    const run = runs.at(-1);
    const most = Math.min(run?.most ?? Infinity, mostBytes(piece.target));
    if (run && piece.begin - run.end <= MAX_GAP_BYTES && piece.end - run.begin <= most) {
      run.end = Math.max(run.end, piece.end);
      run.most = most;
      run.pieces.push(piece);
    } else {
      runs.push({ begin: piece.begin, end: piece.end, most: mostBytes(piece.target), pieces: [piece] });
    }
  }
  return runs;
}

/** The most that is asked for at once when a tensor is part of it. */
function mostBytes({ tensor }: Target): number {
  return tensor.dtype === 'BF16' ? MAX_REQUEST_BYTES : MAX_ROUNDED_BYTES;
}

/** How much of an answer is whole tensors as they are delivered. */
function keepableBytes({ pieces }: Run): number {
  return pieces.filter(isKeepable).reduce((sum, { begin, end }) => sum + end - begin, 0);
}

function isKeepable({ target: { tensor }, begin, end }: Piece): boolean {
  return tensor.dtype === 'BF16' && begin === tensor.begin && end === tensor.end;
}

/** Takes what has arrived of a tensor; `isKept` says that the memory it arrived in may become its own. */
function accept(piece: Piece, bytes: Uint8Array<ArrayBuffer>, isKept: boolean): void {
  const { target, begin, end } = piece;
  const { tensor, rounding } = target;
  if (isKept && isKeepable(piece) && bytes.byteOffset % 2 === 0) {
    target.values = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
    return;
  }
  target.values ??= new Uint16Array(elementCount(tensor.shape));
  const elementBytes = tensor.dtype === 'F32' ? 4 : 2;
  const [from, to] = [begin, end].map((at) => (at - tensor.begin) / elementBytes);
  decode(bytes, tensor.dtype, target.values.subarray(from, to), rounding);
}

function decode(
  bytes: Uint8Array,
  dtype: FloatDtype,
  output: Uint16Array<ArrayBuffer>,
  rounding: RoundingSums | undefined,
): void {
  if (dtype === 'BF16') {
    new Uint8Array(output.buffer, output.byteOffset, output.byteLength).set(bytes);
    return;
  }
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  const { buffer, byteOffset } = aligned;
  if (dtype === 'F32') {
    const source = new Float32Array(buffer, byteOffset, output.length);
    bf16FromF32(source, output);
    if (rounding) measure(output, rounding, (from, to) => source.subarray(from, to));
  } else {
    const source = new Uint16Array(buffer, byteOffset, output.length);
    bf16FromF16(source, output);
    const widened = new Float32Array(MEASURED_VALUES);
    if (rounding) measure(output, rounding, (from, to) => f32FromF16(source.subarray(from, to), widened));
  }
}

/** Adds up the squares of the values `exact` gives, and of their distances from what they were rounded to. */
function measure(
  rounded: Uint16Array,
  sums: RoundingSums,
  exact: (from: number, to: number) => Float32Array,
): void {
  const widened = new Float32Array(MEASURED_VALUES);
  for (let from = 0; from < rounded.length; from += MEASURED_VALUES) {
    const to = Math.min(from + MEASURED_VALUES, rounded.length);
    const values = exact(from, to);
    f32FromBf16(rounded.subarray(from, to), widened);
    let value = 0;
    let error = 0;
    for (let i = 0; i < to - from; i++) {
      const x = values[i] as number;
      const difference = x - (widened[i] as number);
      value += x * x;
      error += difference * difference;
    }
    sums.value += value;
    sums.error += error;
  }
}

/** The matrix of shape [rows, columns] whose transpose, [columns, rows], is given. */
function transpose(values: Uint16Array, shape: readonly number[]): Uint16Array<ArrayBuffer> {
  const [rows = 0, columns = 0] = shape;
  const result = new Uint16Array(values.length);
  for (let column = 0; column < columns; column++) {
    for (let row = 0; row < rows; row++) {
      result[row * columns + column] = values[column * rows + row] as number;
    }
  }
  return result;
}
