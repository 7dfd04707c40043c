/**
 * @file A network as one ONNX graph with its weights inside, which is how networks are usually given to ONNX Runtime.
 * It is made of the very templates that the engine runs one by one, so both compute the same.
 */
import type { Activation, Operand, Operation, Program, WeightSpec } from '../../src/architecture/program.ts';
import { GraphBuilder, type Edge } from '../../src/onnx/graph.ts';

export interface Monolith {
  /** The serialised model; its weights lie in a file of the given name. */
  readonly model: Uint8Array;
  /** In the order they lie in the file, one after another. */
  readonly weights: readonly WeightSpec[];
}

/** @param weightsFile name of the file with the weights, float32, [in, out] where a layer is linear */
export function monolith(program: Program, weightsFile: string): Monolith {
  const graph = new MonolithGraph(program, weightsFile);
  for (const operation of program.stages.flatMap(({ operations }) => operations)) graph.add(operation);
  return graph.finish();
}

const VALUE_BYTES = 4;

class MonolithGraph {
  readonly #graph = new GraphBuilder();
  readonly #program: Program;
  readonly #weightsFile: string;
  /** Edges and shapes by activation. */
  readonly #made = new Map<number, { readonly edge: Edge; readonly shape: readonly number[] }>();
  readonly #weights = new Map<string, WeightSpec>();
  #offset = 0;
  #operations = 0;

  constructor(program: Program, weightsFile: string) {
    this.#program = program;
    this.#weightsFile = weightsFile;
    for (const [name, { id, shape }] of Object.entries(program.inputs)) {
      const edge = this.#graph.input(name, shape, inputType(name));
      this.#made.set(id, { edge, shape });
    }
  }

  add(operation: Operation): void {
    const prefix = `${this.#operations++}.`;
    const edge =
      operation.kind === 'group-norm' ? this.#groupNorm(operation) : this.#template(operation, prefix);
    this.#made.set(operation.output.id, { edge, shape: operation.output.shape });
  }

  finish(): Monolith {
    for (const [name, activation] of Object.entries(this.#program.outputs)) {
      const edge = this.#graph.node('Identity', [this.#activation(activation)], { outputs: [name] });
      this.#graph.output(edge, activation.shape);
    }
    return { model: this.#graph.build(this.#program.component), weights: [...this.#weights.values()] };
  }

  /** The template's nodes, with edges of their own names. */
  #template({ template, inputs }: Extract<Operation, { kind: 'template' }>, prefix: string): Edge {
    const { nodes, constants } = template.graph;
    const edges = new Map<Edge, Edge>();
    for (const [name, operand] of Object.entries(inputs)) edges.set(name, this.#operand(operand));
    for (const [name, { values, type, dimensions }] of constants)
      edges.set(name, this.#graph.constant(values, type, dimensions));
    for (const { operator, inputs: from, outputs, attributes, domain } of nodes) {
      const renamed = outputs.map((name) => (name === '' ? '' : prefix + name));
      outputs.forEach((name, i) => edges.set(name, renamed[i] ?? ''));
      const operands = from.map((name) => (name === '' ? '' : (edges.get(name) ?? name)));
      const options = { attributes, outputs: renamed, ...(domain !== undefined && { domain }) };
      this.#graph.nodes(operator, operands, renamed.length, options);
    }
    return edges.get(template.output) ?? template.output;
  }

  /** GroupNorm over [N, …, C] out of ONNX's own operators. */
  #groupNorm(operation: Extract<Operation, { kind: 'group-norm' }>): Edge {
    const { input, weight, bias, groups, eps, silu } = operation;
    const graph = this.#graph;
    const [batch = 1, channels = 1] = [input.shape[0], input.shape.at(-1)];
    const pixels = input.shape.slice(1, -1).reduce((product, size) => product * size, 1);
    const axes = graph.constant([1, 3], 'int64');
    const mean = (x: Edge): Edge => graph.node('ReduceMean', [x, axes], { attributes: { keepdims: 1 } });
    const grouped = this.#reshape(this.#activation(input), [batch, pixels, groups, channels / groups]);
    const centred = graph.node('Sub', [grouped, mean(grouped)]);
    const variance = mean(graph.node('Mul', [centred, centred]));
    const deviation = graph.node('Sqrt', [graph.node('Add', [variance, graph.constant([eps], 'float32')])]);
    const normal = this.#reshape(graph.node('Div', [centred, deviation]), input.shape);
    const scaled = graph.node('Mul', [normal, this.#weight(weight)]);
    const shifted = graph.node('Add', [scaled, this.#weight(bias)]);
    return silu ? graph.node('Mul', [shifted, graph.node('Sigmoid', [shifted])]) : shifted;
  }

  #operand(operand: Operand): Edge {
    return operand.kind === 'weight' ? this.#weight(operand.weight) : this.#activation(operand.activation);
  }

  /** The activation in the shape its reader sees. */
  #activation({ id, shape }: Activation): Edge {
    const made = this.#made.get(id);
    if (!made) throw new Error(`activation ${id} of ${this.#program.component} is read before it is made`);
    return String(made.shape) === String(shape) ? made.edge : this.#reshape(made.edge, shape);
  }

  #reshape(x: Edge, shape: readonly number[]): Edge {
    return this.#graph.node('Reshape', [x, this.#graph.constant(shape, 'int64')]);
  }

  #weight(spec: WeightSpec): Edge {
    if (this.#weights.has(spec.name)) return spec.name;
    this.#weights.set(spec.name, spec);
    const length = VALUE_BYTES * spec.shape.reduce((product, size) => product * size, 1);
    const place = { location: this.#weightsFile, offset: this.#offset, length };
    this.#offset += length;
    return this.#graph.external(spec.name, spec.transposed ? spec.shape.toReversed() : spec.shape, place);
  }
}

/** Inputs are values, except where they pick from others. */
function inputType(name: string): 'float32' | 'int32' {
  return name === 'position' || /^(rows|columns)\./.test(name) ? 'int32' : 'float32';
}
