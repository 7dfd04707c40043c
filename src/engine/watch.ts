/**
 * @file The watchdog's eyes: takes notes of what every stage of a network leaves to the others while it runs, and finds
 * the first stage that went wrong, see docs/watchdog.md.
 */
import {
  readByRelu,
  resultsOf,
  type Activation,
  type Operation,
  type Program,
  type Stage,
} from '../architecture/program.ts';
import type { Backend, Survey, Tensor } from '../runtime/backend.ts';
import { isZero, type ValueSummary } from '../runtime/value-summary.ts';

/** What is looked at as one: a stage, or an operation of it. */
export interface Unit {
  readonly operations: readonly Operation[];
  /** What is looked at. */
  readonly results: readonly Activation[];
  /** What is looked at besides, because what is wrong there may be gone in the results; it may be zero. */
  readonly passing: readonly Activation[];
}

/** The stages of a program, and what each leaves to the others. */
export function stageUnits({ stages }: Program): Unit[] {
  return stages.map(({ operations }) => {
    const results = resultsOf(operations);
    const passing = readByRelu(operations).filter((activation) => !results.includes(activation));
    return { operations, results, passing };
  });
}

/** All that is looked at. */
export function watchedOf({ passing, results }: Unit): Activation[] {
  return [...passing, ...results];
}

/** The operations of a stage. */
export function operationUnits({ operations }: Stage): Unit[] {
  return operations.map((operation) => ({
    operations: [operation],
    results: [operation.output],
    passing: [],
  }));
}

/** What was noted of the activations of one job, by their ids. */
export type Readings = ReadonlyMap<number, ValueSummary>;

/** Takes notes of the results of units; {@link Watch.observe} is for `execute`. */
export class Watch {
  readonly #survey: Survey;
  readonly #watched: ReadonlySet<number>;
  readonly #noted: { readonly id: number; readonly job: number }[] = [];
  readonly #jobs: number;

  private constructor(survey: Survey, watched: ReadonlySet<number>, jobs: number) {
    this.#survey = survey;
    this.#watched = watched;
    this.#jobs = jobs;
  }

  static async begin(backend: Backend, units: readonly Unit[], jobs: number): Promise<Watch> {
    const watched = new Set(units.flatMap(watchedOf).map(({ id }) => id));
    return new Watch(await backend.survey(watched.size * jobs), watched, jobs);
  }

  readonly observe = ({ output: { id } }: Operation, tensor: Tensor, job: number): void => {
    if (!this.#watched.has(id)) return;
    this.#survey.note(tensor);
    this.#noted.push({ id, job });
  };

  /** The notes of each job. */
  async read(): Promise<Readings[]> {
    const readings = Array.from({ length: this.#jobs }, () => new Map<number, ValueSummary>());
    const summaries = await this.#survey.read();
    this.#noted.forEach(({ id, job }, i) => readings[job]?.set(id, summaries[i] as ValueSummary));
    return readings;
  }

  release(): void {
    this.#survey.release();
  }
}

/** A result that is wrong, and the places of the unit and the job that made it. */
export interface Fault {
  readonly unit: number;
  readonly job: number;
  readonly summary: ValueSummary;
}

/**
 * The first fault in the order of units, then of jobs: values that are not finite, or zeros throughout where
 * `mayBeZero` does not allow them.
 */
export async function findFault(
  units: readonly Unit[],
  readings: readonly Readings[],
  mayBeZero: (unit: Unit, result: Activation, job: number, reading: Readings) => Promise<boolean>,
): Promise<Fault | undefined> {
  for (const [index, unit] of units.entries()) {
    for (const [job, reading] of readings.entries()) {
      for (const watched of watchedOf(unit)) {
        const summary = reading.get(watched.id);
        if (!summary) continue;
        const isLost =
          isZero(summary) &&
          unit.results.includes(watched) &&
          !(await mayBeZero(unit, watched, job, reading));
        if (isLost || summary.nonFinite > 0) return { unit: index, job, summary };
      }
    }
  }
  return undefined;
}
