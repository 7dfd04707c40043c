import { describe, expect, it } from 'vitest';
import { changed, expectInvalid, expectUnsupported, SDXL, type Fields } from './test-configs.ts';
import { parseTinyVaeConfig } from './tiny-vae.ts';
import { buildVaeDecoder, parseVaeConfig } from './vae.ts';

describe('parseVaeConfig', () => {
  const parse = (change: Fields) => parseVaeConfig(changed(SDXL.vae, change));

  it("reads SDXL's config", () => {
    expect(parse({})).toEqual({
      latentChannels: 4,
      imageChannels: 3,
      channels: [128, 256, 512, 512],
      layers: 2,
      groups: 32,
      midAttention: true,
      quantConvolution: true,
      postQuantConvolution: true,
      scalingFactor: 0.13025,
      latentsMean: undefined,
      latentsStd: undefined,
      factor: 8,
      tile: 128,
    });
  });

  it("takes diffusers' default of the scaling factor, and the factor of its levels", () => {
    const types = { down_block_types: ['DownEncoderBlock2D'], up_block_types: ['UpDecoderBlock2D'] };
    const config = parse({ scaling_factor: undefined, block_out_channels: [64], ...types });
    expect(config).toMatchObject({ scalingFactor: 0.18215, factor: 1 });
  });

  it.each([
    [undefined, 4],
    [64, 8],
    [[512, 768], 64],
    [500, 60],
    [8, 4],
  ])('tiles by the size the model was made for: sample_size %j → %i latents', (sample_size, tile) => {
    expect(parse({ sample_size })).toMatchObject({ tile });
  });

  it('reads the statistics of the latents', () => {
    const statistics = { latents_mean: [1, 2, 3, 4], latents_std: [0.5, 0.5, 0.5, 0.5] };
    expect(parse(statistics)).toMatchObject({ latentsMean: [1, 2, 3, 4], latentsStd: [0.5, 0.5, 0.5, 0.5] });
  });

  it.each([
    ['_class_name', 'VQModel'],
    ['_class_name', 'AsymmetricAutoencoderKL'],
    ['act_fn', 'relu'],
    ['in_channels', 4],
    ['out_channels', 1],
    [
      'down_block_types',
      ['DownEncoderBlock2D', 'AttnDownEncoderBlock2D', 'DownEncoderBlock2D', 'DownEncoderBlock2D'],
    ],
    ['up_block_types', ['UpDecoderBlock2D', 'UpDecoderBlock2D', 'UpDecoderBlock2D', 'AttnUpDecoderBlock2D']],
    ['scaling_factor', 0],
    ['scaling_factor', -1],
    ['latents_mean', [1, 2]],
    ['latents_std', [1, 2, 3, 4, 5]],
  ])('refuses %s %j', (field, value) => {
    expectUnsupported(() => parse({ [field]: value }), field, value);
  });

  it.each([
    ['block_out_channels', 'wide'],
    ['block_out_channels', [128, 256, 500, 512]],
    ['norm_num_groups', 0],
    ['norm_num_groups', 24],
    ['down_block_types', ['DownEncoderBlock2D']],
    ['up_block_types', undefined],
    ['latent_channels', 4.5],
    ['latents_mean', 'zero'],
    ['latents_std', [1, 2, 3, null]],
    ['layers_per_block', [2]],
    ['mid_block_add_attention', 'yes'],
    ['use_quant_conv', 1],
    ['use_post_quant_conv', 0],
    ['scaling_factor', '0.13025'],
    ['sample_size', 'large'],
  ])('calls %s %j invalid', (field, value) => {
    expectInvalid(() => parse({ [field]: value }), field);
  });
});

describe('attention in the middle of the VAE', () => {
  const operations = (height: number, width: number) => {
    const program = buildVaeDecoder(parseVaeConfig(changed(SDXL.vae, {})), { height, width });
    const stage = program.stages.find(({ name }) => name === 'decoder.mid_block.attentions.0');
    return stage?.operations.map(({ name, output }) => [name.split('attentions.0.')[1], output.shape[1]]);
  };

  it('is one matrix of scores up to 32 MiB', () => {
    expect(operations(40, 72)).toEqual([
      ['group_norm', 40],
      ['to_q', 2880],
      ['to_k', 2880],
      ['to_v', 2880],
      [undefined, 2880],
      ['to_out.0', 2880],
    ]);
  });

  it('is done a few rows at a time beyond that, all of them once', () => {
    expect(operations(64, 64)?.slice(4)).toEqual([
      ['0', 2048],
      ['1', 2048],
      ['parts', 4096],
      ['to_out.0', 4096],
    ]);
    const pieces = operations(101, 77)?.slice(4, -2) ?? [];
    expect(pieces).toHaveLength(8);
    expect(pieces.reduce((sum, [, rows]) => sum + Number(rows), 0)).toBe(101 * 77);
    expect(pieces.every(([, rows]) => Number(rows) * 101 * 77 * 4 <= 32 * 1024 ** 2)).toBe(true);
  });
});

describe('parseTinyVaeConfig', () => {
  const parse = (change: Fields) => parseTinyVaeConfig(changed(SDXL.tinyVae, change));

  it("reads the tiny autoencoder's config", () => {
    expect(parse({})).toEqual({
      latentChannels: 4,
      imageChannels: 3,
      channels: [64, 64, 64, 64],
      blocks: [3, 3, 3, 1],
      enlarge: 2,
      scalingFactor: 1,
    });
  });

  it.each([
    ['_class_name', 'AutoencoderKL'],
    ['act_fn', 'silu'],
    ['upsample_fn', 'bilinear'],
    ['shift_factor', 0.1],
    ['scaling_factor', 0],
    ['out_channels', 4],
    ['decoder_block_out_channels', [64, 64, 32, 64]],
  ])('refuses %s %j', (field, value) => {
    expectUnsupported(() => parse({ [field]: value }), field, value);
  });

  it.each([
    ['num_decoder_blocks', [3, 3]],
    ['num_decoder_blocks', 3],
    ['decoder_block_out_channels', [64]],
    ['latent_channels', '4'],
    ['upsampling_scaling_factor', 1.5],
    ['scaling_factor', true],
  ])('calls %s %j invalid', (field, value) => {
    expectInvalid(() => parse({ [field]: value }), field);
  });
});
