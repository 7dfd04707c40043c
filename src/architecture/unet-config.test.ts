import { describe, expect, it } from 'vitest';
import { changed, expectInvalid, expectUnsupported, SDXL, type Fields } from './test-configs.ts';
import { parseUnetConfig } from './unet-config.ts';

const parse = (change: Fields) => parseUnetConfig(changed(SDXL.unet, change));

describe('parseUnetConfig', () => {
  it("reads SDXL's config", () => {
    const config = parse({});
    expect(config).toMatchObject({
      sampleSize: [128, 128],
      latentChannels: 4,
      mid: 'attention',
      midTransformerLayers: 10,
      groups: 32,
      eps: 1e-5,
      contextSize: 2048,
      convInKernel: 3,
      convOutKernel: 3,
      downsamplePadding: 1,
      timeEmbeddingSize: 1280,
      flipSinToCos: true,
      freqShift: 0,
      guidanceEmbeddingSize: undefined,
      timeIdSize: 256,
      addedSize: 2816,
    });
    const blocks = (side: typeof config.down) =>
      side.map(({ channels, attention, layers, heads, transformerLayers }) => [
        channels,
        attention,
        layers,
        heads,
        transformerLayers(0),
      ]);
    expect(blocks(config.down)).toEqual([
      [320, false, 2, 5, 1],
      [640, true, 2, 10, 2],
      [1280, true, 2, 20, 10],
    ]);
    expect(blocks(config.up)).toEqual([
      [1280, true, 2, 20, 10],
      [640, true, 2, 10, 2],
      [320, false, 2, 5, 1],
    ]);
  });

  it('takes the documented defaults of fields an older config lacks', () => {
    const absent = Object.fromEntries(
      [
        ...[
          'norm_num_groups',
          'norm_eps',
          'conv_in_kernel',
          'conv_out_kernel',
          'downsample_padding',
          'act_fn',
        ],
        ...[
          'time_embedding_dim',
          'flip_sin_to_cos',
          'freq_shift',
          'layers_per_block',
          'mid_block_type',
          '_class_name',
        ],
        ...['in_channels', 'out_channels', 'sample_size', 'time_cond_proj_dim', 'resnet_time_scale_shift'],
      ].map((name) => [name, undefined]),
    );
    const config = parse(absent);
    const { down, up, sampleSize, ...rest } = parse({});
    expect(sampleSize).toBeDefined();
    expect(config).toMatchObject({ ...rest, sampleSize: undefined });
    expect(config.down.map(({ layers }) => layers)).toEqual(down.map(({ layers }) => layers));
    expect(config.up).toHaveLength(up.length);
  });

  it.each([
    // Other families, by their most telling field.
    ['addition_embed_type', null],
    ['addition_embed_type', undefined],
    ['addition_embed_type', 'text'],
    ['addition_embed_type', 'text_image'],
    ['addition_embed_type', 'image'],
    ['_class_name', 'UNet2DModel'],
    ['in_channels', 9],
    ['in_channels', 8],
    ['class_embed_type', 'timestep'],
    ['class_embed_type', 'projection'],
    ['num_class_embeds', 1000],
    ['encoder_hid_dim', 1024],
    ['encoder_hid_dim_type', 'text_proj'],
    ['num_attention_heads', 8],
    ['time_embedding_act_fn', 'silu'],
    ['timestep_post_act', 'silu'],
    ['cross_attention_norm', 'layer_norm'],
    // Other arithmetic.
    ['act_fn', 'gelu'],
    ['time_embedding_type', 'fourier'],
    ['resnet_time_scale_shift', 'scale_shift'],
    ['attention_type', 'gated'],
    ['mid_block_scale_factor', 0.5],
    ['resnet_out_scale_factor', 1.4142],
    ['center_input_sample', true],
    ['only_cross_attention', true],
    ['only_cross_attention', [true, true, false]],
    ['mid_block_only_cross_attention', true],
    ['dual_cross_attention', true],
    ['class_embeddings_concat', true],
    ['resnet_skip_time_act', true],
    // Other blocks and shapes.
    ['mid_block_type', 'UNetMidBlock2DSimpleCrossAttn'],
    ['down_block_types', ['DownBlock2D', 'SimpleCrossAttnDownBlock2D', 'DownBlock2D']],
    ['up_block_types', ['ResnetUpsampleBlock2D', 'CrossAttnUpBlock2D', 'UpBlock2D']],
    ['cross_attention_dim', [2048, 1024, 2048]],
    ['attention_head_dim', 0],
    ['attention_head_dim', [5, 0, 20]],
    ['norm_eps', 0],
    ['conv_in_kernel', 4],
    ['conv_out_kernel', 2],
    ['conv_out_kernel', 0],
    ['projection_class_embeddings_input_dim', 1536],
  ])('refuses %s %j', (field, value) => {
    expectUnsupported(() => parse({ [field]: value }), field, value);
  });

  it("names what makes Stable Diffusion 1.5's and 2's UNets and inpainting ones no SDXL", () => {
    const sd15 = { addition_embed_type: null, cross_attention_dim: 768, attention_head_dim: 8 };
    const older = { addition_time_embed_dim: null, projection_class_embeddings_input_dim: null };
    expectUnsupported(() => parse({ ...sd15, ...older }), 'addition_embed_type', null);
    expectUnsupported(() => parse({ ...sd15, ...older, in_channels: 9 }), 'addition_embed_type', null);
    expect(() => parse({ in_channels: 9 })).toThrow(/same as out_channels/);
  });

  it('refuses depths that differ within a block without their way up', () => {
    const change = { transformer_layers_per_block: [0, [2, 2], [4, 4]] };
    expectUnsupported(() => parse(change), 'reverse_transformer_layers_per_block', null);
  });

  it.each([
    ['block_out_channels', undefined],
    ['block_out_channels', 320],
    ['block_out_channels', []],
    ['block_out_channels', [320, 640, 0]],
    ['norm_num_groups', 0],
    ['norm_num_groups', 30],
    ['norm_num_groups', '32'],
    ['norm_eps', '1e-5'],
    ['in_channels', 'four'],
    ['out_channels', -4],
    ['layers_per_block', [2, 2]],
    ['layers_per_block', 'two'],
    ['attention_head_dim', [5, 10]],
    ['cross_attention_dim', [2048]],
    ['down_block_types', undefined],
    ['down_block_types', ['DownBlock2D']],
    ['down_block_types', 'DownBlock2D'],
    ['up_block_types', ['UpBlock2D', 'UpBlock2D']],
    ['transformer_layers_per_block', [1, 2]],
    ['transformer_layers_per_block', [1, 2, 'ten']],
    ['transformer_layers_per_block', [1, 2, -1]],
    ['transformer_layers_per_block', 1.5],
    ['reverse_transformer_layers_per_block', [1]],
    ['addition_time_embed_dim', undefined],
    ['projection_class_embeddings_input_dim', undefined],
    ['projection_class_embeddings_input_dim', '2816'],
    ['time_embedding_dim', 'wide'],
    ['time_cond_proj_dim', true],
    ['flip_sin_to_cos', 1],
    ['freq_shift', 'none'],
    ['downsample_padding', 0.5],
    ['conv_in_kernel', '3'],
    ['sample_size', 'large'],
    ['sample_size', ['128', 128]],
  ])('calls %s %j invalid', (field, value) => {
    expectInvalid(() => parse({ [field]: value }), field);
  });

  it('tells an absent middle block from an unnamed one', () => {
    expect(parse({ mid_block_type: null }).mid).toBe('none');
    expect(parse({ mid_block_type: undefined }).mid).toBe('attention');
    expect(parse({ mid_block_type: 'UNetMidBlock2D' }).mid).toBe('residual');
  });

  it('reads a sample size of two sides', () => {
    expect(parse({ sample_size: [96, 128] }).sampleSize).toEqual([96, 128]);
  });
});
