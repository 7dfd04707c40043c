/**
 * @file Evaluates the UNet, for pictures of one prompt that take a step together. What the UNet makes of the text and of
 * the time alone is computed before the first step and used in all of them.
 */
import { hoist, type Program } from '../architecture/program.ts';
import { buildUnet, resampleIndices } from '../architecture/unet.ts';
import { guidanceScaleEmbedding } from '../latents/guidance.ts';
import { timestepEmbedding } from '../latents/timestep-embedding.ts';
import type { Backend, Tensor } from '../runtime/backend.ts';
import { addedConditioning, type TextConditioning } from './conditioning.ts';
import { evaluate, evaluateAndRead, type EvaluateOptions } from './evaluate.ts';
import type { Tensors } from './execute.ts';
import { toChannelsFirst, toChannelsLast } from './layout.ts';
import type { Model } from './model.ts';
import type { Settings } from './settings.ts';

/** Text for the conditional evaluations, and for the unconditional ones where any step has them. */
export interface Conditioning {
  readonly positive: TextConditioning;
  readonly negative: TextConditioning | undefined;
}

/** What the UNet says of one picture, [C, h, w]; the second where the step is evaluated without the prompt too. */
export interface Predictions {
  readonly conditional: Float32Array;
  readonly unconditional: Float32Array | undefined;
}

/** A UNet in three parts: what depends on the text alone, on the time alone, and on the latents. */
export interface UnetPrograms {
  /** `undefined` when it is part of every step. */
  readonly text: Program | undefined;
  readonly time: Program;
  readonly step: Program;
}

/**
 * The programs of a UNet for these settings, each for one picture and one text. Steps that need two evaluations run them
 * in lockstep: every stage is loaded once as for a batch of two, and the work takes the memory of one.
 */
export function unetPrograms(
  model: Model,
  settings: Pick<Settings, 'latentHeight' | 'latentWidth' | 'prompts'>,
  keepsText: boolean,
): UnetPrograms {
  const { latentHeight: height, latentWidth: width, prompts } = settings;
  const whole = buildUnet(model.unet, { batch: 1, height, width, tokens: prompts.tokens });
  const { first: time, rest } = hoist(whole, ['timestep', 'added', 'guidance']);
  if (!keepsText) return { text: undefined, time, step: rest };
  const { first: text, rest: step } = hoist(rest, ['context']);
  return { text, time, step };
}

/** A text as the steps take it. */
interface PreparedText {
  /** Inputs of every step. */
  readonly constant: Tensors;
  /** By step, what the time and the text make of it; as many as there are steps with this text. */
  readonly times: readonly Tensors[];
}

export class UnetEvaluation {
  readonly #backend: Backend;
  readonly #model: Model;
  readonly #settings: Settings;
  readonly #programs: UnetPrograms;
  /** The prompt, then what it is guided away from. */
  #texts: readonly PreparedText[] = [];
  readonly #owned: Tensor[] = [];

  constructor(backend: Backend, model: Model, settings: Settings, keepsText: boolean) {
    this.#backend = backend;
    this.#model = model;
    this.#settings = settings;
    this.#programs = unetPrograms(model, settings, keepsText);
  }

