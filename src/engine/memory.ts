/**
 * @file Decides how a request uses memory before any work starts: how many pictures go together, whether the text's
 * keys and values stay, how the latents are decoded, and what of the weights stays where. What fits no way is
 * refused with the budget, and the size, that would fit.
 */
import { footprint } from '../architecture/footprint.ts';
import { AppError } from '../error.ts';
import { planHost, planRam } from '../stream/plan-ram.ts';
import type { WeightStream } from '../stream/weight-stream.ts';
import {
  minimumBytes,
  planMemory,
  type MemoryPlan,
  type PlannedPhase,
  type StagePlan,
} from '../stream/plan.ts';
import { decodeChoices, type DecodeChoice } from './decode/choices.ts';
import { decodePrograms } from './decode.ts';
import { decodePhase, denoisePhase, encodePhase, encoderTables } from './demand.ts';
import type { DenoiseMemory } from './denoise.ts';
import type { Model } from './model.ts';
import type { GenerateRequest } from './protocol.ts';
import type { Settings } from './settings.ts';

/** What may be used. */
export interface Budgets {
  /** Bytes of GPU memory; `null` where nothing runs on a GPU. */
  readonly gpuBytes: number | null;
  /** Bytes of weights kept in the page's memory. */
  readonly ramBytes: number;
  /** The largest single tensor the device takes. */
  readonly largestBytes: number;
}

/** How a request uses memory. */
export interface PictureMemory {
  readonly decode: DecodeChoice;
  readonly denoise: DenoiseMemory;
  /** For a GPU. */
  readonly plan: MemoryPlan | null;
  readonly stages: ReadonlyMap<string, StagePlan>;
}

/** Every stream of a model's weights, in the order of use. */
export function modelStreams({ encoders, streams, tinyVae }: Model): WeightStream[] {
  return [
    ...encoders.map(({ stream }) => stream),
    streams.unet,
    streams.vae,
    ...(tinyVae ? [tinyVae.stream] : []),
  ];
}

const MIB = 1024 ** 2;
/** What activations may take where the heap of ONNX Runtime's WASM build holds them. */
const HOST_WORK_BYTES = 768 * MIB;
/** More lots than the fewest that fit are tried, so many times, because they may leave room for the text. */
const FURTHER_LOTS = 2;

/** Plans a request. Throws `request/budget`, and what choosing a decoder throws. */
export function planPictures(
  model: Model,
  request: GenerateRequest,
  settings: Settings,
  budgets: Budgets,
): PictureMemory {
  const { gpuBytes, ramBytes } = budgets;
  const work = new Workload(model, request, settings);
  const decode = work.decodeWithin(gpuBytes ?? HOST_WORK_BYTES, budgets.largestBytes);
  const candidates = decode ? work.candidates(decode, gpuBytes ?? HOST_WORK_BYTES) : [];
  const best = candidates.toSorted((a, b) => a.plan.uploadedBytes.first - b.plan.uploadedBytes.first)[0];
  const tables = encoderTables(model);
  if (gpuBytes === null) {
    const choice = decode ?? work.lastChoice();
    const denoise = best?.denoise ?? { together: 1, keepsText: true };
    const stages = planHost(work.phases(choice, denoise), tables, ramBytes);
    return { decode: choice, denoise, plan: null, stages };
  }
  if (!decode || !best) throw refusal(model, request, settings, gpuBytes, budgets.largestBytes);
  const stages = planRam(best.plan.stages, work.phases(decode, best.denoise), tables, ramBytes);
  return { decode, denoise: best.denoise, plan: best.plan, stages };
}

interface Candidate {
  readonly denoise: DenoiseMemory;
  readonly plan: MemoryPlan;
}

/** The phases of a request, each described once. */
class Workload {
  readonly #model: Model;
  readonly #settings: Settings;
  readonly #choices: readonly DecodeChoice[];
  readonly #encode: PlannedPhase;
  readonly #sendsAhead: boolean;

