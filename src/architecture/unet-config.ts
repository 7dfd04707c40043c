/**
 * @file What an SDXL UNet's `config.json` says, checked field by field. Everything in the SDXL family is
 * taken as it is (sizes, depths, heads, groups, eps); what belongs to other families is refused by name.
 * Field meanings follow diffusers' UNet2DConditionModel.
 */
import type { Config } from './config.ts';

export interface UnetBlockConfig {
  readonly channels: number;
  readonly attention: boolean;
  /** Residual blocks in the down block; the up block has one more. */
  readonly layers: number;
  readonly heads: number;
  readonly contextSize: number;
  /** Transformer layers of each attention, indexed by residual block. */
  readonly transformerLayers: (layer: number) => number;
}

export interface UnetConfig {
  readonly sampleSize: readonly [height: number, width: number] | undefined;
  readonly latentChannels: number;
  readonly down: readonly UnetBlockConfig[];
  readonly up: readonly UnetBlockConfig[];
  readonly mid: 'none' | 'residual' | 'attention';
  readonly midTransformerLayers: number;
  readonly groups: number;
  readonly eps: number;
  readonly contextSize: number;
  readonly convInKernel: number;
  readonly convOutKernel: number;
  readonly downsamplePadding: number;
  readonly timeEmbeddingSize: number;
  readonly flipSinToCos: boolean;
  readonly freqShift: number;
  /** Width of the guidance embedding, when the UNet takes one. */
  readonly guidanceEmbeddingSize: number | undefined;
  /** Width of the sinusoid of each of the six size numbers. */
  readonly timeIdSize: number;
  /** Width of pooled text and size sinusoids together. */
  readonly addedSize: number;
}

const TIME_IDS = 6;

/** Reads `unet/config.json`; throws `model/unsupported` or `model/config-invalid` naming the field. */
export function parseUnetConfig(config: Config): UnetConfig {
  refuseOtherFamilies(config);
  const channels = config.integers('block_out_channels');
  const count = channels.length;
  const groups = config.integer('norm_num_groups', 32);
  for (const size of channels) {
    if (groups === 0 || size % groups !== 0) {
      config.contradiction(`block_out_channels has ${size}, which norm_num_groups ${groups} does not divide`);
    }
  }
  const latentChannels = config.integer('in_channels', 4);
  if (config.integer('out_channels', 4) !== latentChannels) {
    config.refuse('in_channels', `${config.integer('out_channels', 4)}, the same as out_channels`);
  }
  const layers = config.layers('layers_per_block', config.integerPerBlock('layers_per_block', count, 2));
  const heads = config.integerPerBlock('attention_head_dim', count, 8);
  if (heads.includes(0)) config.refuse('attention_head_dim', 'at least 1 everywhere');
  const context = config.integerPerBlock('cross_attention_dim', count, 1280);
  if (new Set(context).size !== 1) config.refuse('cross_attention_dim', 'one number for all blocks');
  const depths = transformerDepths(config, count);
  const block = (i: number, type: string, depth: unknown): UnetBlockConfig => ({
    channels: channels[i] ?? 0,
    attention: type.startsWith('CrossAttn'),
    layers: layers[i] ?? 0,
    heads: heads[i] ?? 0,
    contextSize: context[i] ?? 0,
    transformerLayers: (layer) => (Array.isArray(depth) ? Number(depth[layer] ?? 0) : Number(depth)),
  });
  const downTypes = blockTypes(config, 'down_block_types', count, ['DownBlock2D', 'CrossAttnDownBlock2D']);
  const upTypes = blockTypes(config, 'up_block_types', count, ['UpBlock2D', 'CrossAttnUpBlock2D']);
  const last = depths.down.at(-1);
  const addedSize = config.integer('projection_class_embeddings_input_dim');
  const timeIdSize = config.integer('addition_time_embed_dim');
  if (addedSize <= TIME_IDS * timeIdSize) {
    config.refuse('projection_class_embeddings_input_dim', `more than ${TIME_IDS} × addition_time_embed_dim`);
  }
  return {
    sampleSize: sampleSize(config),
    latentChannels,
    down: downTypes.map((type, i) => block(i, type, depths.down[i])),
    up: upTypes.map((type, i) => block(count - 1 - i, type, depths.up[i])),
    mid: midBlock(config),
    midTransformerLayers: Number(Array.isArray(last) ? (last[0] ?? 0) : last),
    groups,
    eps: config.positive('norm_eps', 1e-5),
    contextSize: context[0] ?? 0,
    convInKernel: oddKernel(config, 'conv_in_kernel'),
    convOutKernel: oddKernel(config, 'conv_out_kernel'),
    downsamplePadding: config.integer('downsample_padding', 1),
    timeEmbeddingSize: config.integer('time_embedding_dim', 4 * (channels[0] ?? 0)),
    flipSinToCos: config.boolean('flip_sin_to_cos', true),
    freqShift: config.number('freq_shift', 0),
    guidanceEmbeddingSize:
      config.raw('time_cond_proj_dim') === undefined ? undefined : config.integer('time_cond_proj_dim'),
    timeIdSize,
    addedSize,
  };
}

