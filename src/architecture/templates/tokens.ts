/** @file Templates over rows of tokens, [batch, tokens, channels]: transformers and embeddings. */
import type { Edge, GraphBuilder } from '../../onnx/graph.ts';
import {
  activate,
  attention,
  layerNorm,
  linear,
  template,
  type ActivationName,
  type Template,
} from './template.ts';

const TOKENS = ['N', 'S', 'C'];

/** x·W (+ b) (+ residual). Inputs `x`, `linear.weight`, `linear.bias`, `residual`. */
export function linearLayer(options: { bias: boolean; residual: boolean }): Template {
  return template(`linear ${JSON.stringify(options)}`, (graph) => {
    let y = linear(graph, graph.input('x', TOKENS), 'linear', { in: 'C', out: 'O', bias: options.bias });
    if (options.residual) y = graph.node('Add', [y, graph.input('residual', ['N', 'S', 'O'])]);
    graph.output(y, ['N', 'S', 'O']);
  });
}

/**
 * linear_2(SiLU(linear_1(x))): the time and added embeddings. With `condition`, x + cond_proj(condition)
 * is what enters (guidance-distilled UNets, `time_cond_proj_dim`).
 */
export function embedding(options: { condition: boolean }): Template {
  return template(`embedding ${JSON.stringify(options)}`, (graph) => {
    let x = graph.input('x', ['N', 'I']);
    if (options.condition) {
      const condition = graph.input('condition', ['N', 'D']);
      x = graph.node('Add', [x, linear(graph, condition, 'cond_proj', { in: 'D', out: 'I', bias: false })]);
    }
    const hidden = activate(graph, linear(graph, x, 'linear_1', { in: 'I', out: 'E', bias: true }), 'silu');
    graph.output(linear(graph, hidden, 'linear_2', { in: 'E', out: 'F', bias: true }), ['N', 'F']);
  });
}

/** SiLU(a + b): every resnet applies SiLU to the summed embedding first, so it is done once. */
export function activatedSum(): Template {
  return template('activated sum', (graph) => {
    const sum = graph.node('Add', [graph.input('a', ['N', 'E']), graph.input('b', ['N', 'E'])]);
    graph.output(activate(graph, sum, 'silu'), ['N', 'E']);
  });
}

/**
 * diffusers' BasicTransformerBlock: self-attention, cross-attention to the text's `key` and `value` [N, T, A],
 * GEGLU feed-forward (Shazeer 2020, arXiv 2002.05202), each behind a LayerNorm and added to its input.
 */
export function transformerBlock(heads: number, eps: number): Template {
  return template(`transformer block ${heads} ${eps}`, (graph) => {
    const attended = addCrossAttention(
      graph,
      addSelfAttention(graph, graph.input('x', TOKENS), heads, eps),
      heads,
      eps,
    );
    graph.output(addFeedForward(graph, feedForwardHidden(graph, attended, eps), attended), TOKENS);
  });
}

/**
 * {@link transformerBlock} in four templates, for images whose feed-forward would need too much memory at once:
 * ONNX Runtime keeps every intermediate result of a template until its end.
 */
export function selfAttention(heads: number, eps: number): Template {
  return template(`self-attention ${heads} ${eps}`, (graph) => {
    graph.output(addSelfAttention(graph, graph.input('x', TOKENS), heads, eps), TOKENS);
  });
}

/** Second part of a split block. */
export function crossAttention(heads: number, eps: number): Template {
  return template(`cross-attention ${heads} ${eps}`, (graph) => {
    graph.output(addCrossAttention(graph, graph.input('x', TOKENS), heads, eps), TOKENS);
  });
}

/** Third part of a split block: values and gates, [N, S, 2·F]. */
export function feedForwardIn(eps: number): Template {
  return template(`feed-forward in ${eps}`, (graph) => {
    graph.output(feedForwardHidden(graph, graph.input('x', TOKENS), eps), ['N', 'S', 'G']);
  });
}

/** Last part of a split block: gates the `hidden` values of the third and adds them to its input. */
export function feedForwardOut(): Template {
  return template('feed-forward out', (graph) => {
    const hidden = graph.input('hidden', ['N', 'S', 'G']);
    graph.output(addFeedForward(graph, hidden, graph.input('x', TOKENS)), TOKENS);
  });
}

const SQUARE = { in: 'C', out: 'A', bias: false };

function addSelfAttention(graph: GraphBuilder, x: Edge, heads: number, eps: number): Edge {
  const normed = layerNorm(graph, x, 'norm1', 'C', eps);
  const [q = '', k = '', v = ''] = ['to_q', 'to_k', 'to_v'].map((name) =>
    linear(graph, normed, `attn1.${name}`, SQUARE),
  );
  return addAttention(graph, 'attn1', attention(graph, q, k, v, heads, false), x);
}