  constructor(model: Model, request: GenerateRequest, settings: Settings) {
    this.#model = model;
    this.#settings = settings;
    this.#choices = decodeChoices(request, model, settings);
    this.#sendsAhead = request.sendAhead ?? true;
    const { guidance } = settings;
    const zeros = request.negative === undefined && model.zerosForAbsentNegative;
    this.#encode = encodePhase(model, guidance === 'full' && !zeros ? 2 : 1);
  }

  /** The first way of decoding that fits. */
  decodeWithin(budgetBytes: number, largestBytes: number): DecodeChoice | undefined {
    return this.#choices.find((choice) => {
      const programs = this.#decodePrograms(choice);
      const fits = programs.every(({ program }) => footprint(program).largestBytes <= largestBytes);
      return fits && minimumBytes([decodePhase(programs, 1)]) <= budgetBytes;
    });
  }

  /** The way of decoding that needs the least. */
  lastChoice(): DecodeChoice {
    const choice = this.#choices.at(-1);
    if (!choice) throw new AppError('engine/internal', { reason: 'there is no way to decode' });
    return choice;
  }

  phases(choice: DecodeChoice, denoise: DenoiseMemory): PlannedPhase[] {
    const { seeds } = this.#settings;
    return [
      this.#encode,
      denoisePhase(this.#model, this.#settings, denoise),
      decodePhase(this.#decodePrograms(choice), seeds.length),
    ];
  }

  /** Plans within the budget, for the fewest lots of pictures that fit and a few more. */
  candidates(choice: DecodeChoice, budgetBytes: number): Candidate[] {
    const { length: count } = this.#settings.seeds;
    const found: Candidate[] = [];
    let fitting = 0;
    for (let lots = 1; lots <= count && fitting <= FURTHER_LOTS; lots++) {
      const together = Math.ceil(count / lots);
      // The same pictures at a time in more lots is never better.
      if (lots > 1 && together === Math.ceil(count / (lots - 1))) continue;
      const fits = [true, false].flatMap((keepsText): Candidate[] => {
        const denoise = { together, keepsText };
        const phases = this.phases(choice, denoise);
        return minimumBytes(phases) <= budgetBytes
          ? [{ denoise, plan: planMemory(budgetBytes, phases, this.#sendsAhead) }]
          : [];
      });
      found.push(...fits);
      if (fits.length > 0) fitting++;
    }
    return found;
  }

  /** The least budget that would do. */
  neededBytes(): number {
    const alone = { together: 1, keepsText: false };
    return Math.min(...this.#choices.map((choice) => minimumBytes(this.phases(choice, alone))));
  }

  #decodePrograms(choice: DecodeChoice): ReturnType<typeof decodePrograms> {
    return decodePrograms(this.#model, { ...this.#settings, ...choice });
  }
}

/** Sizes tried for a message, as shares of what was asked for. */
const SHARES = [0.875, 0.75, 0.625, 0.5, 0.375, 0.25, 0.125];

function refusal(
  model: Model,
  request: GenerateRequest,
  settings: Settings,
  budgetBytes: number,
  largestBytes: number,
): AppError<'request/budget'> {
  const { width, height } = settings;
  const { factor } = model.vae;
  const fits = (latentWidth: number, latentHeight: number): boolean => {
    const work = new Workload(model, request, {
      ...settings,
      latentWidth,
      latentHeight,
      width: latentWidth * factor,
      height: latentHeight * factor,
    });
    return work.decodeWithin(budgetBytes, largestBytes) !== undefined && work.neededBytes() <= budgetBytes;
  };
  const [fitting] = SHARES.map((share) =>
    [settings.latentWidth, settings.latentHeight].map((side) =>
      Math.max(1, Math.floor((side * share) / 8) * 8),
    ),
  ).filter(([latentWidth = 1, latentHeight = 1]) => fits(latentWidth, latentHeight));
  return new AppError('request/budget', {
    width,
    height,
    budgetMiB: Math.floor(budgetBytes / MIB),
    neededMiB: Math.ceil(new Workload(model, request, settings).neededBytes() / MIB),
    fits: fitting ? fitting.map((side) => side * factor).join('×') : '',
  });
}
