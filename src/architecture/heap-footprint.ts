/**
 * @file How much of the heap of ONNX Runtime's WASM build a program needs, known before anything runs. One operation
 * is there at a time: its inputs are copied in, weights among them, and every edge of its template gets memory.
 */
import { operandShapes } from './footprint.ts';
import type { Operation, Program } from './program.ts';
import { inferShapes, type Shape } from './templates/shapes.ts';

const VALUE_BYTES = 4;

/** The most that one operation of a program takes, in bytes; somewhat more than is really allocated. */
export function heapBytes({ stages }: Program): number {
  return Math.max(0, ...stages.flatMap(({ operations }) => operations).map(operationBytes));
}

function operationBytes(operation: Operation): number {
  // Our own kernels compute outside of the heap.
  if (operation.kind === 'group-norm') return 0;
  const { graph } = operation.template;
  const shapes = inferShapes(graph, operandShapes(operation));
  const edges = [...shapes.values()].reduce((sum, shape) => sum + elements(shape), 0);
  const inside = graph.nodes.reduce((sum, { operator, inputs, attributes }) => {
    if (operator !== 'MultiHeadAttention') return sum;
    const [query = [], key = []] = inputs.map((edge) => shapes.get(edge) ?? []);
    const [batch = 0, queries = 0] = query;
    // The CPU's kernel has all scores in memory, and its operands once more in the order of the heads.
    const scores = batch * (attributes['num_heads'] as number) * queries * (key[1] ?? 0);
    return sum + scores + elements(query) + 2 * elements(key);
  }, 0);
  return VALUE_BYTES * (edges + inside);
}

function elements(shape: Shape): number {
  return shape.reduce((product, size) => product * size, 1);
}
