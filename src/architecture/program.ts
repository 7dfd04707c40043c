/**
 * @file What a network *is* to the engine: an ordered list of stages over named activations. A stage names
 * the tensors it needs and the few operations they feed, so weights can come and go one stage at a time.
 * Programs are plain data with every shape known, built for one picture size by `unet.ts`, `clip.ts` and
 * `vae.ts`; the runtime only follows them.
 *
 * Layout: activations are NHWC ([batch, height, width, channels]) or [batch, tokens, channels]; the two are
 * the same bytes, so an operand may restate the shape of what it reads.
 */
import type { Template } from './templates/template.ts';

/** An intermediate tensor (float32 unless a template says otherwise), unique within its program. */
export interface Activation {
  readonly id: number;
  readonly shape: readonly number[];
}

/** A tensor of the checkpoint as a stage uses it. */
export interface WeightSpec {
  readonly name: string;
  /** Shape in the checkpoint. */
  readonly shape: readonly number[];
  /** Linear weights are stored [out, in] and used as [in, out]. */
  readonly transposed: boolean;
}

export type Operand =
  | { readonly kind: 'activation'; readonly activation: Activation }
  | { readonly kind: 'weight'; readonly weight: WeightSpec };

interface OperationBase {
  /** The module whose output this is, as the checkpoint names it. */
  readonly name: string;
  /** Activations whose last reader this is. */
  readonly lastUses: readonly Activation[];
}

/** Runs one ONNX template. */
interface TemplateOperation extends OperationBase {
  readonly kind: 'template';
  readonly template: Template;
  readonly inputs: Readonly<Record<string, Operand>>;
  readonly output: Activation;
}

/** GroupNorm over NHWC, optionally followed by SiLU; ours, because ONNX Runtime's is not exact. */
interface GroupNormOperation extends OperationBase {
  readonly kind: 'group-norm';
  readonly input: Activation;
  readonly weight: WeightSpec;
  readonly bias: WeightSpec;
  readonly groups: number;
  readonly eps: number;
  readonly silu: boolean;
  readonly output: Activation;
}

export type Operation = TemplateOperation | GroupNormOperation;

/** The unit of streaming: what is loaded together and run together. */
export interface Stage {
  readonly name: string;
  readonly weights: readonly WeightSpec[];
  readonly operations: readonly Operation[];
}

export interface Program {
  /** Folder of the component in the model: `unet`, `vae`, `text_encoder`, … */
  readonly component: string;
  readonly inputs: Readonly<Record<string, Activation>>;
  readonly outputs: Readonly<Record<string, Activation>>;
  readonly stages: readonly Stage[];
}

/** Collects the stages of a program in execution order. */
export class ProgramBuilder {
  readonly #stages: Stage[] = [];
  readonly #inputs: Record<string, Activation> = {};
  #activations = 0;

  input(name: string, shape: readonly number[]): Activation {
    const activation = this.activation(shape);
    this.#inputs[name] = activation;
    return activation;
  }

