/**
 * @file One sampling step, as pure functions on one picture's latents, so that an engine can advance any number
 * of pictures in lockstep. The state between steps is nothing but the latents. Arithmetic is float64 on float32
 * storage and uses closed forms (`step-weights.ts`), which do not cancel where diffusers' float32 steps do.
 */
import { AppError } from '../error.ts';
import type { Schedule } from './schedule.ts';
import { shares } from './step-weights.ts';
import type { StepWeights } from './step-weights.ts';

/** What the UNet is given at a step: the latents brought to unit variance. A new array. */
export function scaleModelInput(schedule: Schedule, step: number, latents: Float32Array): Float32Array {
  const { input } = weightsOf(schedule, step);
  return latents.map((value) => value * input);
}

/**
 * A picture's latents under noise of the level at which a step begins, as that sampler carries them; diffusers'
 * `add_noise`. A new array.
 * @param noise unit normal, of the same layout
 */
export function addNoise(
  schedule: Schedule,
  step: number,
  picture: Float32Array,
  noise: Float32Array,
): Float32Array {
  const { input } = weightsOf(schedule, step);
  const { signal, noise: share } = shares(schedule.sigmas[step] as number);
  return picture.map((value, i) => (signal * value + share * (noise[i] as number)) / input);
}

interface StepInput {
  readonly schedule: Schedule;
  /** Index of the step, from 0. */
  readonly step: number;
  /** [channels, height, width] before the step, as unscaled latents. */
  readonly latents: Float32Array;
  /** The UNet's output for the scaled latents, guidance applied. Same layout. */
  readonly modelOutput: Float32Array;
  /** Unit normal noise of the same layout; needed for the first `schedule.noiseDraws` steps. */
  readonly noise?: Float32Array | undefined;
}

interface StepResult {
  /** After the step, at noise level `schedule.sigmas[step + 1]`. */
  readonly latents: Float32Array;
  /** The picture the model finds in the latents, x̂₀; what a preview shows. */
  readonly predictedOriginal: Float32Array;
}

/** Takes one step, `x' = a·x̂₀ + b·ε̂ + c·z` with the schedule's weights. Never changes its inputs. */
export function takeStep({ schedule, step, latents, modelOutput, noise }: StepInput): StepResult {
  const weights = weightsOf(schedule, step);
  if (weights.freshNoise > 0 && noise === undefined) {
    throw new AppError('engine/internal', { reason: `step ${step} of ${schedule.sampler} needs noise` });
  }
  const find = reading(schedule, step);
  const original = predictedOriginal(schedule, step, latents, modelOutput);
  const next = original.map((found, i) => {
    const input = (latents[i] as number) * weights.input;
    const predictedNoise = find.noise.input * input + find.noise.output * (modelOutput[i] as number);
    const kept = weights.original * found + weights.predictedNoise * predictedNoise;
    return noise === undefined ? kept : kept + weights.freshNoise * (noise[i] as number);
  });
  return { latents: next, predictedOriginal: original };
}

/** The picture that a UNet with this output finds in the latents before a step, x̂₀; all arrays of one layout. */
export function predictedOriginal(
  schedule: Schedule,
  step: number,
  latents: Float32Array,
  modelOutput: Float32Array,
): Float32Array {
  const { input } = weightsOf(schedule, step);
  const { original } = reading(schedule, step);
  return latents.map(
    (value, i) => original.input * value * input + original.output * (modelOutput[i] as number),
  );
}

/** The output with which a UNet would find this picture in the latents; the inverse of {@link predictedOriginal}. */
export function outputFor(
  schedule: Schedule,
  step: number,
  latents: Float32Array,
  picture: Float32Array,
): Float32Array {
  const { input } = weightsOf(schedule, step);
  const { original } = reading(schedule, step);
  return latents.map(
    (value, i) => ((picture[i] as number) - original.input * value * input) / original.output,
  );
}

interface Reading {
  readonly input: number;
  readonly output: number;
}

/** What the model's input and output say of the picture and of the noise in the input, each as a weighted sum. */
function reading({ predictionType, sigmas }: Schedule, step: number): { original: Reading; noise: Reading } {
  const sigma = sigmas[step] as number;
  const { signal, noise } = shares(sigma);
  return predictionType === 'epsilon'
    ? { original: { input: 1 / signal, output: -sigma }, noise: { input: 0, output: 1 } }
    : { original: { input: signal, output: -noise }, noise: { input: noise, output: signal } };
}

function weightsOf({ weights }: Schedule, step: number): StepWeights {
  return weights[step] as StepWeights;
}
