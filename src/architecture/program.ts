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

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

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
    const operations = this.#stages.flatMap((stage) => stage.operations);
    const kept = new Set([...Object.values(this.#inputs), ...Object.values(outputs)].map(({ id }) => id));
    const released = new Set<number>();
    for (const operation of operations.toReversed()) {
      const dying = [...readActivations(operation), operation.output].filter(
        ({ id }) => !kept.has(id) && !released.has(id),
      );
      const unique = [...new Map(dying.map((activation) => [activation.id, activation])).values()];
      for (const { id } of unique) released.add(id);
      (operation as Mutable<Operation>).lastUses = unique;
    }
    return { component, inputs: this.#inputs, outputs, stages: this.#stages };
  }
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