  activation(shape: readonly number[]): Activation {
    return { id: this.#activations++, shape };
  }

  /** Adds a stage; `body` adds its operations and returns the stage's result. */
  stage(name: string, body: (stage: StageBuilder) => Activation): Activation {
    const builder = new StageBuilder(this);
    const result = body(builder);
    this.#stages.push({ name, weights: [...builder.weights.values()], operations: builder.operations });
    return result;
  }

  finish(component: string, outputs: Readonly<Record<string, Activation>>): Program {
    return finishProgram({ component, inputs: this.#inputs, outputs, stages: this.#stages });
  }
}

/** The same program with every activation freed after its last reader; inputs and outputs stay. */
function finishProgram({ component, inputs, outputs, stages }: Program): Program {
  const released = new Set([...Object.values(inputs), ...Object.values(outputs)].map(({ id }) => id));
  const finished = stages.toReversed().map((stage) => {
    const operations = stage.operations.toReversed().map((operation) => {
      const dying = [...readActivations(operation), operation.output].filter(({ id }) => !released.has(id));
      const lastUses = [...new Map(dying.map((activation) => [activation.id, activation])).values()];
      for (const { id } of lastUses) released.add(id);
      return { ...operation, lastUses };
    });
    return { ...stage, operations: operations.reverse() };
  });
  return { component, inputs, outputs, stages: finished.reverse() };
}

/**
 * Splits a program in two: first the stages that depend on nothing but the inputs named `known`, then the rest.
 * What the first makes and the rest reads leaves the one and enters the other under the name of the operation that
 * made it. Stages keep their names and weights, so both compute what the whole would, bit for bit; but what is
 * known early, or does not change between evaluations, is computed once.
 */
export function hoist(program: Program, known: readonly string[]): { first: Program; rest: Program } {
  const { component, inputs, outputs } = program;
  const settled = new Set(known.flatMap((name) => inputs[name]?.id ?? []));
  const first: Stage[] = [];
  const rest: Stage[] = [];
  for (const stage of program.stages) {
    const made = new Set(stage.operations.map(({ output }) => output.id));
    const early = stage.operations
      .flatMap(readActivations)
      .every(({ id }) => made.has(id) || settled.has(id));
    (early ? first : rest).push(stage);
    if (early) for (const id of made) settled.add(id);
  }
  const crossing = Object.fromEntries(
    first
      .flatMap((stage) => stage.operations)
      .filter(({ output: { id } }) => isRead(id, rest) || isAmong(id, outputs))
      .map(({ name, output }) => [name, output]),
  );
  return {
    first: finishProgram({
      component,
      inputs: pick(inputs, ({ id }) => isRead(id, first)),
      outputs: crossing,
      stages: first,
    }),
    rest: finishProgram({
      component,
      inputs: { ...pick(inputs, ({ id }) => isRead(id, rest) || isAmong(id, outputs)), ...crossing },
      outputs,
      stages: rest,
    }),
  };
}

/** The first `count` stages of a program, with the outputs that are made by then. */
export function beginning({ stages, outputs, ...program }: Program, count: number): Program {
  const kept = stages.slice(0, count);
  const made = new Set(kept.flatMap(({ operations }) => operations.map(({ output }) => output.id)));
  return finishProgram({ ...program, outputs: pick(outputs, ({ id }) => made.has(id)), stages: kept });
}

/** What operations make that is still there after them, for others to read. */
export function resultsOf(operations: readonly Operation[]): Activation[] {
  const gone = new Set(operations.flatMap(({ lastUses }) => lastUses.map(({ id }) => id)));
  return operations.map(({ output }) => output).filter(({ id }) => !gone.has(id));
}

/** What operations pass on to a ReLU among them, behind which a NaN may be gone. */
export function readByRelu(operations: readonly Operation[]): Activation[] {
  const relus = operations.filter(
    (operation) =>
      operation.kind === 'template' &&
      operation.template.graph.nodes.some(({ operator }) => operator === 'Relu'),
  );
  const read = new Set(relus.flatMap(readActivations).map(({ id }) => id));
  return operations.map(({ output }) => output).filter(({ id }) => read.has(id));
}

/** What operations read of what others made, or the program was given. */
export function sourcesOf(operations: readonly Operation[]): Activation[] {
  const made = new Set(operations.map(({ output }) => output.id));
  return operations.flatMap(readActivations).filter(({ id }) => !made.has(id));
}

function pick(
  from: Program['inputs'],
  wanted: (activation: Activation) => boolean,
): Readonly<Record<string, Activation>> {
  return Object.fromEntries(Object.entries(from).filter(([, activation]) => wanted(activation)));
}

function isRead(id: number, stages: readonly Stage[]): boolean {
  return stages.some(({ operations }) =>
    operations.some((operation) => readActivations(operation).some((activation) => activation.id === id)),
  );
}

function isAmong(id: number, activations: Readonly<Record<string, Activation>>): boolean {
  return Object.values(activations).some((activation) => activation.id === id);
}

/** Collects the operations of one stage. */
export class StageBuilder {
  readonly operations: Operation[] = [];
  readonly weights = new Map<string, WeightSpec>();
  readonly #program: ProgramBuilder;

  constructor(program: ProgramBuilder) {
    this.#program = program;
  }

  /** Declares a tensor of the checkpoint; `transposed` for [out, in] matrices used as [in, out]. */
  weight(name: string, shape: readonly number[], transposed = false): WeightSpec {
    const spec = { name, shape, transposed };
    this.weights.set(name, spec);
    return spec;
  }

  /** Runs a template on activations and weights; `name` says whose output this is. */
  run(
    name: string,
    template: Template,
    inputs: Readonly<Record<string, Activation | WeightSpec>>,
    outputShape: readonly number[],
  ): Activation {
    const output = this.#program.activation(outputShape);
    const operands = Object.fromEntries(
      Object.entries(inputs).map(([key, value]): [string, Operand] => [
        key,
        'id' in value ? { kind: 'activation', activation: value } : { kind: 'weight', weight: value },
      ]),
    );
    this.operations.push({ kind: 'template', name, template, inputs: operands, output, lastUses: [] });
    return output;
  }

  /** GroupNorm (Wu & He 2018, arXiv 1803.08494) over [batch, height, width, channels]. */
  groupNorm(
    name: string,
    input: Activation,
    options: { groups: number; eps: number; silu: boolean },
  ): Activation {
    const channels = [input.shape.at(-1) ?? 0];
    const output = this.#program.activation(input.shape);
    this.operations.push({
      kind: 'group-norm',
      name,
      input,
      weight: this.weight(`${name}.weight`, channels),
      bias: this.weight(`${name}.bias`, channels),
      ...options,
      output,
      lastUses: [],
    });
    return output;
  }
}

/** The same bytes under another shape, for example an image as a row of tokens. */
export function reshaped(activation: Activation, shape: readonly number[]): Activation {
  return { id: activation.id, shape };
}

/** All tensors a program reads from its checkpoint, in order of use. */
export function programWeights(program: Program): WeightSpec[] {
  return program.stages.flatMap((stage) => stage.weights);
}

function readActivations(operation: Operation): Activation[] {
  if (operation.kind === 'group-norm') return [operation.input];
  return Object.values(operation.inputs).flatMap((operand) =>
    operand.kind === 'activation' ? [operand.activation] : [],
  );
}
