/**
 * @file Follows shapes through a template's graph, for the operators that templates are made of. An operator
 * that is not known here is refused: an estimate that passes over a node would be worse than none.
 * Reference: https://onnx.ai/onnx/operators/
 */
import { AppError } from '../../error.ts';
import type { Attribute, Edge, Graph, GraphNode } from '../../onnx/graph.ts';

export type Shape = readonly number[];

/** The shapes of all edges of a graph whose inputs have these shapes. */
export function inferShapes(
  { nodes, constants }: Graph,
  inputs: Readonly<Record<string, Shape>>,
): ReadonlyMap<Edge, Shape> {
  const shapes = new Map<Edge, Shape>(Object.entries(inputs));
  for (const [edge, { dimensions }] of constants) shapes.set(edge, dimensions);
  for (const node of nodes) {
    const operands = node.inputs.map((edge) => shapes.get(edge) ?? []);
    const values = node.inputs.map((edge) => constants.get(edge)?.values ?? []);
    for (const edge of node.outputs) shapes.set(edge, outputShape(node, operands, values));
  }
  return shapes;
}

/** The shape of a node's outputs, which all have the same; `values` are those of its constant operands. */
function outputShape(
  { operator, attributes, outputs }: GraphNode,
  operands: readonly Shape[],
  values: readonly (readonly number[])[],
): Shape {
  const [a = [], b = []] = operands;
  switch (operator) {
    case 'Identity':
    case 'Relu':
    case 'Sigmoid':
    case 'Tanh':
    case 'Gelu':
    case 'Softmax':
    case 'LayerNormalization':
    case 'MultiHeadAttention':
      return a;
    case 'Add':
    case 'Mul':
    case 'Div':
      return broadcast(a, b);
    case 'MatMul':
      return [...broadcast(a.slice(0, -2), b.slice(0, -2)), a.at(-2) ?? 0, b.at(-1) ?? 0];
    case 'Transpose':
      return list(attributes['perm']).map((axis) => a[axis] ?? 0);
    case 'Resize':
      return a.map((size, axis) => Math.floor(size * (values[2]?.[axis] ?? 1)));
    case 'Pad':
      return a.map((size, axis) => size + (values[1]?.[axis] ?? 0) + (values[1]?.[axis + a.length] ?? 0));
    case 'Slice':
      return sliced(a, values);
    case 'Split':
      return along(a, attributes, (size) => size / outputs.length);
    case 'Concat':
      return along(a, attributes, (_, axis) =>
        operands.reduce((sum, operand) => sum + (operand[axis] ?? 0), 0),
      );
    case 'Gather':
      return along(a, attributes, () => b[0] ?? 0);
    case 'Conv':
      return convolved(a, b, attributes);
    default:
      throw new AppError('engine/internal', { reason: `no shape is known for the operator ${operator}` });
  }
}

function broadcast(a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) =>
    Math.max(a[i - rank + a.length] ?? 1, b[i - rank + b.length] ?? 1),
  );
}

/** `shape` with the size of the attribute's axis changed. */
function along(
  shape: Shape,
  attributes: GraphNode['attributes'],
  change: (size: number, axis: number) => number,
): Shape {
  const axis = (integer(attributes['axis']) + shape.length) % shape.length;
  return shape.map((size, i) => (i === axis ? change(size, axis) : size));
}

function sliced(shape: Shape, [, starts = [], ends = [], axes = []]: readonly (readonly number[])[]): Shape {
  return shape.map((size, axis) => {
    const i = axes.indexOf(axis);
    return i < 0 ? size : Math.min(size, ends[i] ?? size) - (starts[i] ?? 0);
  });
}

/** [N, C, H, W] convolved with [O, C, k, k]. */
function convolved(x: Shape, weight: Shape, attributes: GraphNode['attributes']): Shape {
  const [kernel, strides, pads] = ['kernel_shape', 'strides', 'pads'].map((name) => list(attributes[name]));
  const sizes = x.slice(2).map((size, i) => {
    const padding = (pads?.[i] ?? 0) + (pads?.[i + 2] ?? 0);
    return Math.floor((size + padding - (kernel?.[i] ?? 1)) / (strides?.[i] ?? 1)) + 1;
  });
  return [x[0] ?? 0, weight[0] ?? 0, ...sizes];
}

function list(attribute: Attribute | undefined): readonly number[] {
  return Array.isArray(attribute) ? (attribute as readonly number[]) : [];
}

function integer(attribute: Attribute | undefined): number {
  return typeof attribute === 'number' ? attribute : 0;
}
