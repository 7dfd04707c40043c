import { describe, expect, it } from 'vitest';
import { namedSampler, parseSchedulerConfig } from './scheduler-config.ts';

function failure(code: string, detail: unknown): Error {
  return expect.objectContaining({ code, detail }) as Error;
}

const SDXL_BASE = {
  _class_name: 'EulerDiscreteScheduler',
  _diffusers_version: '0.19.0.dev0',
  beta_end: 0.012,
  beta_schedule: 'scaled_linear',
  beta_start: 0.00085,
  clip_sample: false,
  interpolation_type: 'linear',
  num_train_timesteps: 1000,
  prediction_type: 'epsilon',
  sample_max_value: 1.0,
  set_alpha_to_one: false,
  skip_prk_steps: true,
  steps_offset: 1,
  timestep_spacing: 'leading',
  trained_betas: null,
  use_karras_sigmas: false,
};

describe('parseSchedulerConfig', () => {
  it('takes diffusers’ defaults, and leaves betas to the samplers, whose classes differ in them', () => {
    expect(parseSchedulerConfig({ _class_name: 'DDIMScheduler' })).toEqual({
      className: 'DDIMScheduler',
      trainTimesteps: 1000,
      betaStart: null,
      betaEnd: null,
      betaSchedule: null,
      trainedBetas: null,
      rescaleBetasZeroSnr: false,
      predictionType: 'epsilon',
      timestepSpacing: 'linspace',
      stepsOffset: 0,
      interpolationType: 'linear',
      useKarrasSigmas: false,
      useExponentialSigmas: false,
      sigmaMin: null,
      sigmaMax: null,
      timestepType: 'discrete',
      finalSigmasType: 'zero',
      originalInferenceSteps: 50,
      timestepScaling: 10,
      clipSample: false,
      thresholding: false,
    });
  });

  it('reads SDXL base’s file', () => {
    expect(parseSchedulerConfig(SDXL_BASE)).toMatchObject({
      className: 'EulerDiscreteScheduler',
      betaStart: 0.00085,
      betaEnd: 0.012,
      betaSchedule: 'scaled_linear',
      timestepSpacing: 'leading',
      stepsOffset: 1,
    });
  });

  it('ignores values the file itself lists as defaults', () => {
    const config = parseSchedulerConfig({ ...SDXL_BASE, _use_default_values: ['timestep_spacing'] });
    expect(config).toMatchObject({ timestepSpacing: 'linspace', stepsOffset: 1 });
  });

  it.each([
    ['prediction_type', 'sample', 'epsilon, v_prediction'],
    ['prediction_type', 'flow_prediction', 'epsilon, v_prediction'],
    ['beta_schedule', 'sigmoid', 'linear, scaled_linear, squaredcos_cap_v2'],
    ['timestep_spacing', 'log', 'linspace, leading, trailing'],
    ['interpolation_type', 'cubic', 'linear, log_linear'],
    ['timestep_type', 'random', 'discrete, continuous'],
    ['final_sigmas_type', 'one', 'zero, sigma_min'],
  ])('refuses %s "%s" by its name', (field, value, supported) => {
    expect(() => parseSchedulerConfig({ ...SDXL_BASE, [field]: value })).toThrow(
      failure('model/scheduler-unsupported', { field, value, supported }),
    );
  });

  it.each([
    ['use_beta_sigmas', true],
    ['use_lu_lambdas', true],
    ['use_flow_sigmas', true],
    ['use_dynamic_shifting', true],
    ['shift', 3],
    ['shift_terminal', 0.1],
    ['snr_shift_scale', 3],
    ['sigma_data', 0.5],
    ['sigma_schedule', 'karras'],
  ])('refuses %s %j, which other classes sample by', (field, value) => {
    expect(() => parseSchedulerConfig({ ...SDXL_BASE, [field]: value })).toThrow(
      failure('model/scheduler-unsupported', {
        field,
        value: JSON.stringify(value),
        supported: 'false, null',
      }),
    );
  });

  it('accepts those fields where they are off', () => {
    const off = {
      use_beta_sigmas: false,
      use_flow_sigmas: null,
      shift_terminal: null,
      use_karras_sigmas: null,
    };
    expect(parseSchedulerConfig({ ...SDXL_BASE, ...off })).toEqual(parseSchedulerConfig(SDXL_BASE));
  });

  it.each([
    [{ beta_start: '0.1' }, 'beta_start is "0.1", not a number'],
    [{ beta_end: null }, 'beta_end is null, not a number'],
    [{ num_train_timesteps: 0 }, 'num_train_timesteps is 0, not an integer, 2–1000000'],
    [{ num_train_timesteps: 10.5 }, 'num_train_timesteps is 10.5, not an integer, 2–1000000'],
    [{ num_train_timesteps: 1e9 }, 'num_train_timesteps is 1000000000, not an integer, 2–1000000'],
    [{ steps_offset: 0.5 }, 'steps_offset is 0.5, not an integer'],
    [{ original_inference_steps: 0 }, 'original_inference_steps is 0, not an integer, 1 or more'],
    [{ timestep_scaling: '10' }, 'timestep_scaling is "10", not a number'],
    [{ clip_sample: 1 }, 'clip_sample is 1, not true or false'],
    [{ thresholding: 'no' }, 'thresholding is "no", not true or false'],
    [{ prediction_type: 3 }, 'prediction_type is 3, not a string'],
    [{ trained_betas: [0.1, 'x'] }, 'trained_betas is [0.1,"x"], not a list of two numbers or more'],
    [{ use_karras_sigmas: 'yes' }, 'use_karras_sigmas is "yes", not true or false'],
    [{ sigma_max: 'high' }, 'sigma_max is "high", not a number'],
    [{ _class_name: ['EulerDiscreteScheduler'] }, '_class_name is ["EulerDiscreteScheduler"], not a string'],
    [{ _use_default_values: true }, '_use_default_values is not a list'],
    [
      { use_karras_sigmas: true, use_exponential_sigmas: true },
      'use_karras_sigmas and use_exponential_sigmas exclude each other',
    ],
  ])('calls %j invalid', (fields, reason) => {
    expect(() => parseSchedulerConfig({ ...SDXL_BASE, ...fields })).toThrow(
      failure('model/config-invalid', { file: 'scheduler/scheduler_config.json', reason }),
    );
  });

  it.each([null, [], 'text', 3])('calls %j instead of an object invalid', (json) => {
    expect(() => parseSchedulerConfig(json)).toThrow(
      failure('model/config-invalid', {
        file: 'scheduler/scheduler_config.json',
        reason: 'not a JSON object',
      }),
    );
  });
});

describe('namedSampler', () => {
  it.each([
    ['EulerAncestralDiscreteScheduler', 'euler-a'],
    ['EulerDiscreteScheduler', 'euler'],
    ['LCMScheduler', 'lcm'],
    ['TCDScheduler', 'tcd'],
  ])('%s is %s', (className, sampler) => {
    expect(namedSampler(parseSchedulerConfig({ _class_name: className }))).toBe(sampler);
  });

  it.each([['DDIMScheduler'], ['DPMSolverMultistepScheduler'], ['toString'], [undefined]])(
    'refuses class %s',
    (className) => {
      const config = parseSchedulerConfig(className === undefined ? {} : { _class_name: className });
      expect(() => namedSampler(config)).toThrow(
        failure('model/scheduler-unsupported', {
          field: '_class_name',
          value: className ?? 'null',
          supported: 'EulerAncestralDiscreteScheduler, EulerDiscreteScheduler, LCMScheduler, TCDScheduler',
        }),
      );
    },
  );
});