/** What an SDXL UNet never has. The order matters: the most telling field is named first. */
function refuseOtherFamilies(config: Config): void {
  config.only('_class_name', ['UNet2DConditionModel']);
  if (config.raw('addition_embed_type') !== 'text_time')
    config.refuse('addition_embed_type', '"text_time" (an SDXL model)');
  config.only('act_fn', ['silu', 'swish']);
  config.only('time_embedding_type', ['positional']);
  config.only('resnet_time_scale_shift', ['default']);
  config.only('attention_type', ['default']);
  for (const name of ['mid_block_scale_factor', 'resnet_out_scale_factor']) config.only(name, [1]);
  for (const name of [
    'center_input_sample',
    'only_cross_attention',
    'mid_block_only_cross_attention',
    'dual_cross_attention',
    'class_embeddings_concat',
    'resnet_skip_time_act',
  ]) {
    config.only(name, [false]);
  }
  for (const name of [
    'num_attention_heads',
    'class_embed_type',
    'num_class_embeds',
    'encoder_hid_dim',
    'encoder_hid_dim_type',
    'time_embedding_act_fn',
    'timestep_post_act',
    'cross_attention_norm',
  ]) {
    config.only(name, []);
  }
}

function blockTypes(config: Config, name: string, count: number, known: readonly string[]): string[] {
  const types = config.strings(name);
  if (types.length !== count)
    config.contradiction(`${name} has ${types.length} entries, block_out_channels ${count}`);
  if (!types.every((type) => known.includes(type))) config.refuse(name, known.join(' or '));
  return types;
}

function midBlock(config: Config): UnetConfig['mid'] {
  // The one field whose `null` says something: no middle block.
  if (config.fields['mid_block_type'] === null) return 'none';
  const type = config.raw('mid_block_type');
  if (type === undefined || type === 'UNetMidBlock2DCrossAttn') return 'attention';
  if (type === 'UNetMidBlock2D') return 'residual';
  return config.refuse('mid_block_type', '"UNetMidBlock2DCrossAttn", "UNetMidBlock2D" or null');
}

type Depth = number | number[];

/** Transformer layers per block; the way up mirrors the way down unless the config says otherwise. */
function transformerDepths(config: Config, count: number): { down: Depth[]; up: Depth[] } {
  const read = (name: string, fallback?: number): Depth[] => {
    const value = config.raw(name) ?? fallback;
    const list = Array.isArray(value) ? (value as unknown[]) : Array.from({ length: count }, () => value);
    const isCount = (item: unknown): item is number => Number.isSafeInteger(item) && (item as number) >= 0;
    if (
      list.length !== count ||
      !list.every((item) => isCount(item) || (Array.isArray(item) && item.every(isCount)))
    ) {
      config.contradiction(`the field "${name}" is not a number or a list of ${count} numbers`);
    }
    config.layers(name, (list as Depth[]).flat());
    return list;
  };
  const down = read('transformer_layers_per_block', 1);
  const mirrored = config.raw('reverse_transformer_layers_per_block') === undefined;
  if (mirrored && down.some((depth) => Array.isArray(depth))) {
    config.refuse('reverse_transformer_layers_per_block', 'a list, as the depths differ within a block');
  }
  return { down, up: mirrored ? down.toReversed() : read('reverse_transformer_layers_per_block') };
}

function oddKernel(config: Config, name: string): number {
  const kernel = config.integer(name, 3);
  return kernel % 2 === 1 ? kernel : config.refuse(name, 'an odd number');
}

function sampleSize(config: Config): readonly [number, number] | undefined {
  const value = config.raw('sample_size');
  if (value === undefined) return undefined;
  if (!Array.isArray(value)) return [config.integer('sample_size'), config.integer('sample_size')];
  const [height = 0, width = 0] = config.integers('sample_size');
  return [height, width];
}
