/**
 * @file Reading and writing `.safetensors`. Model files are only opened here (their tensors are read piece by piece,
 * see `weight-set.ts`); small files such as noise and dumps are read and written whole, as float32.
 */
import { f32FromBf16, f32FromF16 } from './bf16.ts';
import { LENGTH_FIELD_BYTES, parseHeader, parseHeaderLength } from './safetensors-header.ts';
import type { SafetensorsHeader, TensorInfo } from './safetensors-header.ts';
import type { RandomAccessFile } from './source.ts';

/** A float32 tensor, row-major. */
export interface F32Tensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/**
 * Reads and checks the header of a file.
 * @throws AppError `weights/header-invalid`, or whatever the file's source throws
 */
export async function readSafetensorsHeader(
  file: RandomAccessFile,
  signal?: AbortSignal,
): Promise<SafetensorsHeader> {
  const field = await file.read(0, Math.min(LENGTH_FIELD_BYTES, file.size), signal);
  const length = parseHeaderLength(field, file.size, file.path);
  return parseHeader(await file.read(LENGTH_FIELD_BYTES, length, signal), file.size, file.path);
}

/**
 * Reads the floating-point tensors of a small file; F16 and BF16 are widened, others are left out.
 * @param name the file's name, for messages
 * @throws AppError `weights/header-invalid`
 */
export function parseF32Safetensors(bytes: Uint8Array, name: string): Map<string, F32Tensor> {
  const length = parseHeaderLength(bytes.subarray(0, LENGTH_FIELD_BYTES), bytes.length, name);
  const json = bytes.subarray(LENGTH_FIELD_BYTES, LENGTH_FIELD_BYTES + length);
  const tensors = new Map<string, F32Tensor>();
  for (const [tensor, info] of parseHeader(json, bytes.length, name).tensors) {
    const data = widen(bytes, info);
    if (data) tensors.set(tensor, { shape: info.shape, data });
  }
  return tensors;
}

/**
 * Reads one floating-point tensor of an opened file; F16 and BF16 are widened.
 * @throws RangeError for other types, and what the file throws
 */
export async function readF32Tensor(
  file: RandomAccessFile,
  info: TensorInfo,
  signal?: AbortSignal,
): Promise<Float32Array> {
  const bytes = await file.read(info.begin, info.end - info.begin, signal);
  const values = widen(bytes, { ...info, begin: 0, end: bytes.length });
  if (!values) throw new RangeError(`${info.dtype} is no floating-point type that is read here`);
  return values;
}

/**
 * Writes float32 tensors, in order of their names, byte for byte as the reference library does.
 * @param metadata goes into `__metadata__`; left out when absent
 */
export function writeSafetensors(
  tensors: Readonly<Record<string, F32Tensor>>,
  metadata?: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  const entries = Object.entries(tensors).sort(([a], [b]) => (a < b ? -1 : 1));
  const fields = metadata ? [`"__metadata__":${JSON.stringify(metadata)}`] : [];
  let dataBytes = 0;
  for (const [name, { shape, data }] of entries) {
    const info = { dtype: 'F32', shape, data_offsets: [dataBytes, dataBytes + data.byteLength] };
    fields.push(`${JSON.stringify(name)}:${JSON.stringify(info)}`);
    dataBytes += data.byteLength;
  }
  const json = new TextEncoder().encode(`{${fields.join(',')}}`);
  const headerBytes = Math.ceil(json.length / 8) * 8;
  const file = new Uint8Array(LENGTH_FIELD_BYTES + headerBytes + dataBytes);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerBytes), true);
  file.fill(0x20, LENGTH_FIELD_BYTES, LENGTH_FIELD_BYTES + headerBytes);
  file.set(json, LENGTH_FIELD_BYTES);
  let offset = LENGTH_FIELD_BYTES + headerBytes;
  for (const [, { data }] of entries) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offset);
    offset += data.byteLength;
  }
  return file;
}

function widen(bytes: Uint8Array, { dtype, begin, end }: TensorInfo): Float32Array | undefined {
  // A typed array needs an aligned buffer, which a copy always is (Node's Buffer.slice makes none). Every platform
  // that runs this is little-endian.
  const { buffer } = new Uint8Array(bytes.subarray(begin, end));
  if (dtype === 'F32') return new Float32Array(buffer);
  if (dtype === 'F16') return f32FromF16(new Uint16Array(buffer));
  return dtype === 'BF16' ? f32FromBf16(new Uint16Array(buffer)) : undefined;
}
