/**
 * @file What a sampler's step is made of. Every sampler takes the same step, `x' = a·x̂₀ + b·ε̂ + c·z`: so much of
 * the picture and of the noise that the model finds in the latents, and so much fresh noise. What differs is where
 * the three weights come from, and whether the latents carry the picture at full size under growing noise (Euler: the
 * picture plus σ times unit noise) or keep unit variance (LCM, TCD: that sum divided by √(σ² + 1)).
 */

export interface StepWeights {
  /** From the latents to the UNet's input, which has unit variance. */
  readonly input: number;
  /** Of x̂₀, the picture the model finds in the latents. */
  readonly original: number;
  /** Of ε̂, the unit noise the model finds in the latents. */
  readonly predictedNoise: number;
  /** Of z, unit noise drawn for this step. */
  readonly freshNoise: number;
}

/** What a sampler has in mind. */
export interface Plan {
  /** [steps]: what the UNet is told at each step; fractional where the spacing is. */
  readonly timesteps: readonly number[];
  /** [steps + 1], falling, noise relative to the picture: step i goes from `sigmas[i]` to `sigmas[i + 1]`. */
  readonly sigmas: readonly number[];
  /** Factor from unit normal noise to the initial latents. */
  readonly initNoiseSigma: number;
  /** Weights of the step with this index, from one noise level to the next. */
  readonly weights: (sigma: number, next: number, step: number) => StepWeights;
}

/** LCM's `sigma_data`, which diffusers fixes too. */
const LCM_SIGMA_DATA = 0.5;

/** Shares of the clean picture and of unit noise in latents of unit variance, √ᾱ and √(1 − ᾱ). */
export function shares(sigma: number): { readonly signal: number; readonly noise: number } {
  const scale = 1 / Math.sqrt(sigma * sigma + 1);
  return { signal: scale, noise: sigma * scale };
}

/** Euler's rule for the probability-flow ODE (Karras et al., 2022, algorithm 1 without churn). */
export function eulerWeights(sigma: number, next: number): StepWeights {
  return { input: shares(sigma).signal, original: 1, predictedNoise: next, freshNoise: 0 };
}

/** Euler-ancestral (k-diffusion's `sample_euler_ancestral`, eta 1): down to σ_down, then σ_up of fresh noise. */
export function ancestralWeights(sigma: number, next: number): StepWeights {
  const ratio = next / sigma;
  return {
    ...eulerWeights(sigma, next),
    predictedNoise: next * ratio,
    freshNoise: next * Math.sqrt(1 - ratio * ratio),
  };
}

/**
 * Latent Consistency Models (Luo et al., 2023): the consistency function `c_skip·x + c_out·x̂₀`, brought back to the
 * next noise level with fresh noise alone.
 * @param scaledTimestep the timestep times `timestep_scaling`
 */
export function lcmWeights(sigma: number, next: number, scaledTimestep: number): StepWeights {
  const present = shares(sigma);
  const after = shares(next);
  const norm = Math.hypot(scaledTimestep, LCM_SIGMA_DATA);
  const skip = (LCM_SIGMA_DATA / norm) ** 2;
  const out = scaledTimestep / norm;
  return {
    input: 1,
    original: after.signal * (out + skip * present.signal),
    predictedNoise: after.signal * skip * present.noise,
    freshNoise: after.noise,
  };
}

/**
 * Trajectory consistency (Zheng et al., 2024, strategic stochastic sampling): down to the noise level `low`, then up to
 * `next` with fresh noise.
 */
export function tcdWeights(next: number, low: number): StepWeights {
  const after = shares(next);
  const between = shares(low);
  const ratio = after.signal / between.signal;
  return {
    input: 1,
    original: after.signal,
    predictedNoise: ratio * between.noise,
    freshNoise: Math.sqrt(1 - ratio * ratio),
  };
}
