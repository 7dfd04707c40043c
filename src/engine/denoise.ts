/**
 * @file The denoising loop: all pictures of a request take each step together, so every stage of the UNet is
 * loaded once per step however many pictures there are.
 */
import type { Program } from '../architecture/program.ts';
import { buildUnet, resampleIndices } from '../architecture/unet.ts';
import { applyGuidance, guidanceScaleEmbedding } from '../latents/guidance.ts';
import { scaleModelInput, takeStep } from '../latents/sampler.ts';
import { timestepEmbedding } from '../latents/timestep-embedding.ts';
import type { Backend, Tensor } from '../runtime/backend.ts';
import { addedConditioning, type TextConditioning } from './conditioning.ts';
import { execute, type ExecuteOptions, type Tensors } from './execute.ts';
import { toChannelsFirst, toChannelsLast } from './layout.ts';
import type { Model } from './model.ts';
import type { NoiseSource } from './noise-source.ts';
import { readBack } from './read-back.ts';
import { noiseDraws, type Settings } from './settings.ts';

export interface DenoiseOptions extends Omit<ExecuteOptions, 'onStage'> {
  readonly onStage?: (name: string, done: number, total: number, step: number) => void;
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

/** Text for the conditional evaluation, and for the unconditional one under full guidance. */
export interface Conditioning {
  readonly positive: TextConditioning;
  readonly negative: TextConditioning | undefined;
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
  const evaluation = new UnetEvaluation(backend, model, settings, conditioning);
  const pictures: { source: NoiseSource; latents: Float32Array }[] = noise.map((source) => ({
    source,
    latents: source.initial().map((value) => value * schedule.initNoiseSigma),
  }));
  const stepMs: number[] = [];
  try {
    for (let step = 0; step < steps; step++) {
      const started = performance.now();
      const sigma = schedule.sigmas[step] ?? 0;
      const inputs = pictures.map(({ latents }) => scaleModelInput(latents, sigma));
      const outputs = await evaluation.run(inputs, schedule.timesteps[step] ?? 0, {
        ...options,
        onStage: (name, done, total) => options.onStage?.(name, done, total, step),
      });
      pictures.forEach((picture, i) => {
        const result = takeStep({
          schedule,
          step,
          latents: picture.latents,
          modelOutput: outputs[i] ?? new Float32Array(),
          noise: step < noiseDraws(settings) ? picture.source.forStep(step) : undefined,
        });
        picture.latents = result.latents;
        options.onStep?.(i, step, result.latents, result.predictedOriginal);
      });
      stepMs.push(performance.now() - started);
    }
  } finally {
    evaluation.dispose();
  }
  return { latents: pictures.map(({ latents }) => latents), stepMs };
}

/** Evaluates the UNet for several pictures of one prompt; what does not change between steps is sent once. */
class UnetEvaluation {
  readonly #backend: Backend;
  readonly #model: Model;
  readonly #settings: Settings;
  readonly #program: Program;
  readonly #constant: Tensors;

  constructor(backend: Backend, model: Model, settings: Settings, { positive, negative }: Conditioning) {
    this.#backend = backend;
    this.#model = model;
    this.#settings = settings;
    const { batch, latentHeight: height, latentWidth: width } = settings;
    const tokens = model.encoders[0].tokenizer.maxLength;
    this.#program = buildUnet(model.unet, { batch, height, width, tokens });
    const texts = negative ? [negative, positive] : [positive];
    const constant: Record<string, Tensor> = {
      context: this.#upload('context', concatenate(texts.map(({ context }) => context))),
      added: this.#upload(
        'added',
        concatenate(texts.map(({ pooled }) => addedConditioning(model, pooled, settings))),
      ),
    };
    const guidanceSize = model.unet.guidanceEmbeddingSize;
    if (guidanceSize !== undefined) {
      const embedding = guidanceScaleEmbedding(settings.guidanceScale, guidanceSize);
      constant['guidance'] = this.#upload('guidance', repeat(embedding, batch));
    }
    for (const [name, indices] of Object.entries(resampleIndices(this.#program))) {
      constant[name] = backend.upload(indices, [indices.length]);
    }
    this.#constant = constant;
  }

  /** Scaled latents [C, h, w] per picture → the UNet's predictions, guidance applied, in the same layout. */
  async run(
    pictures: readonly Float32Array[],
    timestep: number,
    options: ExecuteOptions,
  ): Promise<Float32Array[]> {
    const { unet, streams } = this.#model;
    const { batch, guidanceScale } = this.#settings;
    const channels = unet.latentChannels;
    const sinusoid = timestepEmbedding(timestep, unet.down[0]?.channels ?? 0, unet);
    const time = this.#upload('timestep', repeat(sinusoid, batch));
    const samples = pictures.map((latents) =>
      this.#upload('sample', repeat(toChannelsLast(latents, channels), batch)),
    );
    try {
      const jobs = samples.map((sample) => ({ ...this.#constant, timestep: time, sample }));
      const results = await execute(this.#backend, this.#program, streams.unet, jobs, options);
      const predictions: Float32Array[] = [];
      for (const { prediction } of results) {
        const values = await readBack(this.#backend, prediction, 'unet');
        predictions.push(guided(values, batch, guidanceScale, channels));
      }
      return predictions;
    } finally {
      for (const tensor of [time, ...samples]) this.#backend.free(tensor);
    }
  }

  dispose(): void {
    for (const tensor of Object.values(this.#constant)) this.#backend.free(tensor);
  }

  #upload(input: string, values: Float32Array): Tensor {
    const shape = this.#program.inputs[input]?.shape ?? [];
    return this.#backend.upload(values, shape);
  }
}

/** A batch of predictions [N, h, w, C] → one [C, h, w]; a batch of two is (unconditional, conditional). */
function guided(values: Float32Array, batch: number, scale: number, channels: number): Float32Array {
  if (batch === 1) return toChannelsFirst(values, channels);
  const half = values.length / 2;
  return toChannelsFirst(applyGuidance(values.subarray(0, half), values.subarray(half), scale), channels);
}

function repeat(values: Float32Array, times: number): Float32Array {
  return times === 1 ? values : concatenate(Array.from({ length: times }, () => values));
}

function concatenate(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((length, part) => length + part.length, 0));
  parts.reduce((at, part) => {
    whole.set(part, at);
    return at + part.length;
  }, 0);
  return whole;
}
