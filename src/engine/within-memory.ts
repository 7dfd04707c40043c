/** @file Does work with a model in the memory that was planned for it. */
import type { Backend } from '../runtime/backend.ts';
import type { PictureMemory } from './memory.ts';
import { modelStreams, type Model } from './model.ts';

/** Follows the plan while the work lasts; where it fails, everything that is not to last is given back. */
export async function withinMemory<T>(
  backend: Backend,
  model: Model,
  { plan, stages }: PictureMemory,
  work: () => Promise<T>,
): Promise<T> {
  const streams = modelStreams(model);
  try {
    for (const stream of streams) await stream.follow(stages);
    await backend.trim();
    if (plan) await backend.limitMemory(plan);
    const result = await work();
    for (const stream of streams) await stream.leave();
    await backend.trim();
    return result;
  } catch (error) {
    for (const stream of streams) await stream.leave();
    // The failure to report is the first one; a lost device has nothing to give back.
    await backend.trim().catch(() => undefined);
    throw error;
  }
}
