/** @file What a request will run, as far as its memory goes: what each way of doing it needs, and what fits. */
import { footprint } from '../architecture/footprint.ts';
import { heapBytes } from '../architecture/heap-footprint.ts';
import type { Program } from '../architecture/program.ts';
import { AppError } from '../error.ts';
import { minimumBytes, planMemory, type MemoryPlan, type PlannedPhase } from '../stream/plan.ts';
import { decodeChoices, type DecodeChoice } from './decode/choices.ts';
import { decodePrograms } from './decode.ts';
import { decodePhase, denoisePhase, encodePhase, encodePrograms, picturePhase } from './demand.ts';
import type { DenoiseMemory } from './denoise.ts';
import { encoderProgram } from './init-image.ts';
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

/** The phases of a request, each described once. */
export class Workload {
  readonly #model: Model;
  readonly #settings: Settings;
  readonly #choices: readonly DecodeChoice[];
  readonly #encode: PlannedPhase;
  /** What encodes the picture that is begun from. */
  readonly #picture: Program | undefined;
  readonly #sendsAhead: boolean;

  constructor(model: Model, request: GenerateRequest, settings: Settings) {
    this.#model = model;
    this.#settings = settings;
    this.#choices = decodeChoices(request, model, settings);
    this.#picture = request.initImage && encoderProgram(model, settings);
    this.#sendsAhead = request.sendAhead ?? true;
    this.#encode = encodePhase(model, settings.prompts, settings.clipSkip);
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
    const picture = this.#picture ? heapBytes(this.#picture) : 0;
    return Math.max(heapBytes(step), picture, this.#decodeHeapBytes(this.#lastChoice()));
  }

  /** The largest single buffer that no way of doing it avoids. */
  neededBufferBytes(): number {
    const { time, step } = unetPrograms(this.#model, this.#settings, false);
    const decode = this.#decodePrograms(this.#lastChoice()).map(({ program }) => program);
    const encode = encodePrograms(this.#model, this.#settings.clipSkip);
    const programs = [...encode, ...(this.#picture ? [this.#picture] : []), time, step, ...decode];
    return Math.max(...programs.map((program) => footprint(program).largestBytes));
  }

  /** Whether a GPU with so large a budget that takes so large a buffer can do it. */
  fits(budgetBytes: number, largestBytes: number): boolean {
    return (
      this.neededBufferBytes() <= largestBytes &&
      this.decodeWithin(budgetBytes, largestBytes) !== undefined &&
      this.neededBytes() <= budgetBytes
    );
  }

  phases(choice: DecodeChoice, denoise: DenoiseMemory): PlannedPhase[] {
    const { seeds } = this.#settings;
    return [
      this.#encode,
      ...(this.#picture ? [picturePhase(this.#model, this.#settings)] : []),
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
