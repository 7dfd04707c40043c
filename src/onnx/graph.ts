/**
 * @file A small builder of ONNX graphs: nodes, typed inputs with symbolic dimensions, constants. It checks
 * nothing about the operators; ONNX Runtime does when it loads the model.
 * Reference: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto (field numbers below are from there).
 */
import { MessageWriter } from './protobuf.ts';

const IR_VERSION = 10;
const OPSET = 21;
/** ONNX Runtime's own operators, such as MultiHeadAttention. */
export const MICROSOFT = 'com.microsoft';

const ELEMENT_TYPE = { float32: 1, int32: 6, int64: 7 } as const;
export type ElementType = keyof typeof ELEMENT_TYPE;

/** `TensorProto.DataLocation`. */
const EXTERNAL = 1;

/** Name of a tensor inside a graph. */
export type Edge = string;
/** A fixed size or a symbol that may differ from run to run. */
export type Dimension = number | string;
export type Attribute = number | string | readonly number[] | { readonly float: number };

/** A node as it was added. */
export interface GraphNode {
  readonly operator: string;
  readonly inputs: readonly Edge[];
  readonly outputs: readonly Edge[];
  readonly attributes: Readonly<Record<string, Attribute>>;
  /** Absent for ONNX's own operators. */
  readonly domain: string | undefined;
}

/** The values of a constant tensor, and its dimensions. */
export interface GraphConstant {
  readonly type: 'int64' | 'float32';
  readonly values: readonly number[];
  readonly dimensions: readonly number[];
}

/** Where the values of a tensor lie: a file, and bytes in it. */
export interface ExternalPlace {
  readonly location: string;
  readonly offset: number;
  readonly length: number;
}

/** A graph as plain data, for whoever reasons about it without parsing it again. */
export interface Graph {
  readonly inputs: ReadonlyMap<Edge, readonly Dimension[]>;
  /** In the order they were added, which is one they can run in. */
  readonly nodes: readonly GraphNode[];
  readonly constants: ReadonlyMap<Edge, GraphConstant>;
}

/** Collects one graph and serialises it as an ONNX model. */
export class GraphBuilder {
  readonly #graph = new MessageWriter();
  readonly #inputs = new Map<Edge, readonly Dimension[]>();
  readonly #outputs: Edge[] = [];
  readonly #nodes: GraphNode[] = [];
  readonly #constants = new Map<Edge, GraphConstant>();
  #edges = 0;

  get inputs(): readonly Edge[] {
    return [...this.#inputs.keys()];
  }

  get outputs(): readonly Edge[] {
    return this.#outputs;
  }

  /** What has been added so far. */
  get graph(): Graph {
    return { inputs: this.#inputs, nodes: this.#nodes, constants: this.#constants };
  }

  input(name: Edge, dimensions: readonly Dimension[], type: ElementType = 'float32'): Edge {
    this.#inputs.set(name, dimensions);
    this.#graph.message(11, valueInfo(name, dimensions, type));
    return name;
  }

  output(edge: Edge, dimensions: readonly Dimension[], type: ElementType = 'float32'): void {
    this.#outputs.push(edge);
    this.#graph.message(12, valueInfo(edge, dimensions, type));
  }

  /** Adds a node and returns its outputs. Integers become int attributes, `{float}` a float one. */
  node(
    operator: string,
    inputs: readonly Edge[],
    options: {
      attributes?: Readonly<Record<string, Attribute>>;
      domain?: string;
      outputs?: readonly Edge[];
    } = {},
  ): Edge {
    return this.nodes(operator, inputs, 1, options)[0] ?? '';
  }

  /** As {@link node}, for operators with several outputs. */
  nodes(
    operator: string,
    inputs: readonly Edge[],
    outputCount: number,
    options: {
      attributes?: Readonly<Record<string, Attribute>>;
      domain?: string;
      outputs?: readonly Edge[];
    } = {},
  ): Edge[] {
    const outputs = options.outputs ?? Array.from({ length: outputCount }, () => `edge${this.#edges++}`);
    const node = new MessageWriter();
    for (const input of inputs) node.string(1, input);
    for (const output of outputs) node.string(2, output);
    node.string(4, operator);
    for (const [name, value] of Object.entries(options.attributes ?? {}))
      node.message(5, attribute(name, value));
    if (options.domain !== undefined) node.string(7, options.domain);
    this.#graph.message(1, node);
    const { attributes = {}, domain } = options;
    this.#nodes.push({ operator, inputs, outputs, attributes, domain });
    return [...outputs];
  }

  /** A constant tensor of int64 (shapes, axes) or float32 values. */
  constant(
    values: readonly number[],
    type: 'int64' | 'float32',
    dimensions: readonly number[] = [values.length],
  ): Edge {
    const name = `constant${this.#edges++}`;
    const raw = type === 'int64' ? BigInt64Array.from(values.map(BigInt)) : Float32Array.from(values);
    const tensor = new MessageWriter();
    for (const dimension of dimensions) tensor.integer(1, dimension);
    tensor.integer(2, ELEMENT_TYPE[type]).string(8, name).bytes(9, new Uint8Array(raw.buffer));
    this.#graph.message(5, tensor);
    this.#constants.set(name, { type, values, dimensions });
    return name;
  }

  /** A constant float32 tensor whose values lie in a file beside the model. */
  external(name: Edge, dimensions: readonly number[], place: ExternalPlace): Edge {
    const tensor = new MessageWriter();
    for (const dimension of dimensions) tensor.integer(1, dimension);
    tensor.integer(2, ELEMENT_TYPE.float32).string(8, name);
    for (const [key, value] of Object.entries(place))
      tensor.message(13, new MessageWriter().string(1, key).string(2, String(value)));
    this.#graph.message(5, tensor.integer(14, EXTERNAL));
    return name;
  }

  /** The finished model. */
  build(name: string): Uint8Array {
    this.#graph.string(2, name);
    const opset = (domain: string, version: number): MessageWriter =>
      new MessageWriter().string(1, domain).integer(2, version);
    return new MessageWriter()
      .integer(1, IR_VERSION)
      .string(2, 'emulsion')
      .message(7, this.#graph)
      .message(8, opset('', OPSET))
      .message(8, opset(MICROSOFT, 1))
      .finish();
  }
}

function valueInfo(name: string, dimensions: readonly Dimension[], type: ElementType): MessageWriter {
  const shape = new MessageWriter();
  for (const dimension of dimensions) {
    const field = new MessageWriter();
    if (typeof dimension === 'number') field.integer(1, dimension);
    else field.string(2, dimension);
    shape.message(1, field);
  }
  const tensor = new MessageWriter().integer(1, ELEMENT_TYPE[type]).message(2, shape);
  return new MessageWriter().string(1, name).message(2, new MessageWriter().message(1, tensor));
}

const ATTRIBUTE_TYPE = { float: 1, int: 2, string: 3, ints: 7 } as const;

function attribute(name: string, value: Attribute): MessageWriter {
  const writer = new MessageWriter().string(1, name);
  if (typeof value === 'number') return writer.integer(3, value).integer(20, ATTRIBUTE_TYPE.int);
  if (typeof value === 'string') return writer.string(4, value).integer(20, ATTRIBUTE_TYPE.string);
  if ('float' in value) return writer.float(2, value.float).integer(20, ATTRIBUTE_TYPE.float);
  for (const item of value) writer.integer(8, item);
  return writer.integer(20, ATTRIBUTE_TYPE.ints);
}
