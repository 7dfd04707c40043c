/** @file The factors of one module with their values: ΔW = scale · up × down. */
import { readF32Tensor } from '../weights/safetensors.ts';
import type { TensorInfo } from '../weights/safetensors-header.ts';
import type { RandomAccessFile } from '../weights/source.ts';
import type { LoraModule } from './lora-file.ts';
import type { Module } from './module-table.ts';
import { asAlpha, plainScale, type Scales } from './scales.ts';

/** up [out, rank] and down [rank, in…], row-major, with the shapes the file gives them. */
export interface ModuleFactors {
  readonly module: Module;
  readonly rank: number;
  readonly alpha: number;
  readonly scale: number;
  readonly up: Float32Array;
  readonly down: Float32Array;
  readonly shapes: { readonly up: readonly number[]; readonly down: readonly number[] };
}

/** @throws AppError what reading the file throws */
export async function readFactors(
  file: RandomAccessFile,
  { module, up, down, alpha: alphaTensor }: LoraModule,
  scales: Scales,
  signal?: AbortSignal,
): Promise<ModuleFactors> {
  const rank = down.shape[0] ?? 0;
  const stated = alphaTensor ? await readNumber(file, alphaTensor, signal) : scales.alpha(module);
  const alpha = asAlpha(stated) ?? rank;
  // A tensor says it all; what a config says besides may be of another file.
  const scale = alphaTensor ? plainScale(alpha, rank) : scales.scale(module, alpha, rank);
  return {
    ...{ module, rank, alpha, scale },
    up: await readF32Tensor(file, up, signal),
    down: await readF32Tensor(file, down, signal),
    shapes: { up: up.shape, down: down.shape },
  };
}

/** A tensor of one number. */
async function readNumber(
  file: RandomAccessFile,
  info: TensorInfo,
  signal: AbortSignal | undefined,
): Promise<number | undefined> {
  const { dtype, begin, end } = info;
  if (dtype !== 'F64' && dtype !== 'I64' && dtype !== 'I32')
    return (await readF32Tensor(file, info, signal))[0];
  const bytes = await file.read(begin, end - begin, signal);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (dtype === 'F64') return view.getFloat64(0, true);
  return dtype === 'I32' ? view.getInt32(0, true) : Number(view.getBigInt64(0, true));
}
