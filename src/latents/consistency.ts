/**
 * @file Timesteps, noise levels and steps of `lcm` and `tcd`, as diffusers' LCMScheduler and TCDScheduler have them:
 * some of the timesteps that the model was distilled at (`original_inference_steps` of them, evenly apart).
 * `timestep_spacing`, `steps_offset` and `set_alpha_to_one` are fields of both classes and change nothing in either.
 */
import { invalidConfig } from './scheduler-config.ts';
import type { SchedulerConfig } from './scheduler-config.ts';
import { lcmWeights, tcdWeights } from './step-weights.ts';
import type { Plan } from './step-weights.ts';
import { trainingSigmas } from './training-sigmas.ts';

/** The defaults of both classes. */
const DEFAULT_BETAS = { betaStart: 0.00085, betaEnd: 0.012, betaSchedule: 'scaled_linear' } as const;

/** Plans `steps` steps of LCM, at most `config.originalInferenceSteps`. The last one ends without noise. */
export function planLcm(config: SchedulerConfig, steps: number): Plan {
  const { timesteps, sigmaAt } = levels(config, steps);
  return {
    timesteps,
    sigmas: [...timesteps.map(sigmaAt), 0],
    initNoiseSigma: 1,
    weights: (sigma, next, step) =>
      lcmWeights(sigma, next, (timesteps[step] as number) * config.timestepScaling),
  };
}

/**
 * Plans `steps` steps of TCD, at most `config.originalInferenceSteps`. The last one ends at timestep 0, the first
 * that the model was trained at.
 * @param eta share of each way that is taken with fresh noise, 0 … 1; γ in the paper
 */
export function planTcd(config: SchedulerConfig, steps: number, eta: number): Plan {
  const { timesteps, sigmaAt } = levels(config, steps);
  const ends = [...timesteps.slice(1), 0];
  return {
    timesteps,
    sigmas: [...timesteps, 0].map(sigmaAt),
    initNoiseSigma: 1,
    weights: (_sigma, next, step) => tcdWeights(next, sigmaAt(lowest(ends[step] as number, eta))),
  };
}

/** The timestep gone down to on the way to `end`; torch multiplies in float32, which decides some floors. */
function lowest(end: number, eta: number): number {
  return Math.floor(Math.fround(Math.fround(1 - eta) * end));
}

interface Levels {
  readonly timesteps: readonly number[];
  readonly sigmaAt: (timestep: number) => number;
}

function levels(config: SchedulerConfig, steps: number): Levels {
  const { originalInferenceSteps: count, trainTimesteps } = config;
  if (count > trainTimesteps) {
    throw invalidConfig(
      `original_inference_steps is ${count}, more than the ${trainTimesteps} of num_train_timesteps`,
    );
  }
  const table = trainingSigmas(config, DEFAULT_BETAS);
  if (table.length < trainTimesteps) {
    throw invalidConfig(`trained_betas has ${table.length} values, num_train_timesteps is ${trainTimesteps}`);
  }
  const stride = Math.floor(trainTimesteps / count);
  const timesteps = Array.from(
    { length: steps },
    (_, i) => (count - Math.floor(i * (count / steps))) * stride - 1,
  );
  return { timesteps, sigmaAt: (timestep) => table[timestep] as number };
}
