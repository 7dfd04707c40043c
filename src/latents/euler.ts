/**
 * @file Timesteps, noise levels and steps of the Euler samplers. `euler-a` and `euler` follow the model's scheduler
 * file as diffusers' EulerAncestralDiscreteScheduler and EulerDiscreteScheduler do; the two turbo samplers keep the
 * file's betas but have timesteps of their own.
 * Always plans the steps asked for: where rounding gives diffusers one timestep more (trailing timesteps of 61 steps
 * end at −1 there), the surplus one is left out.
 */
import { linspace } from './linspace.ts';
import type { SamplerName } from './sampler-names.ts';
import type { SchedulerConfig, TimestepSpacing } from './scheduler-config.ts';
import { exponentialSigmas, karrasSigmas, timestepOfSigma } from './sigma-spacing.ts';
import { ancestralWeights, eulerWeights } from './step-weights.ts';
import type { Plan } from './step-weights.ts';
import { trainingSigmas } from './training-sigmas.ts';

/** `turbo-sd` walks down this many trailing timesteps and stops where its steps run out. */
export const TURBO_SD_TIMESTEPS = 10;

/** The defaults of diffusers' Euler classes. */
const DEFAULT_BETAS = { betaStart: 0.0001, betaEnd: 0.02, betaSchedule: 'linear' } as const;

/** Plans `steps` steps, at most `TURBO_SD_TIMESTEPS` of `turbo-sd`. */
export function planEuler(
  sampler: Exclude<SamplerName, 'lcm' | 'tcd'>,
  config: SchedulerConfig,
  steps: number,
): Plan {
  const table = trainingSigmas(config, DEFAULT_BETAS);
  const spacing = sampler === 'euler-a' || sampler === 'euler' ? config.timestepSpacing : 'trailing';
  const spaced =
    sampler === 'turbo-sd'
      ? spaceTimesteps(spacing, config, TURBO_SD_TIMESTEPS).slice(0, steps)
      : spaceTimesteps(spacing, config, steps);
  const { timesteps, sigmas } =
    sampler === 'euler' ? followEulerFields(config, table, spaced) : followTimesteps(table, spaced);
  const first = sigmas[0] as number;
  const addsToSignal = sampler === 'turbo-sd' || spacing === 'leading';
  return {
    timesteps,
    sigmas,
    initNoiseSigma: addsToSignal ? Math.hypot(first, 1) : first,
    weights: sampler === 'euler' ? eulerWeights : ancestralWeights,
  };
}

type Levels = Pick<Plan, 'timesteps' | 'sigmas'>;

function followTimesteps(table: Float32Array, timesteps: readonly number[]): Levels {
  return { timesteps, sigmas: [...timesteps.map((timestep) => sigmaAt(table, timestep)), 0] };
}

/** What only EulerDiscreteScheduler knows: other curves of sigmas, another end, timesteps that name a sigma. */
function followEulerFields(config: SchedulerConfig, table: Float32Array, spaced: readonly number[]): Levels {
  const steps = spaced.length;
  const lowest = table[0] as number;
  const highest = table.at(-1) as number;
  const isLogLinear = config.interpolationType === 'log_linear';
  let sigmas = isLogLinear
    ? exponentialSigmas(highest, lowest, steps + 1)
    : spaced.map((timestep) => sigmaAt(table, timestep));
  let timesteps = spaced;
  if (config.useKarrasSigmas || config.useExponentialSigmas) {
    const curve = config.useKarrasSigmas ? karrasSigmas : exponentialSigmas;
    sigmas = curve(
      config.sigmaMax ?? (sigmas[0] as number),
      config.sigmaMin ?? (sigmas.at(-1) as number),
      steps,
    );
    timesteps = sigmas.map((sigma) => timestepOfSigma(table, sigma));
  }
  // Log-linear sigmas already hold the end of the last step, so the end appended here lies beyond what is used.
  sigmas = [...sigmas, config.finalSigmasType === 'sigma_min' ? lowest : 0].slice(0, steps + 1);
  if (config.timestepType === 'continuous' && config.predictionType === 'v_prediction') {
    timesteps = sigmas.slice(0, steps).map((sigma) => 0.25 * Math.log(sigma));
  }
  return { timesteps, sigmas };
}

/** Timesteps from noisy to clean; Lin et al. (2023), table 2. */
function spaceTimesteps(spacing: TimestepSpacing, config: SchedulerConfig, steps: number): number[] {
  const { trainTimesteps, stepsOffset } = config;
  switch (spacing) {
    case 'linspace':
      return linspace(0, trainTimesteps - 1, steps)
        .reverse()
        .map(Math.fround);
    case 'leading': {
      const stride = Math.floor(trainTimesteps / steps);
      return Array.from({ length: steps }, (_, i) => (steps - 1 - i) * stride + stepsOffset);
    }
    case 'trailing': {
      // NumPy's `arange` advances by the difference of its first two values, which decides some ties.
      const stride = trainTimesteps - (trainTimesteps - trainTimesteps / steps);
      return Array.from({ length: steps }, (_, i) => roundHalfToEven(trainTimesteps - i * stride) - 1);
    }
  }
}

function roundHalfToEven(value: number): number {
  const below = Math.floor(value);
  const isUp = value - below === 0.5 ? below % 2 !== 0 : value - below > 0.5;
  return isUp ? below + 1 : below;
}

/** The table's σ at a timestep, linear in between and constant beyond its ends. */
function sigmaAt(table: Float32Array, timestep: number): number {
  const position = Math.min(Math.max(timestep, 0), table.length - 1);
  const below = Math.floor(position);
  const sigma = table[below] as number;
  const next = table[below + 1] ?? sigma;
  return sigma + (next - sigma) * (position - below);
}
