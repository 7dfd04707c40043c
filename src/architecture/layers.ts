/**
 * @file The layers that SDXL's networks are made of, each adding its operations to a stage. Names of modules
 * and tensors are those of diffusers checkpoints.
 */
import type { StageBuilder } from './program.ts';
import { reshaped, type Activation, type WeightSpec } from './program.ts';
import { convolution, type ConvolutionOptions } from './templates/image.ts';
import {
  crossAttention,
  feedForwardIn,
  feedForwardOut,
  linearLayer,
  selfAttention,
  transformerBlock,
} from './templates/tokens.ts';

export interface NormOptions {
  readonly groups: number;
  readonly eps: number;
}

type ConvolutionExtras = Omit<ConvolutionOptions, 'kernel' | 'stride' | 'padding' | 'bias'> &
  Partial<Pick<ConvolutionOptions, 'kernel' | 'stride' | 'padding' | 'bias'>>;

/** A convolution of module `name`; 3×3, padded to keep the size, with bias unless said otherwise. */
export function convolve(
  stage: StageBuilder,
  name: string,
  x: Activation,
  outChannels: number,
  options: ConvolutionExtras = {},
  inputs: Readonly<Record<string, Activation | WeightSpec>> = {},
): Activation {
  const kernel = options.kernel ?? 3;
  const border = (kernel - 1) / 2;
  const [batch = 0, height = 0, width = 0, channels = 0] = x.shape;
  const full = {
    stride: 1,
    padding: [border, border, border, border] as const,
    bias: true,
    ...options,
    ...(isMisread(channels) ? { zeroChannels: 4 - (channels % 4) } : {}),
    kernel,
  };
  const [top, left, bottom, right] = full.padding;
  const size = (length: number, padding: number): number =>
    Math.floor((length * (full.enlarge ?? 1) + padding - kernel) / full.stride) + 1;
  const shape = [batch, size(height, top + bottom), size(width, left + right), outChannels];
  const weights: Record<string, WeightSpec> = {
    'conv.weight': stage.weight(`${name}.weight`, [outChannels, channels, kernel, kernel]),
  };
  if (full.bias) weights['conv.bias'] = stage.weight(`${name}.bias`, [outChannels]);
  return stage.run(name, convolution(full), { x, ...weights, ...inputs }, shape);
}

/**
 * Whether ONNX Runtime's NHWC convolution goes wrong on this many input channels (1.30, microsoft/onnxruntime
 * issue 29651): it takes them three at a time where they are a multiple of 3 but not of 4, and only 3 itself
 * comes out right.
 */
function isMisread(channels: number): boolean {
  return channels > 3 && channels % 3 === 0 && channels % 4 !== 0;
}

/** The weight and bias of a linear module as template inputs called `input`. */
export function linearWeights(
  stage: StageBuilder,
  name: string,
  input: string,
  inSize: number,
  outSize: number,
  bias = true,
): Record<string, WeightSpec> {
  const weights = { [`${input}.weight`]: stage.weight(`${name}.weight`, [outSize, inSize], true) };
  if (bias) weights[`${input}.bias`] = stage.weight(`${name}.bias`, [outSize]);
  return weights;
}

/** The weight and bias of a LayerNorm as template inputs of the same name. */
export function normWeights(
  stage: StageBuilder,
  prefix: string,
  name: string,
  size: number,
): Record<string, WeightSpec> {
  return {
    [`${name}.weight`]: stage.weight(`${prefix}${name}.weight`, [size]),
    [`${name}.bias`]: stage.weight(`${prefix}${name}.bias`, [size]),
  };
}

/** A linear layer (or a 1×1 convolution, the same thing in NHWC) over the last axis. */
export function linearOver(
  stage: StageBuilder,
  name: string,
  x: Activation,
  outSize: number,
  options: { residual?: Activation; bias?: boolean } = {},
): Activation {
  const { residual, bias = true } = options;
  const channels = x.shape.at(-1) ?? 0;
  const tokens = asTokens(x);
  const inputs = residual === undefined ? { x: tokens } : { x: tokens, residual: asTokens(residual) };
  const layer = linearLayer({ bias, residual: residual !== undefined });
  const shape = [...tokens.shape.slice(0, -1), outSize];
  const y = stage.run(
    name,
    layer,
    { ...inputs, ...linearWeights(stage, name, 'linear', channels, outSize, bias) },
    shape,
  );
  return reshaped(y, [...x.shape.slice(0, -1), outSize]);
}

/**
 * diffusers' ResnetBlock2D: GroupNorm+SiLU, conv, time embedding, GroupNorm+SiLU, conv, shortcut.
 * @param time [N, outChannels], the time embedding as this block projects it
 */
