/**
 * @file One sampling step, as pure functions on one picture's latents, so that an engine can advance any number
 * of pictures in lockstep. The state between steps is nothing but the latents. Arithmetic is float64 on float32
 * storage and uses the closed forms of Euler's rules, which do not cancel where diffusers' float32 steps do.
 */
import { AppError } from '../error.ts';
import { drawsStepNoise } from './schedule.ts';
import type { Schedule } from './schedule.ts';

/** What the UNet is given: the latents brought to unit variance, `x / √(σ² + 1)`. A new array. */
export function scaleModelInput(latents: Float32Array, sigma: number): Float32Array {
  const scale = 1 / Math.sqrt(sigma * sigma + 1);
  return latents.map((value) => value * scale);
}

interface StepInput {
  readonly schedule: Schedule;
  /** Index of the step, from 0. */
  readonly step: number;
  /** [channels, height, width] before the step, as unscaled latents. */
  readonly latents: Float32Array;
  /** The UNet's output for the scaled latents, guidance applied. Same layout. */
  readonly modelOutput: Float32Array;
  /**
   * Unit normal noise of the same layout, for samplers that draw it. diffusers draws it on the last step too, with
   * weight zero; it may be left out there, because nothing follows in the stream.
   */
  readonly noise?: Float32Array | undefined;
}

interface StepResult {
  /** After the step, at noise level `schedule.sigmas[step + 1]`. */
  readonly latents: Float32Array;
  /** The picture the model expects at the end; what a preview shows. */
  readonly predictedOriginal: Float32Array;
}

/**
 * Takes one Euler or Euler-ancestral step (Karras et al., 2022; k-diffusion's `sample_euler_ancestral`, eta 1):
 * `x' = x̂₀ + (x − x̂₀) · σ_down/σ + z · σ_up`. Never changes its inputs.
 */
export function takeStep({ schedule, step, latents, modelOutput, noise }: StepInput): StepResult {
  const { remaining, added } = stepWeights(schedule, step);
  if (added > 0 && noise === undefined) {
    throw new AppError('engine/internal', { reason: `step ${step} of ${schedule.sampler} needs noise` });
  }
  const predictedOriginal = predictOriginal(schedule, step, latents, modelOutput);
  const next = predictedOriginal.map((original, i) => {
    const kept = original + ((latents[i] as number) - original) * remaining;
    return noise === undefined ? kept : kept + (noise[i] as number) * added;
  });
  return { latents: next, predictedOriginal };
}

/** How much of the present noise stays, σ_down/σ, and how much fresh noise comes in, σ_up. */
function stepWeights({ sampler, sigmas }: Schedule, step: number): { remaining: number; added: number } {
  const next = sigmas[step + 1] as number;
  const ratio = next / (sigmas[step] as number);
  if (!drawsStepNoise(sampler)) return { remaining: ratio, added: 0 };
  return { remaining: ratio * ratio, added: next * Math.sqrt(1 - ratio * ratio) };
}

function predictOriginal(
  { predictionType, sigmas }: Schedule,
  step: number,
  latents: Float32Array,
  modelOutput: Float32Array,
): Float32Array {
  const sigma = sigmas[step] as number;
  const variance = sigma * sigma + 1;
  const [skip, out] =
    predictionType === 'epsilon' ? [1, -sigma] : [1 / variance, -sigma / Math.sqrt(variance)];
  return latents.map((value, i) => skip * value + out * (modelOutput[i] as number));
}
