/** @file Brings results back from the backend, and never lets NaN or infinity pass as one. */
import { AppError } from '../error.ts';
import type { Backend, Tensor } from '../runtime/backend.ts';
import type { Tensors } from './execute.ts';

/** The tensor's values; the tensor is freed. Throws `image/not-finite` naming the network that made it. */
export async function readBack(
  backend: Backend,
  tensor: Tensor | undefined,
  stage: string,
): Promise<Float32Array> {
  if (!tensor) throw new AppError('engine/internal', { reason: `the ${stage} gave no result` });
  try {
    const count = await backend.countNonFinite(tensor);
    if (count > 0) throw new AppError('image/not-finite', { stage, count });
    return await backend.download(tensor);
  } finally {
    backend.free(tensor);
  }
}

/** Of every job the outputs of these names; all of them are freed, also those behind one that is refused. */
export async function readOutputs(
  backend: Backend,
  jobs: readonly Tensors[],
  names: readonly string[],
  stage: string,
): Promise<Readonly<Record<string, Float32Array>>[]> {
  const left = jobs.flatMap((outputs) => names.map((name) => outputs[name]));
  try {
    const results: Record<string, Float32Array>[] = [];
    for (let job = 0; job < jobs.length; job++) {
      const values: Record<string, Float32Array> = {};
      for (const name of names) values[name] = await readBack(backend, left.shift(), stage);
      results.push(values);
    }
    return results;
  } finally {
    for (const tensor of left) if (tensor) backend.free(tensor);
  }
}
