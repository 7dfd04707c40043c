/** @file Templates over rows of tokens, [batch, tokens, channels]: transformers and embeddings. */
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
 * diffusers' BasicTransformerBlock: self-attention, cross-attention to `context` [N, T, D], GEGLU
 * feed-forward (Shazeer 2020, arXiv 2002.05202), each behind a LayerNorm and added to its input.
 */
export function transformerBlock(heads: number, eps: number): Template {
  return template(`transformer block ${heads} ${eps}`, (graph) => {
    const square = { in: 'C', out: 'A', bias: false };
    const context = graph.input('context', ['N', 'T', 'D']);
    let x = graph.input('x', TOKENS);
    for (const [name, normName] of [
      ['attn1', 'norm1'],
      ['attn2', 'norm2'],
    ] as const) {
      const normed = layerNorm(graph, x, normName, 'C', eps);
      const source = name === 'attn1' ? normed : context;
      const sourceSize = { in: name === 'attn1' ? 'C' : 'D', out: 'A', bias: false };
      const q = linear(graph, normed, `${name}.to_q`, square);
      const k = linear(graph, source, `${name}.to_k`, sourceSize);
      const v = linear(graph, source, `${name}.to_v`, sourceSize);
      const attended = attention(graph, q, k, v, heads, false);
      x = graph.node('Add', [
        linear(graph, attended, `${name}.to_out.0`, { in: 'A', out: 'C', bias: true }),
        x,
      ]);
    }
    const normed = layerNorm(graph, x, 'norm3', 'C', eps);
    const projected = linear(graph, normed, 'ff.net.0.proj', { in: 'C', out: 'G', bias: true });
    const [value = '', gate = ''] = graph.nodes('Split', [projected], 2, {
      attributes: { axis: -1, num_outputs: 2 },
    });
    const gated = graph.node('Mul', [value, activate(graph, gate, 'gelu')]);
    const fed = linear(graph, gated, 'ff.net.2', { in: 'F', out: 'C', bias: true });
    graph.output(graph.node('Add', [fed, x]), TOKENS);
  });
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

/**
 * Single-head attention over all tokens with its projections, as in the middle of the VAE: `x` is the
 * normalised input, `residual` what the result is added to. The size of a head is fixed by the channels.
 */
export function singleHeadAttention(channels: number): Template {
  return template(`single head attention ${channels}`, (graph) => {
    const square = { in: 'C', out: 'C', bias: true };
    const x = graph.input('x', TOKENS);
    const [q = '', k = '', v = ''] = ['to_q', 'to_k', 'to_v'].map((name) => linear(graph, x, name, square));
    const scaled = graph.node('Mul', [q, graph.constant([1 / Math.sqrt(channels)], 'float32')]);
    const scores = graph.node('MatMul', [
      scaled,
      graph.node('Transpose', [k], { attributes: { perm: [0, 2, 1] } }),
    ]);
    const attended = graph.node('MatMul', [graph.node('Softmax', [scores], { attributes: { axis: -1 } }), v]);
    const projected = linear(graph, attended, 'to_out.0', square);
    graph.output(graph.node('Add', [projected, graph.input('residual', TOKENS)]), TOKENS);
  });
}
