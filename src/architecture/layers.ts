/**
 * @file The layers that SDXL's networks are made of, each adding its operations to a stage. Names of modules
 * and tensors are those of diffusers checkpoints.
 */
import type { StageBuilder } from './program.ts';
import { reshaped, type Activation, type WeightSpec } from './program.ts';
import { convolution, type ConvolutionOptions } from './templates/image.ts';
import { linearLayer, transformerBlock } from './templates/tokens.ts';

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
  residual?: Activation,
): Activation {
  const channels = x.shape.at(-1) ?? 0;
  const tokens = asTokens(x);
  const inputs = residual === undefined ? { x: tokens } : { x: tokens, residual: asTokens(residual) };
  const layer = linearLayer({ bias: true, residual: residual !== undefined });
  const shape = [...tokens.shape.slice(0, -1), outSize];
  const y = stage.run(
    name,
    layer,
    { ...inputs, ...linearWeights(stage, name, 'linear', channels, outSize) },
    shape,
  );
  return reshaped(y, [...x.shape.slice(0, -1), outSize]);
}

/** diffusers' ResnetBlock2D: GroupNorm+SiLU, conv, time embedding, GroupNorm+SiLU, conv, shortcut. */
export function resnet(
  stage: StageBuilder,
  name: string,
  x: Activation,
  outChannels: number,
  norm: NormOptions,
  embedding?: Activation,
): Activation {
  const channels = x.shape.at(-1) ?? 0;
  const first = stage.groupNorm(`${name}.norm1`, x, { ...norm, silu: true });
  const embeddingSize = embedding?.shape.at(-1) ?? 0;
  const middle = embedding
    ? convolve(
        stage,
        `${name}.conv1`,
        first,
        outChannels,
        { embedding: true },
        {
          embedding: reshaped(embedding, [embedding.shape[0] ?? 0, 1, 1, embeddingSize]),
          ...linearWeights(stage, `${name}.time_emb_proj`, 'time_emb_proj', embeddingSize, outChannels),
        },
      )
    : convolve(stage, `${name}.conv1`, first, outChannels);
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

/** diffusers' BasicTransformerBlock on [batch, tokens, channels]. */
export function basicTransformerBlock(
  stage: StageBuilder,
  name: string,
  x: Activation,
  context: Activation,
  heads: number,
): Activation {
  const channels = x.shape.at(-1) ?? 0;
  const contextSize = context.shape.at(-1) ?? 0;
  const inner = 4 * channels;
  const prefix = `${name}.`;
  const project = (
    module: string,
    inSize: number,
    outSize: number,
    bias: boolean,
  ): Record<string, WeightSpec> => linearWeights(stage, prefix + module, module, inSize, outSize, bias);
  const weights = {
    ...normWeights(stage, prefix, 'norm1', channels),
    ...project('attn1.to_q', channels, channels, false),
    ...project('attn1.to_k', channels, channels, false),
    ...project('attn1.to_v', channels, channels, false),
    ...project('attn1.to_out.0', channels, channels, true),
    ...normWeights(stage, prefix, 'norm2', channels),
    ...project('attn2.to_q', channels, channels, false),
    ...project('attn2.to_k', contextSize, channels, false),
    ...project('attn2.to_v', contextSize, channels, false),
    ...project('attn2.to_out.0', channels, channels, true),
    ...normWeights(stage, prefix, 'norm3', channels),
    ...project('ff.net.0.proj', channels, 2 * inner, true),
    ...project('ff.net.2', inner, channels, true),
  };
  return stage.run(name, transformerBlock(heads, LAYER_NORM_EPS), { x, context, ...weights }, x.shape);
}

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
