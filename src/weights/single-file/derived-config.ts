/**
 * @file The configs of an SDXL checkpoint that carries none. What names and shapes tell is taken from them; what they
 * cannot tell (head sizes, norm groups, scaling, …) is what SDXL itself has, and is kept apart so that it can be
 * overridden and told to the user. Field names are those of diffusers and transformers.
 */
import { AppError } from '../../error.ts';
import type { ClipStructure } from './clip-names.ts';
import type { UnetStructure } from './unet-names.ts';
import type { VaeStructure } from './vae-names.ts';

export type Fields = Readonly<Record<string, unknown>>;

/** The fields of one config file. */
export interface DerivedConfig {
  /** Told by the tensors. */
  readonly known: Fields;
  /** SDXL's own. */
  readonly assumed: Fields;
}

const HEAD_SIZE = 64;
const TIME_IDS = 6;
const TIME_ID_SIZE = 256;

/** What a checkpoint leaves open about the whole: zeros for an absent negative prompt, as SDXL's own index says. */
export const ASSUMED_INDEX: Fields = { force_zeros_for_empty_prompt: true };

/** SDXL Turbo's scheduler; its betas are those of every SDXL. */
export const ASSUMED_SCHEDULER: Fields = {
  _class_name: 'EulerAncestralDiscreteScheduler',
  num_train_timesteps: 1000,
  beta_start: 0.00085,
  beta_end: 0.012,
  beta_schedule: 'scaled_linear',
  prediction_type: 'epsilon',
  timestep_spacing: 'trailing',
};

/** How SDXL Turbo is sampled. */
export const ASSUMED_MANIFEST: Fields = { sampler: 'turbo' };

/**
 * `unet/config.json`.
 * @param pooledSize width of the pooled text, where the checkpoint holds the encoder that makes it
 * @throws AppError `model/file-layout` for depths a config cannot express
 */
export function unetConfig(
  structure: UnetStructure,
  file: string,
  pooledSize: number | undefined,
): DerivedConfig {
  const { channels, embeddingSize, addedSize, mid } = structure;
  const isAttended = (depths: readonly number[]) => depths.some((depth) => depth > 0);
  // Blocks without attention have no depth; configs give them 1.
  const depthOf = (depths: readonly number[]) => (isAttended(depths) ? compact(depths) : 1);
  const down = structure.down.map(depthOf);
  const up = structure.up.map(depthOf);
  const isMirrored = JSON.stringify(up) === JSON.stringify(down.toReversed());
  const last = structure.down.at(-1)?.[0];
  if (typeof mid === 'number' && mid !== last) {
    const reason = `its middle block has ${mid} transformer layers, the block before it ${String(last)}`;
    throw new AppError('model/file-layout', { file, reason });
  }
  const timeIdSize = pooledSize === undefined ? undefined : (addedSize - pooledSize) / TIME_IDS;
  return {
    known: {
      _class_name: 'UNet2DConditionModel',
      in_channels: structure.inChannels,
      out_channels: structure.outChannels,
      block_out_channels: channels,
      layers_per_block: compact(structure.down.map((depths) => depths.length)),
      down_block_types: structure.down.map((d) => (isAttended(d) ? 'CrossAttnDownBlock2D' : 'DownBlock2D')),
      mid_block_type:
        mid === 'none' ? null : mid === 'residual' ? 'UNetMidBlock2D' : 'UNetMidBlock2DCrossAttn',
      up_block_types: structure.up.map((d) => (isAttended(d) ? 'CrossAttnUpBlock2D' : 'UpBlock2D')),
      transformer_layers_per_block: down,
      ...(isMirrored ? {} : { reverse_transformer_layers_per_block: up }),
      cross_attention_dim: structure.contextSize,
      addition_embed_type: 'text_time',
      ...(timeIdSize === undefined ? {} : { addition_time_embed_dim: timeIdSize }),
      projection_class_embeddings_input_dim: addedSize,
      time_embedding_dim: embeddingSize,
      ...(structure.guidanceSize === undefined ? {} : { time_cond_proj_dim: structure.guidanceSize }),
      use_linear_projection: true,
    },
    assumed: {
      attention_head_dim: channels.map(headCount),
      norm_num_groups: 32,
      norm_eps: 1e-5,
      ...(timeIdSize === undefined ? { addition_time_embed_dim: TIME_ID_SIZE } : {}),
      sample_size: 64,
    },
  };
}

/** `vae/config.json`. */
export function vaeConfig(structure: VaeStructure): DerivedConfig {
  const { channels } = structure;
  return {
    known: {
      _class_name: 'AutoencoderKL',
      in_channels: structure.imageChannels,
      out_channels: structure.imageChannels,
      latent_channels: structure.latentChannels,
      block_out_channels: channels,
      layers_per_block: structure.layers,
      down_block_types: channels.map(() => 'DownEncoderBlock2D'),
      up_block_types: channels.map(() => 'UpDecoderBlock2D'),
      mid_block_add_attention: structure.midAttention,
      use_quant_conv: structure.quantConvolution,
      use_post_quant_conv: structure.postQuantConvolution,
    },
    assumed: { norm_num_groups: 32, scaling_factor: 0.13025, sample_size: 1024 },
  };
}

/** `text_encoder/config.json` or `text_encoder_2/config.json`; the second one is the one that projects. */
export function clipConfig(structure: ClipStructure, isSecond: boolean): DerivedConfig {
  return {
    known: {
      architectures: [isSecond ? 'CLIPTextModelWithProjection' : 'CLIPTextModel'],
      model_type: 'clip_text_model',
      vocab_size: structure.vocabulary,
      hidden_size: structure.size,
      intermediate_size: structure.innerSize,
      num_hidden_layers: structure.layers,
      max_position_embeddings: structure.positions,
      ...(structure.projection === undefined ? {} : { projection_dim: structure.projection }),
    },
    assumed: {
      num_attention_heads: headCount(structure.size),
      hidden_act: isSecond ? 'gelu' : 'quick_gelu',
      layer_norm_eps: 1e-5,
      eos_token_id: 2,
    },
  };
}

/** `tiny_vae/config.json`, from the width of the decoder's first layer. */
export function tinyVaeConfig([width = 0, latentChannels = 0]: readonly number[]): DerivedConfig {
  return {
    known: {
      _class_name: 'AutoencoderTiny',
      latent_channels: latentChannels,
      decoder_block_out_channels: Array.from({ length: 4 }, () => width),
    },
    assumed: { num_decoder_blocks: [3, 3, 3, 1], scaling_factor: 1 },
  };
}

/** Heads of SDXL's size; one where the layer is narrower than that, which only layers without attention may be. */
function headCount(width: number): number {
  return Math.max(1, Math.floor(width / HEAD_SIZE));
}

/** One number where all are the same. */
function compact(values: readonly number[]): number | readonly number[] {
  const [first = 0] = values;
  return values.every((value) => value === first) ? first : values;
}
