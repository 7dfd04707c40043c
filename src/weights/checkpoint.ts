/**
 * @file A model's files, wherever and however they are kept: configs and tokenizers as text under the names of the
 * diffusers layout, weights as one set for each component. A folder, a single file, the browser's store and a
 * composition of these all look the same from here on.
 */
import { AppError } from '../error.ts';
import { usualWeightFile } from './weight-files.ts';
import type { WeightSet } from './weight-set.ts';

export interface Checkpoint {
  /** A short name. */
  readonly id: string;
  /** The address, folder or file it comes from, for messages. */
  readonly label: string;
  /** A text file of the diffusers layout (`unet/config.json`, `emulsion.json`, …); `undefined` when absent. */
  text(path: string, signal?: AbortSignal): Promise<string | undefined>;
  /** Opens a component's weights, reading headers only; `undefined` when the component is not there at all. */
  weights(component: string, signal?: AbortSignal): Promise<WeightSet | undefined>;
  /** What the files left open and was taken to be as in SDXL: short field texts such as `vae scaling_factor 0.13025`. */
  readonly assumptions: readonly string[];
}

/**
 * The weights of a component the model cannot do without.
 * @throws AppError `weights/not-found`, and what the checkpoint throws
 */
export async function requireWeights(
  checkpoint: Checkpoint,
  component: string,
  signal?: AbortSignal,
): Promise<WeightSet> {
  const weights = await checkpoint.weights(component, signal);
  if (weights) return weights;
  throw new AppError('weights/not-found', { file: usualWeightFile(component), status: 404 });
}
