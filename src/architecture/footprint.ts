/**
 * @file How much GPU memory a program needs, known before anything runs: every shape is in the program, and what
 * ONNX Runtime takes for itself follows from its templates. Every figure is an upper bound of what is really
 * allocated, in bytes of whole buffers. Activations are those of one job.
 */
import type { Activation, Operation, Program, Stage, WeightSpec } from './program.ts';
import type { Shape } from './templates/shapes.ts';
import { temporaries } from './templates/scratch.ts';

interface StageFootprint {
  readonly name: string;
  /** The stage's weights as bfloat16, and as the float32 they are computed with. */
  readonly packedBytes: number;
  readonly expandedBytes: number;
  /** The most activations alive at once, those for later stages among them, the program's inputs not. */
  readonly activationBytes: number;
  /** Activations alive after the stage. */
  readonly carriedBytes: number;
  /** The most that one operation allocates beside its output. */
  readonly scratchBytes: number;
  /** The most activations and scratch at one moment: at most the sum of both, often less. */
  readonly workBytes: number;
}

export interface Footprint {
  readonly stages: readonly StageFootprint[];
  readonly inputBytes: number;
  readonly outputBytes: number;
  /** The largest single buffer, for a device's limits. */
  readonly largestBytes: number;
  /** What a device must hold to run the program, one job, stage by stage, with nothing kept resident. */
  readonly peakBytes: number;
}

const VALUE_BYTES = 4;
const PACKED_BYTES = 2;
/** Buffers are multiples of this many bytes. */
const ALIGNMENT = 16;

/** What programs were found to need; one plan asks for the same several times. */
const known = new WeakMap<Program, Footprint>();

/** What a program needs. */
export function footprint(program: Program): Footprint {
  let needs = known.get(program);
  if (!needs) known.set(program, (needs = follow(program)));
  return needs;
}

function follow(program: Program): Footprint {
  const live = new Map<number, number>();
  const stages = program.stages.map((stage) => stageFootprint(stage, live));
  const [inputBytes, outputBytes] = [program.inputs, program.outputs].map((activations) =>
    sum(Object.values(activations).map(activationSize)),
  ) as [number, number];
  const largest = program.stages.flatMap(({ weights, operations }) => [
    sum(weights.map(packedSize)),
    ...weights.map(expandedSize),
    ...operations.flatMap((operation) => [activationSize(operation.output), ...buffersOf(operation)]),
  ]);
  return {
    stages,
    inputBytes,
    outputBytes,
    largestBytes: Math.max(...largest),
    peakBytes:
      inputBytes +
      Math.max(
        ...stages.map(({ packedBytes, expandedBytes, workBytes }) => packedBytes + expandedBytes + workBytes),
      ),
  };
}

/** What an operation allocates for as long as it runs, beside its output. */
export function scratchBytes(operation: Operation): number {
  return sum(buffersOf(operation));
}

/** Follows a stage; `live` holds the sizes of the activations alive before it, and then after it. */
function stageFootprint(stage: Stage, live: Map<number, number>): StageFootprint {
  let activationBytes = sum(live.values());
  let workBytes = activationBytes;
  for (const operation of stage.operations) {
    live.set(operation.output.id, activationSize(operation.output));
    const now = sum(live.values());
    activationBytes = Math.max(activationBytes, now);
    workBytes = Math.max(workBytes, now + scratchBytes(operation));
    for (const { id } of operation.lastUses) live.delete(id);
  }
  return {
    name: stage.name,
    packedBytes: sum(stage.weights.map(packedSize)),
    expandedBytes: sum(stage.weights.map(expandedSize)),
    activationBytes,
    carriedBytes: sum(live.values()),
    scratchBytes: Math.max(0, ...stage.operations.map(scratchBytes)),
    workBytes,
  };
}

function buffersOf(operation: Operation): number[] {
  if (operation.kind === 'group-norm') return normBuffers(operation.output.shape, operation.groups);
  return temporaries(operation.template, operandShapes(operation));
}

/** The shapes of what an operation reads, by its template's names for them. */
export function operandShapes({
  inputs,
}: Extract<Operation, { kind: 'template' }>): Readonly<Record<string, Shape>> {
  const shapes = Object.entries(inputs).map(([name, operand]): [string, Shape] => [
    name,
    operand.kind === 'activation' ? operand.activation.shape : usedShape(operand.weight),
  ]);
  return Object.fromEntries(shapes);
}

/**
 * Our GroupNorm's sums: for each group a mean and a deviation, and for each piece of it (4096 values or more,
 * but for the last) four numbers; and the kernel's parameters.
 */
function normBuffers(shape: Shape, groups: number): number[] {
  const [batch = 1] = shape;
  const pieces = batch * groups + Math.ceil(elements(shape) / 4096);
  return [pieces * 16, Math.max(ALIGNMENT, batch * groups * 8), 32];
}

/** A weight's shape as templates see it. */
function usedShape({ shape, transposed }: WeightSpec): Shape {
  return transposed ? shape.toReversed() : shape;
}

function activationSize({ shape }: Activation): number {
  return aligned(elements(shape) * VALUE_BYTES);
}

function expandedSize({ shape }: WeightSpec): number {
  return aligned(elements(shape) * VALUE_BYTES);
}

function packedSize({ shape }: WeightSpec): number {
  return elements(shape) * PACKED_BYTES;
}

function aligned(bytes: number): number {
  return Math.max(ALIGNMENT, Math.ceil(bytes / ALIGNMENT) * ALIGNMENT);
}

function elements(shape: Shape): number {
  return shape.reduce((product, size) => product * size, 1);
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
