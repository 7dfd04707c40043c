/**
 * @file A template is a small ONNX graph whose weights are inputs and whose dimensions are symbols, so one
 * compiled session serves every layer of its kind. Templates with equal keys are equal.
 */
import { GraphBuilder, MICROSOFT, type Edge, type Graph } from '../../onnx/graph.ts';

export interface Template {
  readonly key: string;
  readonly inputs: readonly string[];
  readonly output: string;
  /** The serialised ONNX model. */
  readonly model: Uint8Array;
  /** The same as data, for estimates of its memory. */
  readonly graph: Graph;
}

const templates = new Map<string, Template>();

/** The template of this key, described by `body` the first time it is asked for. */
export function template(key: string, body: (graph: GraphBuilder) => void): Template {
  const known = templates.get(key);
  if (known) return known;
  const graph = new GraphBuilder();
  body(graph);
  const created = {
    key,
    inputs: graph.inputs,
    output: graph.outputs[0] ?? '',
    model: graph.build(key),
    graph: graph.graph,
  };
  templates.set(key, created);
  return created;
}

/** Activation functions that occur in the networks, by diffusers' and transformers' names. */
export type ActivationName = 'silu' | 'gelu' | 'quick_gelu' | 'relu';

/** x·sigmoid(x), erf GELU (Hendrycks & Gimpel 2016), x·sigmoid(1.702x), or max(x, 0). */
export function activate(graph: GraphBuilder, x: Edge, name: ActivationName): Edge {
  switch (name) {
    case 'relu':
      return graph.node('Relu', [x]);
    case 'gelu':
      return graph.node('Gelu', [x]);
    case 'silu':
      return graph.node('Mul', [x, graph.node('Sigmoid', [x])]);
    case 'quick_gelu': {
      const scaled = graph.node('Mul', [x, graph.constant([1.702], 'float32')]);
      return graph.node('Mul', [x, graph.node('Sigmoid', [scaled])]);
    }
  }
}

/** x·W (+ b) with inputs `<name>.weight` [in, out] and `<name>.bias`. */
export function linear(
  graph: GraphBuilder,
  x: Edge,
  name: string,
  sizes: { in: string; out: string; bias: boolean },
): Edge {
  const product = graph.node('MatMul', [x, graph.input(`${name}.weight`, [sizes.in, sizes.out])]);
  return sizes.bias ? graph.node('Add', [product, graph.input(`${name}.bias`, [sizes.out])]) : product;
}

/** LayerNorm over the last axis with inputs `<name>.weight` and `<name>.bias`. */
export function layerNorm(graph: GraphBuilder, x: Edge, name: string, size: string, eps: number): Edge {
  const inputs = [x, graph.input(`${name}.weight`, [size]), graph.input(`${name}.bias`, [size])];
  return graph.node('LayerNormalization', inputs, { attributes: { axis: -1, epsilon: { float: eps } } });
}

/** softmax(q·kᵀ/√d)·v over heads packed in the channels; `causal` hides later tokens. */
export function attention(
  graph: GraphBuilder,
  q: Edge,
  k: Edge,
  v: Edge,
  heads: number,
  causal: boolean,
): Edge {
  return graph.node('MultiHeadAttention', [q, k, v], {
    domain: MICROSOFT,
    attributes: { num_heads: heads, unidirectional: causal ? 1 : 0 },
  });
}
