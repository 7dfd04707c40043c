import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import consistencyJson from './golden/consistency.json';
import schedulesJson from './golden/schedules.json';
import turboSd from './golden/turbo-sd.json';
import { SAMPLERS } from './sampler-names.ts';
import type { SamplerName } from './sampler-names.ts';
import { createSchedule } from './schedule.ts';
import type { Schedule } from './schedule.ts';
import { parseSchedulerConfig } from './scheduler-config.ts';

interface ScheduleCase {
  readonly sampler: SamplerName;
  readonly config: Readonly<Record<string, unknown>>;
  readonly steps: number;
  readonly timesteps: readonly number[];
  readonly sigmas: readonly number[];
  readonly initNoiseSigma: number;
}
const schedules: readonly ScheduleCase[] = [
  ...(schedulesJson.cases as readonly ScheduleCase[]),
  ...(consistencyJson.cases as readonly ScheduleCase[]),
];

const SDXL = { beta_start: 0.00085, beta_end: 0.012, beta_schedule: 'scaled_linear' };

/**
 * Relative, and absolute below 1. With zero-SNR betas of other ranges than SDXL's, σ near t = 0 hangs on the last
 * bit of torch's float32 square roots, which depends on the processor: 1e-5 in σ itself, not relative to it.
 */
function expectClose(actual: readonly number[], expected: readonly number[], absolute = 0): void {
  expect(actual).toHaveLength(expected.length);
  for (const [i, value] of expected.entries()) {
    expect(Math.abs((actual[i] ?? NaN) - value)).toBeLessThanOrEqual(1e-5 * Math.abs(value) + absolute);
  }
}

function expectSchedule(schedule: Schedule, expected: ScheduleCase): void {
  const isZeroSnr = expected.config['rescale_betas_zero_snr'] === true;
  expectClose(schedule.timesteps, expected.timesteps, isZeroSnr ? 1e-3 : 1e-6);
  expectClose(schedule.sigmas, expected.sigmas, isZeroSnr ? 1e-5 : 0);
  expectClose([schedule.initNoiseSigma], [expected.initNoiseSigma]);
}

describe('createSchedule', () => {
  it.each(schedules)('agrees with diffusers: $sampler, $steps steps, $config', (expected) => {
    const config = parseSchedulerConfig(expected.config);
    expectSchedule(createSchedule(expected.sampler, config, expected.steps), expected);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])('turbo-sd is Stability’s schedule for %i steps', (steps) => {
    const schedule = createSchedule('turbo-sd', parseSchedulerConfig(SDXL), steps);
    expect(schedule.timesteps).toEqual(turboSd.timesteps.slice(0, steps));
    expectClose(schedule.sigmas, [...turboSd.sigmas.slice(0, steps), 0]);
    expectClose([schedule.initNoiseSigma], [turboSd.initNoiseSigma]);
  });

  it('scales the turbo-sd timesteps with the number of training timesteps', () => {
    const config = parseSchedulerConfig({ ...SDXL, num_train_timesteps: 500 });
    expect(createSchedule('turbo-sd', config, 4).timesteps).toEqual([499, 449, 399, 349]);
  });

  it('passes the prediction type on', () => {
    const config = parseSchedulerConfig({ ...SDXL, prediction_type: 'v_prediction' });
    expect(createSchedule('turbo', config, 4)).toMatchObject({
      sampler: 'turbo',
      predictionType: 'v_prediction',
    });
  });

  it('plans exactly the steps asked for, falling, whatever the file says', () => {
    const plan = fc.record({
      sampler: fc.constantFrom<SamplerName>('turbo', 'euler-a', 'euler'),
      trainTimesteps: fc.integer({ min: 2, max: 1200 }),
      fraction: fc.double({ min: 0, max: 1, noNaN: true }),
      spacing: fc.constantFrom('leading', 'trailing', 'linspace'),
      prediction: fc.constantFrom('epsilon', 'v_prediction'),
      offset: fc.integer({ min: 0, max: 3 }),
    });
    fc.assert(
      fc.property(plan, ({ sampler, trainTimesteps, fraction, spacing, prediction, offset }) => {
        const steps = 1 + Math.floor(fraction * (trainTimesteps - 1));
        const config = parseSchedulerConfig({
          ...SDXL,
          num_train_timesteps: trainTimesteps,
          timestep_spacing: spacing,
          prediction_type: prediction,
          steps_offset: offset,
        });
        const { timesteps, sigmas } = createSchedule(sampler, config, steps);
        expect(timesteps).toHaveLength(steps);
        expect(sigmas).toHaveLength(steps + 1);
        expect(sigmas.at(-1)).toBe(0);
        expect(timesteps.every((timestep) => timestep >= 0)).toBe(true);
        expect(sigmas.slice(0, -1).every((sigma, i) => sigma >= (sigmas[i + 1] ?? NaN))).toBe(true);
      }),
    );
  });

  it.each<[SamplerName, number, string]>([
    ['turbo', 0, '1–1000'],
    ['turbo', 1001, '1–1000'],
    ['euler', 2.5, '1–1000'],
    ['euler-a', NaN, '1–1000'],
    ['turbo-sd', 11, '1–10'],
  ])('refuses %s with %d steps', (sampler, steps, expected) => {
    expect(() => createSchedule(sampler, parseSchedulerConfig(SDXL), steps)).toThrow(
      expect.objectContaining({
        code: 'request/invalid',
        detail: { field: 'steps', value: String(steps), expected },
      }) as Error,
    );
  });

  const EULER_FIELDS = [
    ['use_karras_sigmas', true, 'false'],
    ['use_exponential_sigmas', true, 'false'],
    ['interpolation_type', 'log_linear', 'linear'],
    ['final_sigmas_type', 'sigma_min', 'zero'],
    ['timestep_type', 'continuous', 'discrete'],
  ] as const;
  it.each(
    (['turbo', 'turbo-sd', 'euler-a', 'lcm', 'tcd'] as const).flatMap((sampler) =>
      EULER_FIELDS.map(([field, value, supported]) => ({ sampler, field, value, supported })),
    ),
  )(
    'refuses $field $value with $sampler, which has no such thing',
    ({ sampler, field, value, supported }) => {
      const config = parseSchedulerConfig({ ...SDXL, [field]: value });
      expect(() => createSchedule(sampler, config, 4)).toThrow(
        expect.objectContaining({
          code: 'model/scheduler-unsupported',
          detail: { field, value: String(value), supported: `${supported} (euler: ${value})` },
        }) as Error,
      );
    },
  );

  it.each([
    ['a beta beyond 1', { trained_betas: [0.1, 1.5, 0.1] }, 2],
    ['negative betas', { trained_betas: [0.5, -0.5, -0.5] }, 3],
    [
      'no noise at the step before the last',
      { beta_start: 0, beta_schedule: 'linear', timestep_spacing: 'linspace' },
      4,
    ],
    ['rising ends', { use_karras_sigmas: true, sigma_min: 9, sigma_max: 3 }, 4],
  ])('calls %s invalid', (_, fields, steps) => {
    const config = parseSchedulerConfig({ ...SDXL, ...fields });
    expect(() => createSchedule('euler', config, steps)).toThrow(
      expect.objectContaining({
        code: 'model/config-invalid',
        detail: {
          file: 'scheduler/scheduler_config.json',
          reason: expect.stringContaining('noise levels do not fall') as string,
        },
      }) as Error,
    );
  });
});

