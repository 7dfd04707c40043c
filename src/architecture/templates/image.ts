/** @file Templates over images, [batch, height, width, channels]: convolutions and what surrounds them. */
import type { Edge, GraphBuilder } from '../../onnx/graph.ts';
import { activate, linear, template, type ActivationName, type Template } from './template.ts';

const IMAGE = ['N', 'H', 'W', 'C'];

export interface ConvolutionOptions {
  readonly kernel: number;
  readonly stride: number;
  /** Zero padding: top, left, bottom, right. */
  readonly padding: readonly [number, number, number, number];
  readonly bias: boolean;
  /** Channels of zeros put behind those of the input and the weights; they change nothing but the sizes. */
  readonly zeroChannels?: number;
  /** Nearest-neighbour enlargement before the convolution. */
  readonly enlarge?: number;
  /** Adds a per-channel vector: `shift` [N, 1, 1, O]. */
  readonly shift?: boolean;
  /** Adds the input `residual`, as it is or through a 1×1 `conv_shortcut` with bias. */
  readonly residual?: 'identity' | 'shortcut';
  /** After everything else. */
  readonly activation?: ActivationName;
  /** Multiplies by `[0]` and adds `[1]` at the very end. */
  readonly rescale?: readonly [number, number];
}

/**
 * A k×k convolution with its surroundings in one graph. Inputs: `x`, `conv.weight` [out, in, k, k],
 * `conv.bias`, and what the options add. The transposes to NCHW and back cancel in ONNX Runtime, whose
 * WebGPU kernels work in NHWC.
 */
export function convolution(options: ConvolutionOptions): Template {
  return template(`convolution ${JSON.stringify(options)}`, (graph) => {
    const { kernel, stride, padding, zeroChannels, shift, residual, activation, rescale } = options;
    let x = graph.input('x', IMAGE);
    let weight = graph.input('conv.weight', ['O', 'C', kernel, kernel]);
    // In NHWC: a transpose between this and the convolution would be a copy of the enlarged image.
    if (options.enlarge !== undefined) x = enlarge(graph, x, options.enlarge);
    if (zeroChannels !== undefined) {
      x = withZeros(graph, x, [0, 0, 0, zeroChannels]);
      weight = withZeros(graph, weight, [0, zeroChannels, 0, 0]);
    }
    const operands = [graph.node('Transpose', [x], { attributes: { perm: [0, 3, 1, 2] } }), weight];
    if (options.bias) operands.push(biases(graph, residual));
    const convolved = graph.node('Conv', operands, {
      attributes: { kernel_shape: [kernel, kernel], strides: [stride, stride], pads: padding },
    });
    let y = graph.node('Transpose', [convolved], { attributes: { perm: [0, 2, 3, 1] } });
    if (shift) y = graph.node('Add', [y, graph.input('shift', ['N', 1, 1, 'O'])]);
    if (residual) y = graph.node('Add', [y, residualBranch(graph, residual)]);
    if (activation) y = activate(graph, y, activation);
    if (rescale) {
      y = graph.node('Mul', [y, graph.constant([rescale[0]], 'float32')]);
      y = graph.node('Add', [y, graph.constant([rescale[1]], 'float32')]);
    }
    graph.output(y, ['N', 'OH', 'OW', 'O']);
  });
}

/** The bias of everything that is summed: added to an image on its own, each would be a pass over it. */
function biases(graph: GraphBuilder, residual: ConvolutionOptions['residual']): Edge {
  const bias = graph.input('conv.bias', ['O']);
  if (residual !== 'shortcut') return bias;
  return graph.node('Add', [bias, graph.input('conv_shortcut.bias', ['O'])]);
}

function residualBranch(graph: GraphBuilder, kind: NonNullable<ConvolutionOptions['residual']>): Edge {
  if (kind === 'identity') return graph.input('residual', ['N', 'OH', 'OW', 'O']);
  const x = graph.input('residual', ['N', 'OH', 'OW', 'R']);
  return linear(graph, x, 'conv_shortcut', { in: 'R', out: 'O', bias: false });
}

/** Zeros behind the end of each axis, as many as said. */
function withZeros(graph: GraphBuilder, x: Edge, counts: readonly number[]): Edge {
  return graph.node('Pad', [x, graph.constant([...counts.map(() => 0), ...counts], 'int64')]);
}

function enlarge(graph: GraphBuilder, x: Edge, scale: number): Edge {
  const scales = graph.constant([1, scale, scale, 1], 'float32');
  return graph.node('Resize', [x, '', scales], {
    attributes: { mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' },
  });
}

/** [N, H, W, A] and [N, H, W, B] → [N, H, W, A + B]. */
export function concatenateChannels(): Template {
  return template('concatenate channels', (graph) => {
    const a = graph.input('a', ['N', 'H', 'W', 'A']);
    const b = graph.input('b', ['N', 'H', 'W', 'B']);
    graph.output(graph.node('Concat', [a, b], { attributes: { axis: 3 } }), ['N', 'H', 'W', 'C']);
  });
}

/**
 * Picks rows and columns by index: nearest-neighbour resampling to any size. Inputs `rows` [OH] and
 * `columns` [OW] hold int32 source indices.
 */
export function pickPixels(): Template {
  return template('pick pixels', (graph) => {
    const x = graph.input('x', IMAGE);
    const rows = graph.node('Gather', [x, graph.input('rows', ['OH'], 'int32')], { attributes: { axis: 1 } });
    const pixels = graph.node('Gather', [rows, graph.input('columns', ['OW'], 'int32')], {
      attributes: { axis: 2 },
    });
    graph.output(pixels, ['N', 'OH', 'OW', 'C']);
  });
}

/** 3·tanh(x/3): how the tiny autoencoder tames its latents. */
export function softClamp(limit: number): Template {
  return template(`soft clamp ${limit}`, (graph) => {
    const scale = graph.constant([limit], 'float32');
    const squashed = graph.node('Tanh', [graph.node('Div', [graph.input('x', IMAGE), scale])]);
    graph.output(graph.node('Mul', [squashed, scale]), IMAGE);
  });
}
