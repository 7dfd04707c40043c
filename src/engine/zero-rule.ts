/**
 * @file Where zeros are right. A result may be zero throughout
 * - where all that the stage read is: keys and values of a text of zeros, which have no bias;
 * - where the weights of one of the stage's operations are, in the model's own files: a module that training left out.
 * Anything else is a buffer that was lost: weights and values that are not zero do not cancel everywhere. And what is
 * read back, to go on with or as a picture, is never right as zeros.
 */
import {
  sourcesOf,
  type Activation,
  type Operation,
  type Program,
  type WeightSpec,
} from '../architecture/program.ts';
import { summarise, type Backend, type Tensor } from '../runtime/backend.ts';
import { isZero } from '../runtime/value-summary.ts';
import type { WeightStream } from '../stream/weight-stream.ts';
import type { Tensors } from './execute.ts';
import type { Readings, Unit } from './watch.ts';

/** A program that ran: what it was given, and which of its outputs are read back. */
export interface Ran {
  readonly backend: Backend;
  readonly program: Program;
  readonly stream: WeightStream;
  readonly jobs: readonly Tensors[];
  readonly readBack: readonly string[];
}

/** bfloat16 without its sign. */
const MAGNITUDE = 0x7fff;

export class ZeroRule {
  readonly #ran: Ran;
  /** Whether inputs are zero throughout; jobs share many of them. */
  readonly #inputs = new Map<Tensor, Promise<boolean>>();

  constructor(ran: Ran) {
    this.#ran = ran;
  }

  /** Whether a result that is zero throughout may be. */
  async allows({ operations }: Unit, result: Activation, job: number, reading: Readings): Promise<boolean> {
    const { program, readBack } = this.#ran;
    if (readBack.some((name) => program.outputs[name]?.id === result.id)) return false;
    return (await this.#readsZeros(operations, job, reading)) || (await this.#hasZeroWeights(operations));
  }

  async #readsZeros(operations: readonly Operation[], job: number, reading: Readings): Promise<boolean> {
    // Lists of indices have one dimension; values have more.
    for (const { id } of sourcesOf(operations).filter(({ shape }) => shape.length > 1)) {
      const noted = reading.get(id);
      if (!(noted ? isZero(noted) : await this.#isInputZero(id, job))) return false;
    }
    return true;
  }

  #isInputZero(id: number, job: number): Promise<boolean> {
    const { backend, program, jobs } = this.#ran;
    const name = Object.keys(program.inputs).find((key) => program.inputs[key]?.id === id) ?? '';
    const tensor = jobs[job]?.[name];
    if (!tensor) return Promise.resolve(false);
    const isKnown = this.#inputs.get(tensor) ?? summarise(backend, [tensor]).then((all) => all.every(isZero));
    this.#inputs.set(tensor, isKnown);
    return isKnown;
  }

  async #hasZeroWeights(operations: readonly Operation[]): Promise<boolean> {
    for (const operation of operations) {
      const weights = weightsOf(operation);
      let areZero = weights.length > 0;
      for (const weight of weights) areZero &&= await this.#isZeroInModel(weight);
      if (areZero) return true;
    }
    return false;
  }

  async #isZeroInModel(weight: WeightSpec): Promise<boolean> {
    return (await this.#ran.stream.table(weight)).every((bits) => (bits & MAGNITUDE) === 0);
  }
}

function weightsOf(operation: Operation): WeightSpec[] {
  if (operation.kind === 'group-norm') return [operation.weight, operation.bias];
  return Object.values(operation.inputs).flatMap((operand) =>
    operand.kind === 'weight' ? [operand.weight] : [],
  );
}
