/**
 * @file The denoising loop: pictures take each step together, so every stage of the UNet is loaded once per step
 * however many pictures there are. What the UNet makes of the text and of the time alone is computed before the
 * first step and used in all of them.
 */
import { hoist, type Program } from '../architecture/program.ts';
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
import { readOutputs } from './read-back.ts';
import type { Settings } from './settings.ts';

/** How the loop uses memory; the numbers are the same whatever it says. */
export interface DenoiseMemory {
  /** Pictures that take a step together. */
  readonly together: number;
  /** Whether keys and values of the text stay in memory, or are computed anew in every step. */
  readonly keepsText: boolean;
}

export interface DenoiseOptions extends Omit<ExecuteOptions, 'onStage' | 'again'> {
  readonly memory?: DenoiseMemory;
  /** After every stage before the first step. */
  readonly onPrepare?: ExecuteOptions['onStage'];
  /** After every stage of a step, counted from 0; `done` of `total` stages of the whole loop. */
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

/** A UNet in three parts: what depends on the text alone, on the time alone, and on the latents. */
export interface UnetPrograms {
  /** `undefined` when it is part of every step. */
  readonly text: Program | undefined;
  readonly time: Program;
  readonly step: Program;
}

/** The programs of a UNet for these settings. */
export function unetPrograms(
  model: Model,
  settings: Pick<Settings, 'batch' | 'latentHeight' | 'latentWidth'>,
  keepsText: boolean,
): UnetPrograms {
  const { batch, latentHeight: height, latentWidth: width } = settings;
  const tokens = model.encoders[0].tokenizer.maxLength;
  const whole = buildUnet(model.unet, { batch, height, width, tokens });
  const { first: time, rest } = hoist(whole, ['timestep', 'added', 'guidance']);
  if (!keepsText) return { text: undefined, time, step: rest };
  const { first: text, rest: step } = hoist(rest, ['context']);
  return { text, time, step };
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
  const { onPrepare, onStage, onStep, memory, ...shared } = options;
  const { together, keepsText } = memory ?? { together: noise.length, keepsText: true };
  const evaluation = new UnetEvaluation(backend, model, settings, keepsText);
  const lots = Math.ceil(noise.length / together);
  const latents: Float32Array[] = [];
  const stepMs = Array.from({ length: steps }, () => 0);
  try {
    await evaluation.prepare(conditioning, { ...shared, ...(onPrepare && { onStage: onPrepare }) });
    for (let lot = 0; lot < lots; lot++) {
      const first = lot * together;
      const sources = noise.slice(first, first + together);
      const current: Float32Array[] = sources.map((source) =>
        source.initial().map((value) => value * schedule.initNoiseSigma),
      );
      for (let step = 0; step < steps; step++) {
        const started = performance.now();
        const ran = lot * steps + step;
        const outputs = await evaluation.run(
          current.map((values) => scaleModelInput(schedule, step, values)),
          step,
          {
            ...shared,
            again: ran + 1 < lots * steps,
            onStage: (name, done, total) => onStage?.(name, ran * total + done, lots * steps * total, step),
          },
        );
        sources.forEach((source, i) => {
          const result = takeStep({
            schedule,
            step,
            latents: current[i] ?? new Float32Array(),
            modelOutput: outputs[i] ?? new Float32Array(),
            noise: step < schedule.noiseDraws ? source.forStep(step) : undefined,
          });
          current[i] = result.latents;
          onStep?.(first + i, step, result.latents, result.predictedOriginal);
        });
        stepMs[step] = (stepMs[step] ?? 0) + performance.now() - started;
      }
      latents.push(...current);
    }
  } finally {
    evaluation.dispose();
  }
  return { latents, stepMs };
}

/** Evaluates the UNet for pictures of one prompt; what does not change between evaluations is computed once. */
class UnetEvaluation {
  readonly #backend: Backend;
  readonly #model: Model;
  readonly #settings: Settings;
  readonly #programs: UnetPrograms;
  /** Inputs of every step. */
  #constant: Tensors = {};
  /** By step, what the time makes of it. */
  #times: readonly Tensors[] = [];