describe('noiseDraws', () => {
  it.each<[SamplerName, number, number | undefined]>([
    ['turbo', 3, undefined],
    ['turbo-sd', 3, undefined],
    ['euler-a', 3, undefined],
    ['euler', 0, undefined],
    ['lcm', 3, undefined],
    ['tcd', 3, undefined],
    ['tcd', 3, 1],
    ['tcd', 0, 0],
  ])('%s draws %i times in four steps with eta %s', (sampler, draws, eta) => {
    const config = parseSchedulerConfig(SDXL);
    expect(createSchedule(sampler, config, 4, eta).noiseDraws).toBe(draws);
    expect(createSchedule(sampler, config, 1, eta).noiseDraws).toBe(0);
  });
});

describe('lcm and tcd', () => {
  it.each([
    ['thresholding', true, 'false'],
    ['clip_sample', true, 'false'],
    ['rescale_betas_zero_snr', true, 'false (turbo, turbo-sd, euler-a, euler: true)'],
  ])('refuse %s %s by its name', (field, value, supported) => {
    const config = parseSchedulerConfig({ ...SDXL, [field]: value });
    for (const sampler of ['lcm', 'tcd'] as const) {
      expect(() => createSchedule(sampler, config, 4)).toThrow(
        expect.objectContaining({
          code: 'model/scheduler-unsupported',
          detail: { field, value: 'true', supported },
        }) as Error,
      );
    }
    expect(createSchedule('euler-a', config, 4).noiseDraws).toBe(3);
  });

  it('have no more steps than the model was distilled at', () => {
    for (const sampler of ['lcm', 'tcd'] as const) {
      expect(() => createSchedule(sampler, parseSchedulerConfig(SDXL), 51)).toThrow(
        expect.objectContaining({
          code: 'request/invalid',
          detail: { field: 'steps', value: '51', expected: '1–50' },
        }) as Error,
      );
    }
  });

  it.each([
    [{ num_train_timesteps: 40 }, 'original_inference_steps is 50, more than the 40 of num_train_timesteps'],
    [{ trained_betas: [0.1, 0.2] }, 'trained_betas has 2 values, num_train_timesteps is 1000'],
  ])('call %j invalid', (fields, reason) => {
    const config = parseSchedulerConfig({ ...SDXL, ...fields });
    for (const sampler of ['lcm', 'tcd'] as const) {
      expect(() => createSchedule(sampler, config, 4)).toThrow(
        expect.objectContaining({
          code: 'model/config-invalid',
          detail: { file: 'scheduler/scheduler_config.json', reason },
        }) as Error,
      );
    }
  });

  it.each(SAMPLERS.filter((sampler) => sampler !== 'tcd'))('%s takes no eta', (sampler) => {
    expect(() => createSchedule(sampler, parseSchedulerConfig(SDXL), 4, 0.3)).toThrow(
      expect.objectContaining({
        code: 'request/invalid',
        detail: { field: 'eta', value: '0.3', expected: 'none, because only tcd takes one (0–1)' },
      }) as Error,
    );
  });

  it.each([-0.1, 1.1, NaN])('tcd refuses eta %s', (eta) => {
    expect(() => createSchedule('tcd', parseSchedulerConfig(SDXL), 4, eta)).toThrow(
      expect.objectContaining({
        code: 'request/invalid',
        detail: { field: 'eta', value: String(eta), expected: '0–1' },
      }) as Error,
    );
  });
});