function addCrossAttention(graph: GraphBuilder, x: Edge, heads: number, eps: number): Edge {
  const q = linear(graph, layerNorm(graph, x, 'norm2', 'C', eps), 'attn2.to_q', SQUARE);
  const [k = '', v = ''] = ['key', 'value'].map((name) => graph.input(name, ['N', 'T', 'A']));
  return addAttention(graph, 'attn2', attention(graph, q, k, v, heads, false), x);
}

function addAttention(graph: GraphBuilder, name: string, attended: Edge, x: Edge): Edge {
  return graph.node('Add', [
    linear(graph, attended, `${name}.to_out.0`, { in: 'A', out: 'C', bias: true }),
    x,
  ]);
}

function feedForwardHidden(graph: GraphBuilder, x: Edge, eps: number): Edge {
  const sizes = { in: 'C', out: 'G', bias: true };
  return linear(graph, layerNorm(graph, x, 'norm3', 'C', eps), 'ff.net.0.proj', sizes);
}

function addFeedForward(graph: GraphBuilder, hidden: Edge, x: Edge): Edge {
  const [value = '', gate = ''] = graph.nodes('Split', [hidden], 2, {
    attributes: { axis: -1, num_outputs: 2 },
  });
  const gated = graph.node('Mul', [value, activate(graph, gate, 'gelu')]);
  return graph.node('Add', [linear(graph, gated, 'ff.net.2', { in: 'F', out: 'C', bias: true }), x]);
}

/** One pre-norm layer of a CLIP text encoder (Radford et al. 2021), causal attention with biases. */
export function clipLayer(heads: number, activation: ActivationName, eps: number): Template {
  return template(`clip layer ${heads} ${activation} ${eps}`, (graph) => {
    const square = { in: 'C', out: 'C', bias: true };
    const x = graph.input('x', TOKENS);
    const normed = layerNorm(graph, x, 'layer_norm1', 'C', eps);
    const [q = '', k = '', v = ''] = ['q_proj', 'k_proj', 'v_proj'].map((name) =>
      linear(graph, normed, `self_attn.${name}`, square),
    );
    const attended = linear(graph, attention(graph, q, k, v, heads, true), 'self_attn.out_proj', square);
    const middle = graph.node('Add', [attended, x]);
    const wide = linear(graph, layerNorm(graph, middle, 'layer_norm2', 'C', eps), 'mlp.fc1', {
      in: 'C',
      out: 'F',
      bias: true,
    });
    const narrow = linear(graph, activate(graph, wide, activation), 'mlp.fc2', {
      in: 'F',
      out: 'C',
      bias: true,
    });
    graph.output(graph.node('Add', [narrow, middle]), TOKENS);
  });
}

/** The pooled embedding: final LayerNorm of one token (int32 `position` [1]), projected without bias. */
export function clipPool(eps: number): Template {
  return template(`clip pool ${eps}`, (graph) => {
    const position = graph.input('position', [1], 'int32');
    const token = graph.node('Gather', [graph.input('x', TOKENS), position], { attributes: { axis: 1 } });
    const normed = layerNorm(graph, token, 'final_layer_norm', 'C', eps);
    graph.output(linear(graph, normed, 'text_projection', { in: 'C', out: 'P', bias: false }), ['N', 1, 'P']);
  });
}

/** A row of tokens from `start` on, up to `end`, of the query tokens. */
export interface TokenRange {
  readonly start: number;
  readonly end: number;
}

/**
 * softmax(q·kᵀ/√C)·v with one head as wide as the channels, as in the middle of the VAE; with a range, only those
 * rows of it. The scores are held whole: this is for heads too wide for attention that works in pieces.
 */
export function singleHeadAttention(channels: number, range?: TokenRange): Template {
  const name = `single head attention ${channels}`;
  return template(range ? `${name} ${range.start} ${range.end}` : name, (graph) => {
    const [all, k, v] = ['q', 'k', 'v'].map((input) => graph.input(input, TOKENS)) as [Edge, Edge, Edge];
    const bounds = (at: number): Edge => graph.constant([at], 'int64');
    const q = range ? graph.node('Slice', [all, bounds(range.start), bounds(range.end), bounds(1)]) : all;
    const scaled = graph.node('Mul', [q, graph.constant([1 / Math.sqrt(channels)], 'float32')]);
    const keys = graph.node('Transpose', [k], { attributes: { perm: [0, 2, 1] } });
    const scores = graph.node('MatMul', [scaled, keys]);
    const weights = graph.node('Softmax', [scores], { attributes: { axis: -1 } });
    graph.output(graph.node('MatMul', [weights, v]), ['N', 'R', 'C']);
  });
}

/** The parts `part.0`, `part.1`, …, [N, Sᵢ, C] → [N, ΣSᵢ, C]. */
export function concatenateTokens(parts: number): Template {
  return template(`concatenate tokens ${parts}`, (graph) => {
    const inputs = Array.from({ length: parts }, (_, i) => graph.input(`part.${i}`, ['N', `S${i}`, 'C']));
    graph.output(graph.node('Concat', inputs, { attributes: { axis: 1 } }), TOKENS);
  });
}
