/** @file What a request will run, as far as its memory goes: what each way of doing it needs, and what fits. */
import { footprint } from '../architecture/footprint.ts';
import { heapBytes } from '../architecture/heap-footprint.ts';
import type { Program } from '../architecture/program.ts';
import { AppError } from '../error.ts';
import { minimumBytes, planMemory, type MemoryPlan, type PlannedPhase } from '../stream/plan.ts';
import { decodeChoices, type DecodeChoice } from './decode/choices.ts';
import { decodePrograms } from './decode.ts';
import { denoisePhase, encodePhase, encodePrograms, vaePhase } from './demand.ts';
import type { DenoiseMemory } from './denoise.ts';
import { encoderPrograms } from './init-image.ts';
import type { Model } from './model.ts';
import type { GenerateRequest } from './protocol/generate.ts';
import type { Settings } from './settings.ts';
import { unetPrograms } from './unet-evaluation.ts';

/** More lots than the fewest that fit are tried, so many times, because they may leave room for the text. */
const FURTHER_LOTS = 2;

interface Candidate {
  readonly denoise: DenoiseMemory;
  readonly plan: MemoryPlan;
}

interface PlannedProgram {
  readonly program: Program;
  readonly runs: number;
}

function fitsWithin(programs: readonly PlannedProgram[], budgetBytes: number, largestBytes: number): boolean {
  return (
    programs.every(({ program }) => footprint(program).largestBytes <= largestBytes) &&
    minimumBytes([vaePhase(programs, 1)]) <= budgetBytes
  );
}

/** 0 without programs. */
function mostHeapBytes(programs: readonly PlannedProgram[]): number {
  return Math.max(0, ...programs.map(({ program }) => heapBytes(program)));
}

/** The phases of a request, each described once. */
export class Workload {
  readonly #model: Model;
  readonly #settings: Settings;
  readonly #choices: readonly DecodeChoice[];
  readonly #encode: PlannedPhase;
  /** How the picture that is begun from may be encoded; empty where there is none. */
  readonly #pictureChoices: readonly DecodeChoice[];
  readonly #sendsAhead: boolean;

  constructor(model: Model, request: GenerateRequest, settings: Settings) {
    this.#model = model;
    this.#settings = settings;
    this.#choices = decodeChoices(request, model, settings);
    // The tiny autoencoder has no encoder here.
    const { vae, vaeTile } = request.vae === 'tiny' ? {} : request;
    const asked = { ...(vae && { vae }), ...(vaeTile !== undefined && { vaeTile }) };
    this.#pictureChoices = request.initImage ? decodeChoices(asked, model, settings) : [];
    this.#sendsAhead = request.sendAhead ?? true;
    this.#encode = encodePhase(model, settings.prompts, settings.clipSkip);
  }

  /** The first way of decoding that fits. */
  decodeWithin(budgetBytes: number, largestBytes: number): DecodeChoice | undefined {
    return this.#choices.find((choice) =>
      fitsWithin(this.#decodePrograms(choice), budgetBytes, largestBytes),
    );
  }

  /** The first way of encoding the picture that is begun from that fits; `undefined` where none does, or there is none. */
  encodeWithin(budgetBytes: number, largestBytes: number): DecodeChoice | undefined {
    return this.#pictureChoices.find((choice) =>
      fitsWithin(this.#encodePrograms(choice), budgetBytes, largestBytes),
    );
  }

  /** The first way of decoding that takes so much of the WASM heap at most, else the one that takes the least. */
  decodeInHeap(bytes: number): DecodeChoice {
    return (
      this.#choices.find((choice) => mostHeapBytes(this.#decodePrograms(choice)) <= bytes) ??
      this.#lastChoice()
    );
  }

  /** The same of encoding the picture that is begun from, where there is one. */
  encodeInHeap(bytes: number): DecodeChoice | undefined {
    const fitting = this.#pictureChoices.find(
      (choice) => mostHeapBytes(this.#encodePrograms(choice)) <= bytes,
    );
    return fitting ?? this.#pictureChoices.at(-1);
  }

  /** The least of the WASM heap that would do; text takes little of it. */
  neededHeapBytes(): number {
    const { step } = unetPrograms(this.#model, this.#settings, true);
    const decode = mostHeapBytes(this.#decodePrograms(this.#lastChoice()));
    return Math.max(heapBytes(step), mostHeapBytes(this.#leastEncodePrograms()), decode);
  }

  /** The largest single buffer that no way of doing it avoids. */
  neededBufferBytes(): number {
    const { time, step } = unetPrograms(this.#model, this.#settings, false);
    const decode = this.#decodePrograms(this.#lastChoice()).map(({ program }) => program);
    const encode = encodePrograms(this.#model, this.#settings.clipSkip);
    const picture = this.#leastEncodePrograms().map(({ program }) => program);
    const programs = [...encode, ...picture, time, step, ...decode];
    return Math.max(...programs.map((program) => footprint(program).largestBytes));
  }

  /** Whether a GPU with so large a budget that takes so large a buffer can do it. */
  fits(budgetBytes: number, largestBytes: number): boolean {
    return (
      this.neededBufferBytes() <= largestBytes &&
      this.decodeWithin(budgetBytes, largestBytes) !== undefined &&
      (this.#pictureChoices.length === 0 || this.encodeWithin(budgetBytes, largestBytes) !== undefined) &&
      this.neededBytes() <= budgetBytes
    );
  }

  /** @param picture how the picture that is begun from is encoded, where there is one */
  phases(choice: DecodeChoice, picture: DecodeChoice | undefined, denoise: DenoiseMemory): PlannedPhase[] {
    const { seeds } = this.#settings;
    return [
      this.#encode,
      ...(picture ? [vaePhase(this.#encodePrograms(picture), 1)] : []),
      denoisePhase(this.#model, this.#settings, denoise),
      vaePhase(this.#decodePrograms(choice), seeds.length),
    ];
  }

  /** Plans within the budget, for the fewest lots of pictures that fit and a few more. */
  candidates(choice: DecodeChoice, picture: DecodeChoice | undefined, budgetBytes: number): Candidate[] {
    const { length: count } = this.#settings.seeds;
    const found: Candidate[] = [];
    let fitting = 0;
    for (let lots = 1; lots <= count && fitting <= FURTHER_LOTS; lots++) {
      const together = Math.ceil(count / lots);
      // The same pictures at a time in more lots is never better.
      if (lots > 1 && together === Math.ceil(count / (lots - 1))) continue;
      const fits = [true, false].flatMap((keepsText): Candidate[] => {
        const denoise = { together, keepsText };
        const phases = this.phases(choice, picture, denoise);
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
    const picture = this.#pictureChoices.at(-1);
    return Math.min(...this.#choices.map((choice) => minimumBytes(this.phases(choice, picture, alone))));
  }

  /** The way of decoding that needs the least. */
  #lastChoice(): DecodeChoice {
    const choice = this.#choices.at(-1);
    if (!choice) throw new AppError('engine/internal', { reason: 'there is no way to decode' });
    return choice;
  }

  /** Those of the way that needs the least; none where there is no picture to begin from. */
  #leastEncodePrograms(): readonly PlannedProgram[] {
    const choice = this.#pictureChoices.at(-1);
    return choice ? this.#encodePrograms(choice) : [];
  }

  #encodePrograms({ vaeTile: tile }: DecodeChoice): readonly PlannedProgram[] {
    return encoderPrograms(this.#model, { ...this.#settings, tile });
  }

  #decodePrograms(choice: DecodeChoice): ReturnType<typeof decodePrograms> {
    return decodePrograms(this.#model, { ...this.#settings, ...choice });
  }
}
