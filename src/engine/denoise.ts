/**
 * @file The denoising loop: pictures take each step together, so every stage of the UNet is loaded once per step
 * however many pictures there are.
 */
import type { PictureName } from '../error.ts';
import { Guide } from '../latents/guidance.ts';
import { addNoise, scaleModelInput, takeStep } from '../latents/sampler.ts';
import type { Backend } from '../runtime/backend.ts';
import type { EvaluateOptions } from './evaluate.ts';
import type { StageRun } from './execute.ts';
import { drawLatents, type LatentDistribution } from './init-image.ts';
import type { Model } from './model.ts';
import type { NoiseSource } from './noise-source.ts';
import { pictureName, type Settings } from './settings.ts';
import { UnetEvaluation, type Conditioning } from './unet-evaluation.ts';

/** How the loop uses memory; the numbers are the same whatever it says. */
export interface DenoiseMemory {
  /** Pictures that take a step together. */
  readonly together: number;
  /** Whether keys and values of the text stay in memory, or are computed anew in every step. */
  readonly keepsText: boolean;
}

export interface DenoiseOptions extends Omit<
  EvaluateOptions,
  'onStage' | 'onThrough' | 'again' | 'step' | 'pictures'
> {
  readonly memory?: DenoiseMemory;
  /** What is begun from; absent: noise. */
  readonly origin?: LatentDistribution | undefined;
  /** After every stage before the first step. */
  readonly onPrepare?: EvaluateOptions['onStage'];
  /** After every stage of a step, counted from 0; `done` of `total` stages of the whole loop. */
  readonly onStage?: (name: string, done: number, total: number, step: number) => void;
  /** As {@link EvaluateOptions.onThrough}, with the step, counted from 0, for stages of one. */
  readonly onThrough?: (run: StageRun, step?: number) => void;
  /** After every step of every picture: latents and the expected final latents, NCHW. */
  readonly onStep?: (
    picture: number,
    step: number,
    latents: Float32Array,
    predictedOriginal: Float32Array,
  ) => void;
}

export interface DenoiseResult {
  /** Final latents per picture, [C, h, w], in the diffusion's scale. */
  readonly latents: Float32Array[];
  readonly stepMs: number[];
}

/** A picture on its way. */
interface Picture {
  readonly name: PictureName;
  readonly noise: NoiseSource;
  readonly guide: Guide;
  latents: Float32Array;
}

/** Runs every step for every noise source (one per picture). */
export async function denoise(
  backend: Backend,
  model: Model,
  settings: Settings,
  conditioning: Conditioning,
  noise: readonly NoiseSource[],
  options: DenoiseOptions,
): Promise<DenoiseResult> {
  const { schedule, steps } = settings;
  const { onPrepare, onStage, onThrough, onStep, memory, origin, ...shared } = options;
  const { together, keepsText } = memory ?? { together: noise.length, keepsText: true };
  const evaluation = new UnetEvaluation(backend, model, settings, keepsText);
  const lots = Math.ceil(noise.length / together);
  const latents: Float32Array[] = [];
  const stepMs = Array.from({ length: steps }, () => 0);
  try {
    await evaluation.prepare(conditioning, {
      ...shared,
      ...(onPrepare && { onStage: onPrepare }),
      onThrough: (run) => onThrough?.(run),
    });
    for (let lot = 0; lot < lots; lot++) {
      const first = lot * together;
      const pictures = noise
        .slice(first, first + together)
        .map((source, i): Picture => begin(pictureName(settings, first + i), source, settings, origin));
      for (let step = 0; step < steps; step++) {
        const started = performance.now();
        const ran = lot * steps + step;
        const predictions = await evaluation.run(
          pictures.map((picture) => scaleModelInput(schedule, step, picture.latents)),
          step,
          {
            ...shared,
            pictures: pictures.map(({ name }) => name),
            again: ran + 1 < lots * steps,
            onStage: (name, done, total) => onStage?.(name, ran * total + done, lots * steps * total, step),
            onThrough: (run) => onThrough?.(run, step),
          },
        );
        pictures.forEach((picture, i) => {
          const result = takeStep({
            schedule,
            step,
            latents: picture.latents,
            modelOutput: picture.guide.apply(step, picture.latents, predictions[i] ?? NOTHING),
            noise: step < schedule.noiseDraws ? picture.noise.forStep(step) : undefined,
          });
          picture.latents = result.latents;
          onStep?.(first + i, step, result.latents, result.predictedOriginal);
        });
        stepMs[step] = (stepMs[step] ?? 0) + performance.now() - started;
      }
      latents.push(...pictures.map((picture) => picture.latents));
    }
  } finally {
    evaluation.dispose();
  }
  return { latents, stepMs };
}

const NOTHING = { conditional: new Float32Array(), unconditional: undefined };

function begin(
  name: PictureName,
  noise: NoiseSource,
  settings: Settings,
  origin: LatentDistribution | undefined,
): Picture {
  const { schedule, guidance: mode, guidanceScale: scale, guidanceRescale: rescale } = settings;
  return {
    ...{ name, noise },
    guide: new Guide(schedule, { mode, scale, rescale }),
    latents: beginningLatents(noise, settings, origin),
  };
}

/** What the first step begins with, [C, h, w]: noise of the schedule's first sigma, over a picture where one is given. */
export function beginningLatents(
  noise: NoiseSource,
  { schedule }: Settings,
  origin?: LatentDistribution,
): Float32Array {
  if (origin) {
    const picture = drawLatents(origin, noise.forPicture());
    return addNoise(schedule, 0, picture, noise.initial());
  }
  return noise.initial().map((value) => value * schedule.initNoiseSigma);
}
