import { describe, expect, it } from 'vitest';
import golden from './golden/embeddings.json';
import { pairedSteps, type GuidanceMode } from './guidance-modes.ts';
import { applyGuidance, Guide, guidanceScaleEmbedding, rescaleGuidance } from './guidance.ts';
import { predictedOriginal } from './sampler.ts';
import type { SamplerName } from './sampler-names.ts';
import { createSchedule, type Schedule } from './schedule.ts';
import { parseSchedulerConfig } from './scheduler-config.ts';
import { timestepEmbedding } from './timestep-embedding.ts';

/** A frequency may be off by one float32 unit (torch's `exp` differs by processor); the angle multiplies that. */
const tolerance = (value: number): number => 2 ** -23 * Math.max(1, Math.abs(value));

function worstDifference(actual: Float32Array, expected: readonly number[]): number {
  expect(actual).toHaveLength(expected.length);
  return Math.max(...expected.map((value, i) => Math.abs(value - (actual[i] ?? NaN))));
}

describe('timestepEmbedding', () => {
  it.each(golden.timesteps)('agrees with torch: $timestep in $dim dimensions', (expected) => {
    const { timestep, dim, flipSinToCos, freqShift, values } = expected;
    const embedding = timestepEmbedding(timestep, dim, { flipSinToCos, freqShift });
    expect(worstDifference(embedding, values)).toBeLessThanOrEqual(tolerance(timestep));
  });
});

describe('guidanceScaleEmbedding', () => {
  it.each(golden.guidance)(
    'agrees with diffusers: scale $scale in $dim dimensions',
    ({ scale, dim, values }) => {
      expect(worstDifference(guidanceScaleEmbedding(scale, dim), values)).toBeLessThanOrEqual(
        tolerance(1000 * (scale - 1)),
      );
    },
  );
});

describe('applyGuidance', () => {
  const uncond = Float32Array.of(1, -2, 0.5);
  const cond = Float32Array.of(3, 2, 0.5);

  it('goes beyond the conditional prediction, away from the unconditional one', () => {
    expect([...applyGuidance(uncond, cond, 1.5)]).toEqual([4, 4, 0.5]);
  });

  it('is the unconditional prediction at 0 and the conditional one at 1', () => {
    expect(applyGuidance(uncond, cond, 0)).toEqual(uncond);
    expect(applyGuidance(uncond, cond, 1)).toEqual(cond);
  });
});

describe('pairedSteps', () => {
  it.each([
    ['off', 4],
    ['first-step', 5],
    ['full', 8],
    ['onetime-negative', 5],
    ['distilled', 4],
  ] as const)('%s: %d evaluations for four steps', (mode, evaluations) => {
    expect(4 + pairedSteps(mode, 4)).toBe(evaluations);
  });
});

describe('rescaleGuidance', () => {
  // torch 2.13: diffusers 0.42.1's rescale_noise_cfg of these two as [1, 1, 2, 2].
  const guided = Float32Array.of(1, -2, 0.5, 4);
  const cond = Float32Array.of(0.5, -1, 0.75, 1);

  it.each([
    { rescale: 0, values: [1, -2, 0.5, 4] },
    {
      rescale: 0.7,
      values: [0.5554391145706177, -1.1108782291412354, 0.27771955728530884, 2.2217564582824707],
    },
    { rescale: 1, values: [0.3649130165576935, -0.729826033115387, 0.18245650827884674, 1.459652066230774] },
  ])('agrees with diffusers: $rescale', ({ rescale, values }) => {
    expect(worstDifference(rescaleGuidance(guided, cond, rescale), values)).toBeLessThanOrEqual(1e-6);
  });
});

describe('Guide', () => {
  const STEPS = 4;
  const SCALE = 1.5;
  const latents = (step: number): Float32Array => Float32Array.of(2 + step, -1, 0.25, 5 - step);
  const conditional = Float32Array.of(0.5, -1, 0.75, 1);
  const unconditional = Float32Array.of(-0.25, 0.5, 1, 2);

  const scheduleOf = (sampler: SamplerName, prediction: string): Schedule => {
    const betas = { beta_start: 0.00085, beta_end: 0.012, beta_schedule: 'scaled_linear' };
    return createSchedule(sampler, parseSchedulerConfig({ ...betas, prediction_type: prediction }), STEPS);
  };
  const outputs = (schedule: Schedule, mode: GuidanceMode, rescale = 0): Float32Array[] => {
    const guide = new Guide(schedule, { mode, scale: SCALE, rescale });
    return Array.from({ length: STEPS }, (_, step) => {
      const isPaired = step < pairedSteps(mode, STEPS);
      const predictions = { conditional, unconditional: isPaired ? unconditional : undefined };
      return guide.apply(step, latents(step), predictions);
    });
  };
  const guided = applyGuidance(unconditional, conditional, SCALE);

  it('guides every step, the first alone, or none', () => {
    const schedule = scheduleOf('turbo', 'epsilon');
    expect(outputs(schedule, 'full')).toEqual([guided, guided, guided, guided]);
    expect(outputs(schedule, 'first-step')).toEqual([guided, conditional, conditional, conditional]);
    for (const mode of ['off', 'distilled'] as const)
      expect(outputs(schedule, mode, 0.7)).toEqual([conditional, conditional, conditional, conditional]);
  });

  it.each([
    ['turbo', 'epsilon'],
    ['euler', 'v_prediction'],
    ['lcm', 'epsilon'],
    ['tcd', 'v_prediction'],
  ] as const)("keeps away from the first step's unconditional picture: %s, %s", (sampler, prediction) => {
    const schedule = scheduleOf(sampler, prediction);
    const [first, ...rest] = outputs(schedule, 'onetime-negative');
    expect(first).toEqual(guided);
    const reference = predictedOriginal(schedule, 0, latents(0), unconditional);
    for (const [i, output] of rest.entries()) {
      const found = (values: Float32Array): Float32Array =>
        predictedOriginal(schedule, i + 1, latents(i + 1), values);
      const original = found(conditional);
      // x0 = γ·x0_c + (1 − γ)·x0_ref
      const expected = original.map((value, j) => SCALE * value + (1 - SCALE) * (reference[j] ?? NaN));
      expect(worstDifference(found(output), [...expected])).toBeLessThanOrEqual(
        1e-5 * Math.max(...expected.map(Math.abs)),
      );
    }
  });
});