export function resnet(
  stage: StageBuilder,
  name: string,
  x: Activation,
  outChannels: number,
  norm: NormOptions,
  time?: Activation,
): Activation {
  const [batch = 0] = x.shape;
  const channels = x.shape.at(-1) ?? 0;
  const first = stage.groupNorm(`${name}.norm1`, x, { ...norm, silu: true });
  const shift = time ? { shift: reshaped(time, [batch, 1, 1, outChannels]) } : {};
  const middle = convolve(stage, `${name}.conv1`, first, outChannels, time ? { shift: true } : {}, shift);
  const second = stage.groupNorm(`${name}.norm2`, middle, { ...norm, silu: true });
  const shortcut = channels === outChannels ? 'identity' : 'shortcut';
  const shortcutWeights =
    shortcut === 'identity'
      ? {}
      : linearWeights(stage, `${name}.conv_shortcut`, 'conv_shortcut', channels, outChannels);
  const y = convolve(
    stage,
    `${name}.conv2`,
    second,
    outChannels,
    { residual: shortcut },
    { residual: x, ...shortcutWeights },
  );
  return named(stage, name, y);
}

/** Keys and values of the text for one block's cross-attention, [batch, text tokens, channels]. */
export interface TextProjections {
  readonly key: Activation;
  readonly value: Activation;
}

/** diffusers' BasicTransformerBlock on [batch, tokens, channels]. */
export function basicTransformerBlock(
  stage: StageBuilder,
  name: string,
  x: Activation,
  text: TextProjections,
  heads: number,
): Activation {
  const channels = x.shape.at(-1) ?? 0;
  const inner = 4 * channels;
  const prefix = `${name}.`;
  const project = (
    module: string,
    inSize: number,
    outSize: number,
    bias: boolean,
  ): Record<string, WeightSpec> => linearWeights(stage, prefix + module, module, inSize, outSize, bias);
  const self = {
    ...normWeights(stage, prefix, 'norm1', channels),
    ...project('attn1.to_q', channels, channels, false),
    ...project('attn1.to_k', channels, channels, false),
    ...project('attn1.to_v', channels, channels, false),
    ...project('attn1.to_out.0', channels, channels, true),
  };
  const cross = {
    ...text,
    ...normWeights(stage, prefix, 'norm2', channels),
    ...project('attn2.to_q', channels, channels, false),
    ...project('attn2.to_out.0', channels, channels, true),
  };
  const enter = {
    ...normWeights(stage, prefix, 'norm3', channels),
    ...project('ff.net.0.proj', channels, 2 * inner, true),
  };
  const leave = project('ff.net.2', inner, channels, true);
  const [batch = 0, tokens = 0] = x.shape;
  if (batch * tokens * 2 * inner * VALUE_BYTES <= WHOLE_BLOCK_BYTES) {
    const weights = { ...self, ...cross, ...enter, ...leave };
    return stage.run(name, transformerBlock(heads, LAYER_NORM_EPS), { x, ...weights }, x.shape);
  }
  const a = stage.run(`${prefix}attn1`, selfAttention(heads, LAYER_NORM_EPS), { x, ...self }, x.shape);
  const b = stage.run(`${prefix}attn2`, crossAttention(heads, LAYER_NORM_EPS), { x: a, ...cross }, x.shape);
  const hidden = stage.run(`${prefix}ff.net.0.proj`, feedForwardIn(LAYER_NORM_EPS), { x: b, ...enter }, [
    batch,
    tokens,
    2 * inner,
  ]);
  return stage.run(name, feedForwardOut(), { hidden, x: b, ...leave }, x.shape);
}

const VALUE_BYTES = 4;

/**
 * Up to this size of the feed-forward's hidden values a block is one template, which is quicker to submit. Beyond
 * it the templates' own memory, some six times as much, would outweigh the weights.
 */
const WHOLE_BLOCK_BYTES = 32 * 1024 ** 2;

/** diffusers' BasicTransformerBlock leaves torch's default. */
const LAYER_NORM_EPS = 1e-5;

/** An image as a row of tokens: [N, H, W, C] → [N, H·W, C]. */
export function asTokens(x: Activation): Activation {
  const [batch = 0, ...rest] = x.shape;
  const channels = rest.at(-1) ?? 0;
  return reshaped(x, [batch, rest.slice(0, -1).reduce((product, size) => product * size, 1), channels]);
}

/** Gives the last operation of a stage the name of the module it completes. */
function named(stage: StageBuilder, name: string, result: Activation): Activation {
  const operation = stage.operations.pop();
  if (operation) stage.operations.push({ ...operation, name });
  return result;
}
