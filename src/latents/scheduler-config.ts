/**
 * @file Reads `scheduler/scheduler_config.json`, as diffusers' schedulers read it (`from_config`: absent fields take
 * the defaults of the class that samples, whichever class the file names). Every field that says at which noise
 * levels the model is sampled, or what it predicts, is understood or refused by name; fields that only tune the
 * update rule of another class's solver (`solver_order`, `eta`, …) mean nothing here, as in diffusers.
 */
import { AppError } from '../error.ts';

const FILE = 'scheduler/scheduler_config.json';

const BETA_SCHEDULES = ['linear', 'scaled_linear', 'squaredcos_cap_v2'] as const;
const PREDICTION_TYPES = ['epsilon', 'v_prediction'] as const;
const TIMESTEP_SPACINGS = ['linspace', 'leading', 'trailing'] as const;
const INTERPOLATION_TYPES = ['linear', 'log_linear'] as const;
const TIMESTEP_TYPES = ['discrete', 'continuous'] as const;
const FINAL_SIGMAS_TYPES = ['zero', 'sigma_min'] as const;

/** The classes that have a sampler here. */
const CLASSES = {
  EulerAncestralDiscreteScheduler: 'euler-a',
  EulerDiscreteScheduler: 'euler',
  LCMScheduler: 'lcm',
  TCDScheduler: 'tcd',
} as const;
type ClassName = keyof typeof CLASSES;

/** Fields of other classes that change the noise levels; any value but `false` or `null` is refused. */
const FOREIGN_FIELDS = [
  'use_beta_sigmas',
  'use_lu_lambdas',
  'use_flow_sigmas',
  'use_dynamic_shifting',
  'shift',
  'shift_terminal',
  'snr_shift_scale',
  'sigma_data',
  'sigma_schedule',
];

/** More training timesteps than any model has, few enough to tabulate. */
const MAX_TRAIN_TIMESTEPS = 1_000_000;

/** What a UNet's output stands for: the noise, or the velocity of Salimans & Ho (2022). */
export type PredictionType = (typeof PREDICTION_TYPES)[number];
export type TimestepSpacing = (typeof TIMESTEP_SPACINGS)[number];

/** Where betas begin and end, and the curve between. */
export interface BetaRange {
  readonly betaStart: number;
  readonly betaEnd: number;
  readonly betaSchedule: (typeof BETA_SCHEDULES)[number];
}

/**
 * A scheduler file, checked. Sigmas are in units of the clean latents' scale. Betas are `null` where the file says
 * nothing and the samplers' classes differ in what they take.
 */
export interface SchedulerConfig {
  /** `_class_name`; `null` when the file names none. */
  readonly className: string | null;
  readonly trainTimesteps: number;
  readonly betaStart: number | null;
  readonly betaEnd: number | null;
  readonly betaSchedule: BetaRange['betaSchedule'] | null;
  /** The betas themselves; overrides the three fields above. */
  readonly trainedBetas: readonly number[] | null;
  readonly rescaleBetasZeroSnr: boolean;
  readonly predictionType: PredictionType;
  readonly timestepSpacing: TimestepSpacing;
  /** Added to every timestep of `leading`. */
  readonly stepsOffset: number;
  readonly interpolationType: (typeof INTERPOLATION_TYPES)[number];
  readonly useKarrasSigmas: boolean;
  readonly useExponentialSigmas: boolean;
  /** Ends of the Karras and exponential spacings; `null`: the ends of the timesteps' own sigmas. */
  readonly sigmaMin: number | null;
  readonly sigmaMax: number | null;
  readonly timestepType: (typeof TIMESTEP_TYPES)[number];
  readonly finalSigmasType: (typeof FINAL_SIGMAS_TYPES)[number];
  /** How many timesteps a consistency model was distilled at. */
  readonly originalInferenceSteps: number;
  /** Factor of LCM's timesteps in its boundary conditions. */
  readonly timestepScaling: number;
  /** Whether predicted pictures are cut off, at a fixed size or at a quantile of their own. */
  readonly clipSample: boolean;
  readonly thresholding: boolean;
}

/**
 * Reads a parsed scheduler file.
 * Throws `model/config-invalid` for wrong types, `model/scheduler-unsupported` for values not computed here.
 */
