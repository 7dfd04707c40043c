/**
 * @file At which timesteps and noise levels (sigmas) a picture is sampled, and with which weights each step is taken,
 * by sampler (`euler.ts`, `consistency.ts`). Refuses fields of the scheduler file that a sampler cannot follow.
 */
import { AppError } from '../error.ts';
import { planLcm, planTcd } from './consistency.ts';
import { planEuler, TURBO_SD_TIMESTEPS } from './euler.ts';
import type { SamplerName } from './sampler-names.ts';
import { invalidConfig } from './scheduler-config.ts';
import type { PredictionType, SchedulerConfig } from './scheduler-config.ts';
import type { Plan, StepWeights } from './step-weights.ts';

/** γ of `tcd` where none is given, as in diffusers' `TCDScheduler.step`. */
const DEFAULT_ETA = 0.3;

/** A plan, checked, its numbers rounded to float32. */
export interface Schedule extends Omit<Plan, 'weights'> {
  readonly sampler: SamplerName;
  readonly predictionType: PredictionType;
  /** [steps] */
  readonly weights: readonly StepWeights[];
  /** So many steps draw noise, from the first on: all but the last of a sampler that draws any. */
  readonly noiseDraws: number;
}

/**
 * Plans `steps` steps.
 * @param eta 0 … 1, for `tcd`: how much of each step is taken with fresh noise. Absent: 0.3
 * @throws `request/invalid` for a number of steps the sampler does not have (`turbo-sd`: 1–10; `lcm`, `tcd`: 1 to the
 *   model's distillation steps; others: 1 to its training timesteps) and an `eta` that it does not take,
 *   `model/scheduler-unsupported` for fields the sampler cannot follow, and `model/config-invalid` where the file
 *   contradicts itself or its numbers give noise levels that do not fall
 */
export function createSchedule(
  sampler: SamplerName,
  config: SchedulerConfig,
  steps: number,
  eta?: number,
): Schedule {
  requireSteps(steps, mostSteps(sampler, config));
  requireEta(sampler, eta);
  if (sampler !== 'euler') refuseEulerFields(config);
  if (sampler === 'lcm' || sampler === 'tcd') refuseConsistencyFields(config);
  const plan = planOf(sampler, config, steps, eta ?? DEFAULT_ETA);
  requireFalling(plan.sigmas);

  const sigmas = plan.sigmas.map(Math.fround);
  const weights = sigmas
    .slice(0, -1)
    .map((sigma, step) => plan.weights(sigma, sigmas[step + 1] as number, step));
  return {
    sampler,
    predictionType: config.predictionType,
    timesteps: plan.timesteps.map(Math.fround),
    sigmas,
    initNoiseSigma: Math.fround(plan.initNoiseSigma),
    weights,
    noiseDraws: weights.some(({ freshNoise }) => freshNoise > 0) ? steps - 1 : 0,
  };
}

/** A schedule without its first steps, which a picture that begins from another one does not take. */
export function laterPart(schedule: Schedule, skipped: number): Schedule {
  const { timesteps, sigmas, weights, noiseDraws } = schedule;
  return {
    ...schedule,
    timesteps: timesteps.slice(skipped),
    sigmas: sigmas.slice(skipped),
    weights: weights.slice(skipped),
    noiseDraws: Math.max(0, noiseDraws - skipped),
  };
}

function planOf(sampler: SamplerName, config: SchedulerConfig, steps: number, eta: number): Plan {
  switch (sampler) {
    case 'lcm':
      return planLcm(config, steps);
    case 'tcd':
      return planTcd(config, steps, eta);
    default:
      return planEuler(sampler, config, steps);
  }
}

function mostSteps(sampler: SamplerName, config: SchedulerConfig): number {
  switch (sampler) {
    case 'turbo-sd':
      return TURBO_SD_TIMESTEPS;
    case 'lcm':
    case 'tcd':
      return config.originalInferenceSteps;
    default:
      return config.trainTimesteps;
  }
}

function requireSteps(steps: number, most: number): void {
  if (Number.isInteger(steps) && steps >= 1 && steps <= most) return;
  throw new AppError('request/invalid', { field: 'steps', value: String(steps), expected: `1–${most}` });
}

function requireEta(sampler: SamplerName, eta: number | undefined): void {
  if (eta === undefined || (sampler === 'tcd' && eta >= 0 && eta <= 1)) return;
  const expected = sampler === 'tcd' ? '0–1' : 'none, because only tcd takes one (0–1)';
  throw new AppError('request/invalid', { field: 'eta', value: String(eta), expected });
}

/** What only EulerDiscreteScheduler knows. */
function refuseEulerFields(config: SchedulerConfig): void {
  const refuse = (field: string, value: string, supported: string): never =>
    unsupported(field, value, `${supported} (euler: ${value})`);
  if (config.useKarrasSigmas) refuse('use_karras_sigmas', 'true', 'false');
  if (config.useExponentialSigmas) refuse('use_exponential_sigmas', 'true', 'false');
  if (config.interpolationType !== 'linear') refuse('interpolation_type', config.interpolationType, 'linear');
  if (config.finalSigmasType !== 'zero') refuse('final_sigmas_type', config.finalSigmasType, 'zero');
  if (config.timestepType !== 'discrete') refuse('timestep_type', config.timestepType, 'discrete');
}

/** What would make more of x̂₀ than a weighted sum, or leave no picture to find in the first latents. */
function refuseConsistencyFields(config: SchedulerConfig): void {
  if (config.thresholding) unsupported('thresholding', 'true', 'false');
  if (config.clipSample) unsupported('clip_sample', 'true', 'false');
  if (config.rescaleBetasZeroSnr) {
    unsupported('rescale_betas_zero_snr', 'true', 'false (turbo, turbo-sd, euler-a, euler: true)');
  }
}

function unsupported(field: string, value: string, supported: string): never {
  throw new AppError('model/scheduler-unsupported', { field, value, supported });
}

function requireFalling(sigmas: readonly number[]): void {
  for (const [i, sigma] of sigmas.slice(0, -1).entries()) {
    const next = sigmas[i + 1] as number;
    if (sigma > 0 && sigma < Infinity && next <= sigma) continue;
    throw invalidConfig(`its noise levels do not fall: ${sigma}, then ${next}`);
  }
}
