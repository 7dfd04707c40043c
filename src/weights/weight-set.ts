/**
 * @file The weights of one component (a UNet, a VAE, a text encoder): asked for by name and shape, delivered as
 * bfloat16. Where they come from (files of a folder, slices of one checkpoint, the browser's store) is hidden behind
 * the list of tensors a set is made of. Nothing is read before it is asked for, and nothing is kept here.
 */
import { AppError } from '../error.ts';
import { addRoundings, type RoundingSums } from './rounding.ts';
import type { Dtype } from './safetensors-header.ts';
import { elementCount, isSameShape, shapeText } from './shape.ts';
import { readTensors } from './tensor-reader.ts';
import type { FloatDtype, ReadableTensor, StoredTensor } from './tensor-reader.ts';

/** A tensor by name, and the shape it must have. */
interface TensorRequest {
  readonly name: string;
  readonly shape: readonly number[];
}

export interface WeightSet {
  /** The component's folder in the model. */
  readonly component: string;
  /** Size of all its floating-point tensors as bfloat16. */
  readonly byteLength: number;
  /** All its floating-point tensors. */
  names(): readonly string[];
  has(name: string): boolean;
  /** Where a tensor lies. @throws AppError `weights/tensor-missing` */
  place(name: string): StoredTensor;
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
   * @throws AppError as `check`, before the first byte is read; `weights/not-finite`; `engine/cancelled`; what the
   *   source throws
   */
  read(requests: readonly TensorRequest[], signal?: AbortSignal): Promise<Uint16Array<ArrayBuffer>[]>;
  /** A short name for the weights, see `model-hash.ts`; `undefined` where none can be computed. */
  hash(signal?: AbortSignal): Promise<string | undefined>;
  /** What rounding to bfloat16 has changed in those of these tensors that have been read. */
  rounding(names: readonly string[]): RoundingSums;
}

/** Makes a set of tensors by the names they are asked for. */
export function createWeightSet(
  component: string,
  tensors: ReadonlyMap<string, StoredTensor>,
  hash: WeightSet['hash'],
): WeightSet {
  const locate = (name: string): StoredTensor => {
    const tensor = tensors.get(name);
    if (!tensor) throw new AppError('weights/tensor-missing', { tensor: name, component });
    return tensor;
  };
  const checked = (requests: readonly TensorRequest[]) =>
    requests.map((request) => checkTensor(request, locate(request.name)));
  const floats = [...tensors].filter(([, { dtype }]) => isFloat(dtype));
  const measured = new Map<string, RoundingSums>();
  return {
    component,
    byteLength: 2 * floats.reduce((sum, [, { shape }]) => sum + elementCount(shape), 0),
    names: () => floats.map(([name]) => name),
    has: (name) => tensors.has(name),
    place: locate,
    shape: (name) => locate(name).shape,
    check(requests) {
      checked(requests);
    },
    async read(requests, signal) {
      const read = await readTensors(checked(requests), measured, signal);
      for (const { name, rounding } of read) {
        if (rounding) measured.set(name, rounding);
      }
      return read.map(({ values }) => values);
    },
    hash,
    rounding: (names) => addRoundings(names.flatMap((name) => measured.get(name) ?? [])),
  };
}

function checkTensor({ name, shape }: TensorRequest, tensor: StoredTensor): ReadableTensor {
  const { dtype, file } = tensor;
  if (!isSameShape(shape, tensor.shape)) {
    const detail = { tensor: name, expected: shapeText(shape), actual: shapeText(tensor.shape) };
    throw new AppError('weights/tensor-shape', detail);
  }
  if (!isFloat(dtype))
    throw new AppError('weights/dtype-unsupported', { file: file.path, tensor: name, dtype });
  return { ...tensor, name, dtype };
}

function isFloat(dtype: Dtype): dtype is FloatDtype {
  return dtype === 'F32' || dtype === 'F16' || dtype === 'BF16';
}