  constructor(backend: Backend, model: Model, settings: Settings, keepsText: boolean) {
    this.#backend = backend;
    this.#model = model;
    this.#settings = settings;
    this.#programs = unetPrograms(model, settings, keepsText);
  }

  /** Computes what the text and the times of all steps make of the UNet; once, before anything else. */
  async prepare({ positive, negative }: Conditioning, options: ExecuteOptions): Promise<void> {
    const texts = negative ? [negative, positive] : [positive];
    const { text, step } = this.#programs;
    const context = this.#upload(text ?? step, 'context', concatenate(texts.map((states) => states.context)));
    const indices = Object.entries(resampleIndices(step)).map(([name, values]) => [
      name,
      this.#backend.upload(values, [values.length]),
    ]);
    this.#constant = { context, ...(Object.fromEntries(indices) as Tensors) };
    if (text) {
      const [projected = {}] = await this.#execute(text, [{ context }], options);
      this.#constant = { ...this.#constant, ...projected };
    }
    this.#times = await this.#prepareTimes(texts, options);
  }

  async #prepareTimes(texts: readonly TextConditioning[], options: ExecuteOptions): Promise<Tensors[]> {
    const { unet } = this.#model;
    const { batch, guidanceScale, schedule, steps } = this.#settings;
    const { time } = this.#programs;
    const added = texts.map(({ pooled }) => addedConditioning(this.#model, pooled, this.#settings));
    const shared: Record<string, Tensor> = { added: this.#upload(time, 'added', concatenate(added)) };
    if (unet.guidanceEmbeddingSize !== undefined) {
      const embedding = guidanceScaleEmbedding(guidanceScale, unet.guidanceEmbeddingSize);
      shared['guidance'] = this.#upload(time, 'guidance', repeat(embedding, batch));
    }
    const timesteps = Array.from({ length: steps }, (_, step) => {
      const sinusoid = timestepEmbedding(schedule.timesteps[step] ?? 0, unet.down[0]?.channels ?? 0, unet);
      return this.#upload(time, 'timestep', repeat(sinusoid, batch));
    });
    try {
      const jobs = timesteps.map((timestep) => ({ ...shared, timestep }));
      return await this.#execute(time, jobs, options);
    } finally {
      for (const tensor of [...Object.values(shared), ...timesteps]) this.#backend.free(tensor);
    }
  }

  /** Scaled latents [C, h, w] per picture → the UNet's predictions, guidance applied, in the same layout. */
  async run(
    pictures: readonly Float32Array[],
    step: number,
    options: ExecuteOptions,
  ): Promise<Float32Array[]> {
    const { batch, guidanceScale } = this.#settings;
    const channels = this.#model.unet.latentChannels;
    const program = this.#programs.step;
    const samples = pictures.map((latents) =>
      this.#upload(program, 'sample', repeat(toChannelsLast(latents, channels), batch)),
    );
    try {
      const jobs = samples.map((sample) => ({ ...this.#constant, ...this.#times[step], sample }));
      const outputs = await this.#execute(program, jobs, options);
      const predictions = await readOutputs(this.#backend, outputs, ['prediction'], 'unet');
      return predictions.map(({ prediction = new Float32Array() }) =>
        guided(prediction, batch, guidanceScale, channels),
      );
    } finally {
      for (const sample of samples) this.#backend.free(sample);
    }
  }

  dispose(): void {
    for (const tensors of [this.#constant, ...this.#times])
      for (const tensor of Object.values(tensors)) this.#backend.free(tensor);
  }

  #execute(program: Program, jobs: readonly Tensors[], options: ExecuteOptions): Promise<Tensors[]> {
    return execute(this.#backend, program, this.#model.streams.unet, jobs, options);
  }

  #upload(program: Program, input: string, values: Float32Array): Tensor {
    return this.#backend.upload(values, program.inputs[input]?.shape ?? []);
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
