/**
 * @file What ONNX Runtime's WebGPU provider (1.30) allocates for itself while it runs a template: buffers for
 * intermediate results, none destroyed before the run is over, and some inside of kernels. Worked out as its
 * planner does, and held against a count of its real buffers by a test. Shapes are followed through the graph,
 * so a new template needs no figures of its own.
 */
import type { Edge, Graph, GraphNode } from '../../onnx/graph.ts';
import { inferShapes, type Shape } from './shapes.ts';
import type { Template } from './template.ts';

type Shapes = ReadonlyMap<Edge, Shape>;

/** What can be said of a template before its sizes are known. */
interface Plan {
  /** The nodes that ONNX Runtime really computes. */
  readonly nodes: readonly GraphNode[];
  /** The edges that get a buffer of their own; others take over one that is no longer read. */
  readonly buffers: readonly Edge[];
}

const VALUE_BYTES = 4;
const ALIGNMENT = 16;
/** Uniforms of a node's kernels, rounded up, for each of its operands. */
const UNIFORM_BYTES = 128;

/** Operators behind which ONNX Runtime knows a size no longer by its symbol, and so sees no two as equal. */
const SIZES_UNKNOWN = ['Split', 'Conv', 'Resize', 'Pad', 'Slice', 'Concat', 'Gather'];
/** Stands for a template's first symbol; larger than any size that a template fixes. */
const FIRST_SYMBOL = 1_000_003;

/** Attention with fewer query tokens or wider heads than this is split over the keys … */
const SPLIT_BELOW_QUERIES = 64;
const SPLIT_ABOVE_HEAD_SIZE = 256;
/** … into parts of this many, each with a result and two statistics of its own. */
const SPLIT_KEYS = 64;
/** Heads that are no multiple of this are attended to with a whole matrix of scores. */
const HEAD_MULTIPLE = 4;

const plans = new WeakMap<Template, Plan>();

/** Bytes of each buffer of a run with inputs of these shapes; the output, which is ours, is not among them. */
export function temporaries(template: Template, inputs: Readonly<Record<string, Shape>>): number[] {
  let plan = plans.get(template);
  if (!plan) plans.set(template, (plan = planOf(template)));
  const shapes = inferShapes(template.graph, inputs);
  const counts = [
    ...plan.buffers.map((edge) => elements(shapes.get(edge) ?? [])),
    ...plan.nodes.flatMap((node) => insideKernel(node, shapes)),
  ];
  const bytes = counts.map((count) => Math.ceil((count * VALUE_BYTES) / ALIGNMENT) * ALIGNMENT);
  const operands = plan.nodes.flatMap((node) => node.inputs).length;
  return [...bytes, operands * UNIFORM_BYTES];
}

/** An edge takes over the buffer of one that nobody reads any more if both have the same shape, by symbols. */
function planOf({ graph, output }: Template): Plan {
  const shapes = symbolicShapes(graph);
  const kinds = kindsOf(graph, shapes);
  const leftOut = graph.nodes.filter((node) => isLeftOut(node, graph, shapes));
  const nodes = graph.nodes.filter((node) => !leftOut.includes(node));
  const sources = new Map(leftOut.map(({ inputs, outputs }) => [outputs[0], inputs[0]]));
  /** The edge whose buffer an edge is in: another one where the nodes between the two are left out. */
  const holderOf = (edge: Edge): Edge => {
    const source = sources.get(edge);
    return source === undefined ? edge : holderOf(source);
  };
  const buffers: Edge[] = [];
  const free: Edge[] = [];
  const inUse = new Map<Edge, Edge>();
  nodes.forEach(({ inputs, outputs }, i) => {
    for (const edge of outputs.filter((edge) => edge !== holderOf(output))) {
      const reusable = free.findIndex((other) => kinds.get(other) === kinds.get(edge));
      const [buffer = edge] = reusable < 0 ? [] : free.splice(reusable, 1);
      if (buffer === edge) buffers.push(edge);
      inUse.set(edge, buffer);
    }
    const readLater = new Set(nodes.slice(i + 1).flatMap((later) => later.inputs.map(holderOf)));
    for (const edge of [...inputs.map(holderOf), ...outputs]) {
      const buffer = inUse.get(edge);
      if (buffer === undefined || readLater.has(edge)) continue;
      inUse.delete(edge);
      free.unshift(buffer);
    }
  });
  return { nodes, buffers };
}

/** The shapes of a graph with a number of its own for each symbol. */
function symbolicShapes(graph: Graph): Shapes {
  const symbols = new Map<string, number>();
  const sizeOf = (symbol: string): number => {
    const size = symbols.get(symbol) ?? FIRST_SYMBOL + symbols.size;
    symbols.set(symbol, size);
    return size;
  };
  const inputs = [...graph.inputs].map(([edge, dimensions]): [Edge, Shape] => [
    edge,
    dimensions.map((size) => (typeof size === 'number' ? size : sizeOf(size))),
  ]);
  return inferShapes(graph, Object.fromEntries(inputs));
}

/** For every edge a text that is equal where ONNX Runtime knows two shapes to be equal. */
function kindsOf(graph: Graph, shapes: Shapes): ReadonlyMap<Edge, string> {
  const kinds = new Map([...shapes].map(([edge, shape]) => [edge, shape.join()]));
  const unknown = new Set<Edge>();
  for (const { operator, inputs, outputs } of graph.nodes) {
    if (!SIZES_UNKNOWN.includes(operator) && !inputs.some((edge) => unknown.has(edge))) continue;
    for (const edge of outputs) {
      unknown.add(edge);
      kinds.set(edge, edge);
    }
  }
  return kinds;
}

/** Whether ONNX Runtime does without a node: layouts around a convolution, and what it computes along with it. */
function isLeftOut(node: GraphNode, { nodes }: Graph, shapes: Shapes): boolean {
  const rank = shapes.get(node.inputs[0] ?? '')?.length;
  if (node.operator === 'Transpose') return rank === 4;
  if (node.operator !== 'Relu' || rank !== 4) return false;
  return nodes.find(({ outputs }) => outputs[0] === node.inputs[0])?.operator === 'Transpose';
}

/** Values a kernel needs beside its operands and its result. */
function insideKernel({ operator, inputs, attributes }: GraphNode, shapes: Shapes): number[] {
  const [first = [], second = [], third = []] = inputs.map((edge) => shapes.get(edge) ?? []);
  // Weights that are no constants are put in the kernel's order in every run.
  if (operator === 'Conv') return second.slice(2).some((size) => size > 1) ? [elements(second)] : [];
  if (operator !== 'MultiHeadAttention') return [];
  const [batch = 0, queries = 0, channels = 0] = first;
  const keys = second[1] ?? 0;
  const heads = attributes['num_heads'] as number;
  const copies = [elements(second), elements(third)];
  if ((channels / heads) % HEAD_MULTIPLE !== 0) {
    return [elements(first), ...copies, batch * heads * queries * keys];
  }
  if (queries >= SPLIT_BELOW_QUERIES && channels / heads <= SPLIT_ABOVE_HEAD_SIZE) return copies;
  const parts = batch * queries * Math.ceil(keys / SPLIT_KEYS);
  return [...copies, parts * channels, parts * heads * 2];
}

function elements(shape: Shape): number {
  return shape.reduce((product, size) => product * size, 1);
}
