import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import schedulesJson from './golden/schedules.json';
import turboSd from './golden/turbo-sd.json';
import { createSchedule, drawsStepNoise } from './schedule.ts';
import type { SamplerName, Schedule } from './schedule.ts';
import { parseSchedulerConfig } from './scheduler-config.ts';

interface ScheduleCase {
  readonly sampler: SamplerName;
  readonly config: Readonly<Record<string, unknown>>;
  readonly steps: number;
  readonly timesteps: readonly number[];
  readonly sigmas: readonly number[];
  readonly initNoiseSigma: number;
}
const schedules = schedulesJson.cases as readonly ScheduleCase[];

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
    (['turbo', 'turbo-sd', 'euler-a'] as const).flatMap((sampler) =>
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

describe('drawsStepNoise', () => {
  it.each<[SamplerName, boolean]>([
    ['turbo', true],
    ['turbo-sd', true],
    ['euler-a', true],
    ['euler', false],
  ])('%s: %s', (sampler, draws) => {
    expect(drawsStepNoise(sampler)).toBe(draws);
  });
});
