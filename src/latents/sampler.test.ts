import { describe, expect, it } from 'vitest';
import weights from './golden/ancestral-weights.json';
import consistencyJson from './golden/consistency.json';
import trajectoriesJson from './golden/trajectories.json';
import { TorchGenerator } from './noise.ts';
import { scaleModelInput, takeStep } from './sampler.ts';
import type { SamplerName } from './sampler-names.ts';
import { createSchedule } from './schedule.ts';
import { parseSchedulerConfig } from './scheduler-config.ts';

interface Trajectory {
  readonly sampler: SamplerName;
  readonly config: Readonly<Record<string, unknown>>;
  readonly steps: number;
  /** Left out where diffusers' own default is meant. */
  readonly eta?: number;
  readonly seed: string;
  /** Which steps' results follow. */
  readonly kept: readonly number[];
  readonly latents: readonly (readonly number[])[];
  readonly predictedOriginal: readonly (readonly number[])[];
  readonly next: readonly number[];
}
const trajectories: readonly Trajectory[] = [
  ...(trajectoriesJson.cases as readonly Trajectory[]),
  ...(consistencyJson.cases as readonly Trajectory[]),
];

const SDXL = { beta_start: 0.00085, beta_end: 0.012, beta_schedule: 'scaled_linear' };

/** The model of the golden loops. */
function denoise(input: Float32Array, timestep: number): Float32Array {
  return input.map((value, i) => 0.7 * value + 0.4 * Math.sin(i + timestep / 100));
}

function relativeError(actual: Float32Array | undefined, expected: readonly number[] | undefined): number {
  const [a, b] = [[...(actual ?? [])], expected ?? []];
  if (a.length !== b.length || b.length === 0) return Infinity;
  return Math.hypot(...b.map((value, i) => value - (a[i] ?? NaN))) / Math.hypot(...b);
}

describe('takeStep', () => {
  it.each(trajectories)(
    'follows diffusers: $sampler, $steps steps, eta $eta, seed $seed, $config',
    (expected) => {
      // σ starts at 4096 there, and diffusers' float32 steps lose digits to cancellation.
      const tolerance = expected.config['rescale_betas_zero_snr'] === true ? 2e-4 : 1e-5;
      const schedule = createSchedule(
        expected.sampler,
        parseSchedulerConfig(expected.config),
        expected.steps,
        expected.eta,
      );
      // diffusers' Euler-ancestral draws on its last step too, with weight zero.
      const drawsOnLast = ['turbo', 'euler-a'].includes(expected.sampler);
      const draws = drawsOnLast ? expected.steps : schedule.noiseDraws;
      const generator = new TorchGenerator(BigInt(expected.seed));
      let latents: Float32Array = generator.randn(20).map((value) => value * schedule.initNoiseSigma);
      for (const [step, timestep] of schedule.timesteps.entries()) {
        const modelOutput = denoise(scaleModelInput(schedule, step, latents), timestep);
        const noise = step < draws ? generator.randn(20) : undefined;
        const result = takeStep({ schedule, step, latents, modelOutput, noise });
        latents = result.latents;
        const index = expected.kept.indexOf(step);
        if (index === -1) continue;
        expect(relativeError(latents, expected.latents[index])).toBeLessThanOrEqual(tolerance);
        expect(
          relativeError(result.predictedOriginal, expected.predictedOriginal[index]),
        ).toBeLessThanOrEqual(tolerance);
      }
      expect(relativeError(generator.randn(1), expected.next)).toBeLessThanOrEqual(1e-5);
    },
  );

  it.each(weights.cases)('weighs $sampler of $steps steps by σ_up and σ_down', (expected) => {
    const schedule = createSchedule(
      expected.sampler as SamplerName,
      parseSchedulerConfig(SDXL),
      expected.steps,
    );
    for (let step = 0; step < expected.steps; step++) {
      const latents = Float32Array.of(0);
      // With x = 0 and output −1, x̂₀ is σ: what is left of the distance −σ is −σ_down.
      const kept = takeStep({ schedule, step, latents, modelOutput: Float32Array.of(-1), noise: latents });
      const added = takeStep({ schedule, step, latents, modelOutput: latents, noise: Float32Array.of(1) });
      const sigma = schedule.sigmas[step] ?? NaN;
      const tolerance = 1e-5 * sigma;
      expect(Math.abs(sigma - (kept.latents[0] ?? NaN) - (expected.sigmaDown[step] ?? NaN))).toBeLessThan(
        tolerance,
      );
      expect(Math.abs((added.latents[0] ?? NaN) - (expected.sigmaUp[step] ?? NaN))).toBeLessThan(tolerance);
      const scaled = scaleModelInput(schedule, step, Float32Array.of(1))[0] ?? NaN;
      expect(Math.abs(scaled / (expected.inputScale[step] ?? NaN) - 1)).toBeLessThan(1e-5);
    }
  });

  it('needs no noise on the last ancestral step, where its weight is zero', () => {
    const schedule = createSchedule('turbo', parseSchedulerConfig(SDXL), 2);
    const latents = Float32Array.of(1, -2);
    const modelOutput = Float32Array.of(0.5, 0.25);
    const noise = Float32Array.of(3, 4);
    expect(takeStep({ schedule, step: 1, latents, modelOutput })).toEqual(
      takeStep({ schedule, step: 1, latents, modelOutput, noise }),
    );
    expect(() => takeStep({ schedule, step: 0, latents, modelOutput })).toThrow(
      expect.objectContaining({ code: 'engine/internal' }) as Error,
    );
  });

  it('leaves its inputs alone', () => {
    const schedule = createSchedule('euler-a', parseSchedulerConfig(SDXL), 3);
    const inputs = [Float32Array.of(1, 2), Float32Array.of(3, 4), Float32Array.of(5, 6)] as const;
    const [latents, modelOutput, noise] = inputs;
    scaleModelInput(schedule, 0, latents);
    takeStep({ schedule, step: 0, latents, modelOutput, noise });
    expect(inputs.map((values) => [...values])).toEqual([
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
  });
});
