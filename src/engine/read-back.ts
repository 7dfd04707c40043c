/** @file Brings a result back from the backend, and never lets NaN or infinity pass as one. */
import { AppError } from '../error.ts';
import type { Backend, Tensor } from '../runtime/backend.ts';

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
