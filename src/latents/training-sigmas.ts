/**
 * @file The noise levels a model was trained at, one per training timestep: betas → ᾱ → σ = √((1−ᾱ)/ᾱ), as
 * diffusers' schedulers make them. Tables are rounded to float32 wherever torch stores them: small
 * sigmas come from 1 − ᾱ and zero-SNR ones from differences of nearly equal roots, so the roundings show.
 */
import { linspaceFloat32 } from './linspace.ts';
import type { BetaRange, SchedulerConfig } from './scheduler-config.ts';

/** Largest beta of the cosine schedule (Nichol & Dhariwal, 2021). */
const MAX_COSINE_BETA = 0.999;

/** Stands for ᾱ = 0 at zero terminal SNR, where σ would be infinite. */
const ZERO_SNR_ALPHA = 2 ** -24;

/**
 * σ of every training timestep, [trainTimesteps] (or as many as `trained_betas` holds), rising.
 * @param defaults what the sampler's class takes for fields that the file leaves out
 */
export function trainingSigmas(config: SchedulerConfig, defaults: BetaRange): Float32Array {
  const alphas = cumulativeAlphas(trainingBetas(config, defaults));
  if (!config.rescaleBetasZeroSnr) return alphas.map(sigmaOf);
  const rescaled = cumulativeAlphas(rescaleToZeroSnr(alphas));
  rescaled[rescaled.length - 1] = ZERO_SNR_ALPHA;
  return rescaled.map(sigmaOf);
}

function trainingBetas(config: SchedulerConfig, defaults: BetaRange): Float32Array {
  const { trainTimesteps, trainedBetas } = config;
  const betaStart = config.betaStart ?? defaults.betaStart;
  const betaEnd = config.betaEnd ?? defaults.betaEnd;
  if (trainedBetas !== null) return Float32Array.from(trainedBetas);
  switch (config.betaSchedule ?? defaults.betaSchedule) {
    case 'linear':
      return linspaceFloat32(betaStart, betaEnd, trainTimesteps);
    case 'scaled_linear':
      return linspaceFloat32(Math.sqrt(betaStart), Math.sqrt(betaEnd), trainTimesteps).map(
        (root) => root * root,
      );
    case 'squaredcos_cap_v2':
      return Float32Array.from({ length: trainTimesteps }, (_, i) =>
        Math.min(
          1 - cosineAlpha((i + 1) / trainTimesteps) / cosineAlpha(i / trainTimesteps),
          MAX_COSINE_BETA,
        ),
      );
  }
}

function cosineAlpha(time: number): number {
  return Math.cos(((time + 0.008) / 1.008) * (Math.PI / 2)) ** 2;
}

/** ᾱ of every timestep. */
function cumulativeAlphas(betas: Float32Array): Float32Array {
  let product = 1;
  return betas.map((beta) => (product *= Math.fround(1 - beta)));
}

/** Betas with ᾱ = 0 at the end and the first ᾱ kept (Lin et al., 2023, algorithm 1). */
function rescaleToZeroSnr(alphas: Float32Array): Float32Array {
  const roots = alphas.map(Math.sqrt);
  const first = roots[0] as number;
  const last = roots.at(-1) as number;
  const scale = Math.fround(first / Math.fround(first - last));
  const rescaled = roots.map((root) => Math.fround(root - last) * scale).map((root) => root * root);
  return rescaled.map((alpha, i) => 1 - Math.fround(i === 0 ? alpha : alpha / (rescaled[i - 1] as number)));
}

function sigmaOf(alpha: number): number {
  return Math.sqrt((1 - alpha) / alpha);
}
