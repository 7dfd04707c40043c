/**
 * @file Guidance: what is made of the UNet's predictions with and without the prompt. It all happens in the space of
 * the UNet's output. For a given input, the picture and the noise found in it are linear in that output, so a mixture
 * whose weights add up to 1 is the same mixture of pictures, whatever the model predicts and whichever sampler steps.
 */
import type { GuidanceMode } from './guidance-modes.ts';
import { outputFor, predictedOriginal } from './sampler.ts';
import type { Schedule } from './schedule.ts';
import { timestepEmbedding } from './timestep-embedding.ts';

/** How predictions are guided. */
export interface GuidanceOptions {
  readonly mode: GuidanceMode;
  /** γ: 1 is the prompt alone, more goes beyond it. */
  readonly scale: number;
  /** φ, 0 … 1: how far the contrast of a guided prediction is brought back, see {@link rescaleGuidance}. */
  readonly rescale: number;
}

/** What the UNet says at one step; all arrays [channels, height, width]. */
interface Predictions {
  readonly conditional: Float32Array;
  /** Where the UNet was evaluated without the prompt too. */
  readonly unconditional: Float32Array | undefined;
}

/** Guides the steps of one picture, in their order. */
export class Guide {
  readonly #schedule: Schedule;
  readonly #options: GuidanceOptions;
  /** The first step's unconditional picture, for `onetime-negative`. */
  #reference: Float32Array | undefined;

  constructor(schedule: Schedule, options: GuidanceOptions) {
    this.#schedule = schedule;
    this.#options = options;
  }

  /**
   * The output to take a step with; the conditional one itself where nothing guides it.
   * @param latents before the step, unscaled
   */
  apply(step: number, latents: Float32Array, predictions: Predictions): Float32Array {
    const { scale, rescale } = this.#options;
    const { conditional } = predictions;
    const unconditional = predictions.unconditional ?? this.#outdated(step, latents);
    if (!unconditional) return conditional;
    if (this.#options.mode === 'onetime-negative')
      this.#reference ??= predictedOriginal(this.#schedule, step, latents, unconditional);
    return rescaleGuidance(applyGuidance(unconditional, conditional, scale), conditional, rescale);
  }

  /**
   * Residual classifier-free guidance with δ = 1 (Kodaira et al., 2023, arXiv 2312.12491, "onetime-negative"): after
   * the first step, the unconditional prediction is the one that would find the first step's unconditional picture
   * in the latents as they are now.
   */
  #outdated(step: number, latents: Float32Array): Float32Array | undefined {
    return this.#reference && outputFor(this.#schedule, step, latents, this.#reference);
  }
}

/**
 * Classifier-free guidance (Ho & Salimans, 2022, arXiv 2207.12598): `uncond + scale · (cond − uncond)`, element by
 * element; all three have the UNet output's layout.
 */
export function applyGuidance(uncond: Float32Array, cond: Float32Array, scale: number): Float32Array {
  return uncond.map((base, i) => base + scale * ((cond[i] as number) - base));
}

/**
 * diffusers' `rescale_noise_cfg` (Lin et al., 2023, arXiv 2305.08891, §3.4): a share `rescale` of the guided prediction
 * is brought to the standard deviation that the conditional one has over all of its values.
 */
export function rescaleGuidance(guided: Float32Array, cond: Float32Array, rescale: number): Float32Array {
  if (rescale === 0) return guided;
  const factor = rescale * (deviation(cond) / deviation(guided)) + (1 - rescale);
  return guided.map((value) => value * factor);
}

/** Standard deviation without bias, as torch's `std`. */
function deviation(values: Float32Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1));
}

/**
 * What tells a guidance-distilled UNet (one with `time_cond_proj_dim`) which scale to imitate (Meng et al., 2023, arXiv
 * 2210.03142): diffusers' `get_guidance_scale_embedding` of `scale − 1`, as its SDXL pipeline calls it.
 * @param dim the UNet's `time_cond_proj_dim`
 * @returns [dim], sines before cosines
 */
export function guidanceScaleEmbedding(scale: number, dim: number): Float32Array {
  const thousandths = Math.fround(Math.fround(scale - 1) * 1000);
  return timestepEmbedding(thousandths, dim, { flipSinToCos: false, freqShift: 1 });
}
