/**
 * @file The AutoencoderKL as two programs, decoder and encoder. Follows diffusers' AutoencoderKL; Rombach
 * et al. 2022 (arXiv 2112.10752).
 */
import type { Config } from './config.ts';
import { asTokens, convolve, linearOver, linearWeights, resnet, type NormOptions } from './layers.ts';
import { ProgramBuilder, reshaped, type Activation, type Program } from './program.ts';
import { singleHeadAttention } from './templates/tokens.ts';

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
}

/** diffusers' autoencoder has this eps everywhere. */
const EPS = 1e-6;

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
  };
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

function attentionBlock(
  program: ProgramBuilder,
  name: string,
  input: Activation,
  norm: NormOptions,
): Activation {
  const channels = input.shape[3] ?? 0;
  return program.stage(name, (stage) => {
    const normed = stage.groupNorm(`${name}.group_norm`, input, { ...norm, silu: false });
    const tokens = asTokens(normed);
    const weights = Object.assign(
      {},
      ...['to_q', 'to_k', 'to_v', 'to_out.0'].map((module) =>
        linearWeights(stage, `${name}.${module}`, module, channels, channels),
      ),
    ) as ReturnType<typeof linearWeights>;
    const inputs = { x: tokens, residual: asTokens(input), ...weights };
    return reshaped(stage.run(name, singleHeadAttention(channels), inputs, tokens.shape), input.shape);
  });
}
