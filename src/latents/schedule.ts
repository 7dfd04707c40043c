/**
 * @file At which timesteps and noise levels (sigmas) a picture is sampled. `euler-a` and `euler` follow the
 * model's scheduler file as diffusers' EulerAncestralDiscreteScheduler and EulerDiscreteScheduler do; the two
 * turbo samplers keep the file's betas but have timesteps of their own. Refuses fields a sampler cannot follow.
 * Always plans the steps asked for: where rounding gives diffusers one timestep more (trailing timesteps of 61 steps
 * end at −1 there), the surplus one is left out.
 */
import { AppError } from '../error.ts';
import { linspace } from './linspace.ts';
import { invalidConfig } from './scheduler-config.ts';
import type { PredictionType, SchedulerConfig, TimestepSpacing } from './scheduler-config.ts';
import { exponentialSigmas, karrasSigmas, timestepOfSigma } from './sigma-spacing.ts';
import { trainingSigmas } from './training-sigmas.ts';

/**
 * - `turbo`: Euler-ancestral, trailing timesteps (diffusers' SDXL Turbo: 999, 749, 499, 249)
 * - `turbo-sd`: Euler-ancestral, the first of ten trailing timesteps (Stability's own: 999, 899, 799, 699)
 * - `euler-a`, `euler`: as the scheduler file says
 */
export type SamplerName = 'turbo' | 'turbo-sd' | 'euler-a' | 'euler';

/** `turbo-sd` walks down this many trailing timesteps and stops where its steps run out. */
const TURBO_SD_TIMESTEPS = 10;

/** All numbers are float32 values. */
export interface Schedule {
  readonly sampler: SamplerName;
  readonly predictionType: PredictionType;
  /** [steps]: what the UNet is told at each step; fractional where the spacing is. */
  readonly timesteps: readonly number[];
  /** [steps + 1], falling: step i goes from `sigmas[i]` to `sigmas[i + 1]`. */
  readonly sigmas: readonly number[];
  /** Factor from unit normal noise to the initial latents. */
  readonly initNoiseSigma: number;
}

/** Whether every step of the sampler adds fresh noise. */
export function drawsStepNoise(sampler: SamplerName): boolean {
  return sampler !== 'euler';
}

/**
 * Plans `steps` steps. Throws `request/invalid` for a number of steps the sampler does not have (`turbo-sd`: 1–10,
 * others: 1 to the model's training timesteps), `model/scheduler-unsupported` for fields the sampler cannot follow,
 * and `model/config-invalid` where the file's numbers give noise levels that do not fall.
 */
export function createSchedule(sampler: SamplerName, config: SchedulerConfig, steps: number): Schedule {
  requireSteps(steps, sampler === 'turbo-sd' ? TURBO_SD_TIMESTEPS : config.trainTimesteps);
  const table = trainingSigmas(config);
  const spacing = sampler === 'euler-a' || sampler === 'euler' ? config.timestepSpacing : 'trailing';
  const spaced =
    sampler === 'turbo-sd'
      ? spaceTimesteps(spacing, config, TURBO_SD_TIMESTEPS).slice(0, steps)
      : spaceTimesteps(spacing, config, steps);
  const { timesteps, sigmas } =
    sampler === 'euler' ? followEulerFields(config, table, spaced) : followTimesteps(config, table, spaced);
  requireFalling(sigmas);

  const first = sigmas[0] as number;
  const addsToSignal = sampler === 'turbo-sd' || spacing === 'leading';
  return {
    sampler,
    predictionType: config.predictionType,
    timesteps: timesteps.map(Math.fround),
    sigmas: sigmas.map(Math.fround),
    initNoiseSigma: Math.fround(addsToSignal ? Math.hypot(first, 1) : first),
  };
}

type Levels = Pick<Schedule, 'timesteps' | 'sigmas'>;

function followTimesteps(config: SchedulerConfig, table: Float32Array, timesteps: readonly number[]): Levels {
  refuseEulerFields(config);
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

function refuseEulerFields(config: SchedulerConfig): void {
  const refuse = (field: string, value: string, supported: string) => {
    throw new AppError('model/scheduler-unsupported', {
      field,
      value,
      supported: `${supported} (euler: ${value})`,
    });
  };
  if (config.useKarrasSigmas) refuse('use_karras_sigmas', 'true', 'false');
  if (config.useExponentialSigmas) refuse('use_exponential_sigmas', 'true', 'false');
  if (config.interpolationType !== 'linear') refuse('interpolation_type', config.interpolationType, 'linear');
  if (config.finalSigmasType !== 'zero') refuse('final_sigmas_type', config.finalSigmasType, 'zero');
  if (config.timestepType !== 'discrete') refuse('timestep_type', config.timestepType, 'discrete');
}

function requireSteps(steps: number, most: number): void {
  if (Number.isInteger(steps) && steps >= 1 && steps <= most) return;
  throw new AppError('request/invalid', { field: 'steps', value: String(steps), expected: `1–${most}` });
}

function requireFalling(sigmas: readonly number[]): void {
  for (const [i, sigma] of sigmas.slice(0, -1).entries()) {
    const next = sigmas[i + 1] as number;
    if (sigma > 0 && sigma < Infinity && next <= sigma) continue;
    throw invalidConfig(`its noise levels do not fall: ${sigma}, then ${next}`);
  }
}
