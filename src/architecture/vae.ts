/**
 * @file The AutoencoderKL as two programs, decoder and encoder. Follows diffusers' AutoencoderKL; Rombach
 * et al. 2022 (arXiv 2112.10752).
 */
import type { Config } from './config.ts';
import { asTokens, convolve, linearOver, resnet, type NormOptions } from './layers.ts';
import { ProgramBuilder, reshaped, type Activation, type Program, type StageBuilder } from './program.ts';
import { concatenateTokens, singleHeadAttention } from './templates/tokens.ts';

export interface VaeConfig {
  readonly latentChannels: number;
  readonly imageChannels: number;
  readonly channels: readonly number[];
  readonly layers: number;
  readonly groups: number;
  readonly midAttention: boolean;
  readonly quantConvolution: boolean;
  readonly postQuantConvolution: boolean;
  readonly scalingFactor: number;
  /** Per latent channel, for models that normalise their latents. */
  readonly latentsMean: readonly number[] | undefined;
  readonly latentsStd: readonly number[] | undefined;
  /** Pixels per latent, in each direction. */
  readonly factor: number;
  /** Side in latents of the tiles that large pictures may be decoded in. */
  readonly tile: number;
}

/** Sides of tiles in latents are multiples of this, so that a quarter of one is a whole number. */
export const TILE_MULTIPLE = 4;

/** diffusers' autoencoder has this eps everywhere. */
const EPS = 1e-6;

/**
 * The largest matrix of attention scores; twice as much is in use at a time. Well within a binding of 128 MiB,
 * the least that WebGPU promises, and small beside the images around it: SDXL's VAE has 4096 tokens at 512 px.
 */
const MAX_SCORE_BYTES = 32 * 1024 ** 2;

/** Reads `vae/config.json`; throws `model/unsupported` or `model/config-invalid` naming the field. */
export function parseVaeConfig(config: Config): VaeConfig {
  config.only('_class_name', ['AutoencoderKL']);
  config.only('act_fn', ['silu', 'swish']);
  const channels = config.integers('block_out_channels', [64]);
  const groups = config.integer('norm_num_groups', 32);
  for (const size of channels) {
    if (groups === 0 || size % groups !== 0) {
      config.contradiction(`block_out_channels has ${size}, which norm_num_groups ${groups} does not divide`);
    }
  }
  for (const [name, type] of [
    ['down_block_types', 'DownEncoderBlock2D'],
    ['up_block_types', 'UpDecoderBlock2D'],
  ] as const) {
    const types = config.strings(name);
    if (types.some((item) => item !== type)) config.refuse(name, `only "${type}"`);
    if (types.length !== channels.length) {
      config.contradiction(`${name} has ${types.length} entries, block_out_channels ${channels.length}`);
    }
  }
  const latentChannels = config.integer('latent_channels', 4);
  const [latentsMean, latentsStd] = (['latents_mean', 'latents_std'] as const).map((name) => {
    const values = config.numbers(name);
    if (values && values.length !== latentChannels)
      config.refuse(name, `a list of ${latentChannels} numbers`);
    return values;
  });
  for (const name of ['in_channels', 'out_channels']) config.only(name, [3]);
  return {
    latentChannels,
    imageChannels: 3,
    channels,
    layers: config.layers('layers_per_block', config.integer('layers_per_block', 1)),
    groups,
    midAttention: config.boolean('mid_block_add_attention', true),
    quantConvolution: config.boolean('use_quant_conv', true),
    postQuantConvolution: config.boolean('use_post_quant_conv', true),
    scalingFactor: config.positive('scaling_factor', 0.18215),
    latentsMean,
    latentsStd,
    factor: 2 ** (channels.length - 1),
    tile: tileSide(config, 2 ** (channels.length - 1)),
  };
}

/**
 * diffusers tiles by the size the model was made for. Its overlap, a quarter, is rounded down in latents and in
 * pixels apart; where the two disagree its tiles no longer meet, so ours are multiples of four.
 */
function tileSide(config: Config, factor: number): number {
  const side = Array.isArray(config.raw('sample_size'))
    ? config.integers('sample_size')[0]
    : config.integer('sample_size', 32);
  return Math.max(TILE_MULTIPLE, Math.floor((side ?? 0) / factor / TILE_MULTIPLE) * TILE_MULTIPLE);
}

/** Input `latents` [N, h, w, C], unscaled; output `image` [N, H, W, 3] in −1…1. */
export function buildVaeDecoder(config: VaeConfig, shape: { height: number; width: number }): Program {
  const program = new ProgramBuilder();
  const norm = { groups: config.groups, eps: EPS };
  const widest = config.channels.at(-1) ?? 0;
  let x = program.input('latents', [1, shape.height, shape.width, config.latentChannels]);
  x = program.stage('decoder.conv_in', (stage) => {
    const z = config.postQuantConvolution
      ? linearOver(stage, 'post_quant_conv', x, config.latentChannels)
      : x;
    return convolve(stage, 'decoder.conv_in', z, widest);
  });
  x = midBlock(program, 'decoder.mid_block', x, norm, config.midAttention);
  config.channels.toReversed().forEach((channels, i) => {
    const name = `decoder.up_blocks.${i}`;
    x = residualBlocks(program, name, x, channels, config.layers + 1, norm);
    if (i === config.channels.length - 1) return;
    const module = `${name}.upsamplers.0`;
    x = program.stage(module, (stage) => convolve(stage, `${module}.conv`, x, channels, { enlarge: 2 }));
  });
  const image = program.stage('decoder.conv_out', (stage) => {
    const normed = stage.groupNorm('decoder.conv_norm_out', x, { ...norm, silu: true });
    return convolve(stage, 'decoder.conv_out', normed, config.imageChannels);
  });
  return program.finish('vae', { image });
}