  /** Computes what the texts and the times of all steps make of the UNet; once, before anything else. */
  async prepare({ positive, negative }: Conditioning, options: EvaluateOptions): Promise<void> {
    const texts = negative ? [positive, negative] : [positive];
    const { text, step } = this.#programs;
    let shared: Tensors = {};
    for (const [name, values] of Object.entries(resampleIndices(step)))
      shared = { ...shared, ...this.#own({ [name]: await this.#backend.upload(values, [values.length]) }) };
    const contexts: Tensors[] = [];
    for (const { context } of texts)
      contexts.push(this.#own({ context: await this.#upload(text ?? step, 'context', context) }));
    const projected = text ? await this.#compute(text, contexts, options) : [];
    const times = await this.#prepareTimes(texts, options);
    this.#texts = texts.map((_, i) => ({
      constant: { ...shared, ...contexts[i], ...projected[i] },
      times: times[i] ?? [],
    }));
  }

  /** By text and step. */
  async #prepareTimes(texts: readonly TextConditioning[], options: EvaluateOptions): Promise<Tensors[][]> {
    const { unet } = this.#model;
    const { guidanceScale, schedule, pairedSteps } = this.#settings;
    const { time } = this.#programs;
    const passing: Tensor[] = [];
    const upload = async (input: string, values: Float32Array): Promise<Tensors> => {
      const tensor = await this.#upload(time, input, values);
      passing.push(tensor);
      return { [input]: tensor };
    };
    try {
      const timesteps: Tensors[] = [];
      for (const timestep of schedule.timesteps)
        timesteps.push(
          await upload('timestep', timestepEmbedding(timestep, unet.down[0]?.channels ?? 0, unet)),
        );
      const { guidanceEmbeddingSize: size } = unet;
      const guidance =
        size === undefined ? {} : await upload('guidance', guidanceScaleEmbedding(guidanceScale, size));
      const jobs: Tensors[][] = [];
      for (const [i, { pooled }] of texts.entries()) {
        const added = await upload('added', addedConditioning(this.#model, pooled, this.#settings));
        const own = i === 0 ? timesteps : timesteps.slice(0, pairedSteps);
        jobs.push(own.map((timestep) => ({ ...timestep, ...added, ...guidance })));
      }
      const made = await this.#compute(time, jobs.flat(), options);
      return jobs.map(({ length }) => made.splice(0, length));
    } finally {
      for (const tensor of passing) this.#backend.free(tensor);
    }
  }

  /** Scaled latents [C, h, w] per picture → the UNet's predictions for each; `pictures` of the options in that order. */
  async run(
    pictures: readonly Float32Array[],
    step: number,
    options: EvaluateOptions,
  ): Promise<Predictions[]> {
    const channels = this.#model.unet.latentChannels;
    const program = this.#programs.step;
    const samples: Tensor[] = [];
    const texts = this.#texts.filter(({ times }) => step < times.length);
    try {
      for (const latents of pictures)
        samples.push(await this.#upload(program, 'sample', toChannelsLast(latents, channels)));
      const jobs = samples.flatMap((sample) =>
        texts.map(({ constant, times }) => ({ ...constant, ...times[step], sample })),
      );
      const { unet } = this.#model.streams;
      const checked = {
        ...options,
        ...{ step, exact: ['prediction'] },
        ...(options.pictures && { pictures: options.pictures.flatMap((name) => texts.map(() => name)) }),
      };
      const results = await evaluateAndRead(this.#backend, program, unet, jobs, ['prediction'], checked);
      const predictions = results.map(({ prediction = new Float32Array() }) =>
        toChannelsFirst(prediction, channels),
      );
      return samples.map(() => {
        const [conditional = new Float32Array(), unconditional] = predictions.splice(0, texts.length);
        return { conditional, unconditional };
      });
    } finally {
      for (const sample of samples) this.#backend.free(sample);
    }
  }

  dispose(): void {
    for (const tensor of this.#owned) this.#backend.free(tensor);
  }

  /** Runs a program whose results stay until the end. */
  async #compute(program: Program, jobs: readonly Tensors[], options: EvaluateOptions): Promise<Tensors[]> {
    const results = await evaluate(this.#backend, program, this.#model.streams.unet, jobs, options);
    return results.map((tensors) => this.#own(tensors));
  }

  #own(tensors: Tensors): Tensors {
    this.#owned.push(...Object.values(tensors));
    return tensors;
  }

  #upload(program: Program, input: string, values: Float32Array): Promise<Tensor> {
    return this.#backend.upload(values, program.inputs[input]?.shape ?? []);
  }
}
