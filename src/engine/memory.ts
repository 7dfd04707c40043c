/**
 * @file Decides how a request uses memory before any work starts: how many pictures go together, whether the text's
 * keys and values stay, how the latents are decoded, and what of the weights stays where. What fits no way is
 * refused with the budget, and the size, that would fit.
 */
import { footprint } from '../architecture/footprint.ts';
import { heapBytes } from '../architecture/heap-footprint.ts';
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
import { unetPrograms, type DenoiseMemory } from './denoise.ts';
import type { Model } from './model.ts';
import type { GenerateRequest } from './protocol.ts';
import type { Settings } from './settings.ts';

/** What may be used. */
export interface Budgets {
  /** Bytes of GPU memory; `null` where nothing runs on a GPU. */
  readonly gpuBytes: number | null;
  /** Bytes that weights may take of the page's memory. */
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
/** What pictures that take their steps together may need where there is no GPU. */
const HOST_WORK_BYTES = 768 * MIB;
/** What the heap of ONNX Runtime's WASM build should hold of a decode; a tile that keeps within it is as good. */
const WANTED_HEAP_BYTES = 1024 * MIB;
/** What it may hold at all: WASM addresses 4 GiB, not all of it in one piece. */
const MOST_HEAP_BYTES = 3072 * MIB;
/** More lots than the fewest that fit are tried, so many times, because they may leave room for the text. */
const FURTHER_LOTS = 2;

/** Plans a request. Throws `request/budget`, `request/heap`, and what choosing a decoder throws. */
export function planPictures(
  model: Model,
  request: GenerateRequest,
  settings: Settings,
  budgets: Budgets,
): PictureMemory {
  const { gpuBytes, ramBytes } = budgets;
  const work = new Workload(model, request, settings);
  const tables = encoderTables(model);
  if (gpuBytes === null) {
    const neededBytes = work.neededHeapBytes();
    if (neededBytes > MOST_HEAP_BYTES) throw heapRefusal(model, request, settings, neededBytes);
    const decode = work.decodeInHeap(WANTED_HEAP_BYTES);
    const [best] = work.candidates(decode, HOST_WORK_BYTES);
    const denoise = best?.denoise ?? { together: 1, keepsText: true };
    const stages = planHost(work.phases(decode, denoise), tables, ramBytes);
    return { decode, denoise, plan: null, stages };
  }
  const decode = work.decodeWithin(gpuBytes, budgets.largestBytes);
  const candidates = decode ? work.candidates(decode, gpuBytes) : [];
  const best = candidates.toSorted((a, b) => a.plan.uploadedBytes.first - b.plan.uploadedBytes.first)[0];
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

  /** The first way of decoding that takes so much of the WASM heap at most, else the one that takes the least. */
  decodeInHeap(bytes: number): DecodeChoice {
    return this.#choices.find((choice) => this.#decodeHeapBytes(choice) <= bytes) ?? this.#lastChoice();
  }

  /** The least of the WASM heap that would do; text takes little of it. */
  neededHeapBytes(): number {
    const { step } = unetPrograms(this.#model, this.#settings, true);
    return Math.max(heapBytes(step), this.#decodeHeapBytes(this.#lastChoice()));
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

  /** The way of decoding that needs the least. */
  #lastChoice(): DecodeChoice {
    const choice = this.#choices.at(-1);
    if (!choice) throw new AppError('engine/internal', { reason: 'there is no way to decode' });
    return choice;
  }

  #decodeHeapBytes(choice: DecodeChoice): number {
    return Math.max(...this.#decodePrograms(choice).map(({ program }) => heapBytes(program)));
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
  return new AppError('request/budget', {
    width,
    height,
    budgetMiB: Math.floor(budgetBytes / MIB),
    neededMiB: Math.ceil(new Workload(model, request, settings).neededBytes() / MIB),
    fits: fittingSize(
      model,
      request,
      settings,
      (work) =>
        work.decodeWithin(budgetBytes, largestBytes) !== undefined && work.neededBytes() <= budgetBytes,
    ),
  });
}

function heapRefusal(
  model: Model,
  request: GenerateRequest,
  settings: Settings,
  neededBytes: number,
): AppError<'request/heap'> {
  const { width, height } = settings;
  return new AppError('request/heap', {
    width,
    height,
    limitMiB: MOST_HEAP_BYTES / MIB,
    neededMiB: Math.ceil(neededBytes / MIB),
    fits: fittingSize(model, request, settings, (work) => work.neededHeapBytes() <= MOST_HEAP_BYTES),
  });
}

/** A size of about the same shape that fits, as `512×512`; empty where none of those tried does. */
function fittingSize(
  model: Model,
  request: GenerateRequest,
  settings: Settings,
  fits: (work: Workload) => boolean,
): string {
  const { factor } = model.vae;
  const sides = SHARES.map((share) =>
    [settings.latentWidth, settings.latentHeight].map((side) =>
      Math.max(1, Math.floor((side * share) / 8) * 8),
    ),
  ).find(([latentWidth = 1, latentHeight = 1]) => {
    const [width, height] = [latentWidth * factor, latentHeight * factor];
    return fits(new Workload(model, request, { ...settings, latentWidth, latentHeight, width, height }));
  });
  return sides ? sides.map((side) => side * factor).join('×') : '';
}