export function parseSchedulerConfig(json: unknown): SchedulerConfig {
  const fields = new Fields(json);
  for (const name of FOREIGN_FIELDS) fields.refuseIfSet(name);
  const config: SchedulerConfig = {
    className: fields.optional('_class_name', 'a string', isString),
    trainTimesteps: fields.value(
      'num_train_timesteps',
      `an integer, 2–${MAX_TRAIN_TIMESTEPS}`,
      isTableSize,
      1000,
    ),
    betaStart: fields.value('beta_start', 'a number', isNumber, null),
    betaEnd: fields.value('beta_end', 'a number', isNumber, null),
    betaSchedule: fields.choice('beta_schedule', BETA_SCHEDULES, null),
    trainedBetas: fields.optional('trained_betas', 'a list of two numbers or more', isNumberList),
    rescaleBetasZeroSnr: fields.flag('rescale_betas_zero_snr'),
    predictionType: fields.choice('prediction_type', PREDICTION_TYPES, 'epsilon'),
    timestepSpacing: fields.choice('timestep_spacing', TIMESTEP_SPACINGS, 'linspace'),
    stepsOffset: fields.value('steps_offset', 'an integer', isInteger, 0),
    interpolationType: fields.choice('interpolation_type', INTERPOLATION_TYPES, 'linear'),
    useKarrasSigmas: fields.flag('use_karras_sigmas'),
    useExponentialSigmas: fields.flag('use_exponential_sigmas'),
    sigmaMin: fields.optional('sigma_min', 'a number', isNumber),
    sigmaMax: fields.optional('sigma_max', 'a number', isNumber),
    timestepType: fields.choice('timestep_type', TIMESTEP_TYPES, 'discrete'),
    finalSigmasType: fields.choice('final_sigmas_type', FINAL_SIGMAS_TYPES, 'zero'),
    originalInferenceSteps: fields.value(
      'original_inference_steps',
      'an integer, 1 or more',
      isPositiveInteger,
      50,
    ),
    timestepScaling: fields.value('timestep_scaling', 'a number', isNumber, 10),
    clipSample: fields.flag('clip_sample'),
    thresholding: fields.flag('thresholding'),
  };
  if (config.useKarrasSigmas && config.useExponentialSigmas) {
    throw invalidConfig('use_karras_sigmas and use_exponential_sigmas exclude each other');
  }
  return config;
}

/** Which sampler the file names by its class. Throws `model/scheduler-unsupported` for a class we do not have. */
export function namedSampler({ className }: SchedulerConfig): (typeof CLASSES)[ClassName] {
  if (isClassName(className)) return CLASSES[className];
  throw new AppError('model/scheduler-unsupported', {
    field: '_class_name',
    value: String(className),
    supported: Object.keys(CLASSES).join(', '),
  });
}

function isClassName(name: string | null): name is ClassName {
  return name !== null && Object.hasOwn(CLASSES, name);
}

/** The error for a scheduler file that contradicts itself. */
export function invalidConfig(reason: string): AppError {
  return new AppError('model/config-invalid', { file: FILE, reason });
}

/** The fields of the file, each read with its type. */
class Fields {
  readonly #json: Readonly<Record<string, unknown>>;

  constructor(json: unknown) {
    if (!isObject(json)) throw invalidConfig('not a JSON object');
    // diffusers lists here the fields its writer left at their defaults, and ignores their values.
    const defaults = json['_use_default_values'] ?? [];
    if (!Array.isArray(defaults)) throw invalidConfig('_use_default_values is not a list');
    this.#json = Object.fromEntries(Object.entries(json).filter(([name]) => !defaults.includes(name)));
  }

  value<T, F = T>(
    name: string,
    expected: string,
    isValid: (value: unknown) => value is T,
    fallback: F,
  ): T | F {
    const value = this.#json[name];
    if (value === undefined) return fallback;
    if (!isValid(value)) throw invalidConfig(`${name} is ${JSON.stringify(value)}, not ${expected}`);
    return value;
  }

  optional<T>(name: string, expected: string, isValid: (value: unknown) => value is T): T | null {
    const isValidOrNull = (value: unknown): value is T | null => value === null || isValid(value);
    return this.value(name, expected, isValidOrNull, null);
  }

  flag(name: string): boolean {
    return this.optional(name, 'true or false', isBoolean) ?? false;
  }

  choice<const T extends string, F extends T | null>(
    name: string,
    supported: readonly T[],
    fallback: F,
  ): T | F {
    const value: string | null = this.value(name, 'a string', isString, fallback);
    if (value === null) return fallback;
    const choice = supported.find((known) => known === value);
    if (choice === undefined) {
      throw new AppError('model/scheduler-unsupported', {
        field: name,
        value,
        supported: supported.join(', '),
      });
    }
    return choice;
  }

  refuseIfSet(name: string): void {
    const value = this.#json[name] ?? false;
    if (value === false) return;
    throw new AppError('model/scheduler-unsupported', {
      field: name,
      value: JSON.stringify(value),
      supported: 'false, null',
    });
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isString(value: unknown): value is string {
  return typeof value === 'string';
}

function isBoolean(value: unknown): value is boolean {
  return typeof value === 'boolean';
}

function isNumber(value: unknown): value is number {
  return Number.isFinite(value);
}

function isInteger(value: unknown): value is number {
  return Number.isInteger(value);
}

function isPositiveInteger(value: unknown): value is number {
  return isInteger(value) && value >= 1;
}

function isTableSize(value: unknown): value is number {
  return isInteger(value) && value >= 2 && value <= MAX_TRAIN_TIMESTEPS;
}

function isNumberList(value: unknown): value is number[] {
  return Array.isArray(value) && value.length >= 2 && value.every(isNumber);
}