/** Input `image` [N, H, W, 3] in −1…1; output `moments` [N, h, w, 2C]: mean, then log variance. */
export function buildVaeEncoder(config: VaeConfig, shape: { height: number; width: number }): Program {
  const program = new ProgramBuilder();
  const norm = { groups: config.groups, eps: EPS };
  let x = program.input('image', [1, shape.height, shape.width, config.imageChannels]);
  x = program.stage('encoder.conv_in', (stage) =>
    convolve(stage, 'encoder.conv_in', x, config.channels[0] ?? 0),
  );
  config.channels.forEach((channels, i) => {
    const name = `encoder.down_blocks.${i}`;
    x = residualBlocks(program, name, x, channels, config.layers, norm);
    if (i === config.channels.length - 1) return;
    const module = `${name}.downsamplers.0`;
    x = program.stage(module, (stage) =>
      convolve(stage, `${module}.conv`, x, channels, { stride: 2, padding: [0, 0, 1, 1] }),
    );
  });
  x = midBlock(program, 'encoder.mid_block', x, norm, config.midAttention);
  const moments = program.stage('encoder.conv_out', (stage) => {
    const normed = stage.groupNorm('encoder.conv_norm_out', x, { ...norm, silu: true });
    const both = convolve(stage, 'encoder.conv_out', normed, 2 * config.latentChannels);
    return config.quantConvolution ? linearOver(stage, 'quant_conv', both, 2 * config.latentChannels) : both;
  });
  return program.finish('vae', { moments });
}

function residualBlocks(
  program: ProgramBuilder,
  name: string,
  input: Activation,
  channels: number,
  layers: number,
  norm: NormOptions,
): Activation {
  let x = input;
  for (let layer = 0; layer < layers; layer++) {
    const module = `${name}.resnets.${layer}`;
    x = program.stage(module, (stage) => resnet(stage, module, x, channels, norm));
  }
  return x;
}

function midBlock(
  program: ProgramBuilder,
  name: string,
  input: Activation,
  norm: NormOptions,
  attention: boolean,
): Activation {
  const channels = input.shape[3] ?? 0;
  const residual = (module: string, x: Activation): Activation =>
    program.stage(module, (stage) => resnet(stage, module, x, channels, norm));
  let x = residual(`${name}.resnets.0`, input);
  if (attention) x = attentionBlock(program, `${name}.attentions.0`, x, norm);
  return residual(`${name}.resnets.1`, x);
}

/** One head over all pixels: GroupNorm, attention, and the input added. */
function attentionBlock(
  program: ProgramBuilder,
  name: string,
  input: Activation,
  norm: NormOptions,
): Activation {
  const channels = input.shape[3] ?? 0;
  return program.stage(name, (stage) => {
    const normed = asTokens(stage.groupNorm(`${name}.group_norm`, input, { ...norm, silu: false }));
    const [q, k, v] = ['to_q', 'to_k', 'to_v'].map((module) =>
      linearOver(stage, `${name}.${module}`, normed, channels),
    ) as [Activation, Activation, Activation];
    const attended = attendInPieces(stage, name, { q, k, v });
    return reshaped(
      linearOver(stage, `${name}.to_out.0`, attended, channels, { residual: asTokens(input) }),
      input.shape,
    );
  });
}

/** Query tokens a few at a time, so that the matrix of scores stays within bounds. */
function attendInPieces(
  stage: StageBuilder,
  name: string,
  inputs: { readonly q: Activation; readonly k: Activation; readonly v: Activation },
): Activation {
  const [batch = 0, tokens = 0, channels = 0] = inputs.q.shape;
  const count = Math.ceil((tokens * tokens * 4) / MAX_SCORE_BYTES);
  if (count === 1) return stage.run(name, singleHeadAttention(channels), { ...inputs }, inputs.q.shape);
  const length = Math.ceil(tokens / count);
  const parts = Array.from({ length: Math.ceil(tokens / length) }, (_, i) => {
    const range = { start: i * length, end: Math.min(tokens, (i + 1) * length) };
    const shape = [batch, range.end - range.start, channels];
    return stage.run(`${name}.${i}`, singleHeadAttention(channels, range), { ...inputs }, shape);
  });
  const named = Object.fromEntries(parts.map((part, i) => [`part.${i}`, part]));
  return stage.run(`${name}.parts`, concatenateTokens(parts.length), named, inputs.q.shape);
}
