/**
 * @file The decoder of the tiny autoencoder (TAESD, https://github.com/madebyollin/taesd) as a program.
 * Follows diffusers' AutoencoderTiny.
 */
import type { Config } from './config.ts';
import { convolve } from './layers.ts';
import { ProgramBuilder, type Activation, type Program, type StageBuilder } from './program.ts';
import { softClamp } from './templates/image.ts';

export interface TinyVaeConfig {
  readonly latentChannels: number;
  readonly imageChannels: number;
  readonly channels: readonly number[];
  /** Blocks before each enlargement; the last entry has none after it. */
  readonly blocks: readonly number[];
  readonly enlarge: number;
  readonly scalingFactor: number;
}

/** The decoder squashes its latents to ±this, whatever the config says (diffusers' DecoderTiny). */
const LATENT_LIMIT = 3;

/** Reads `tiny_vae/config.json`; throws `model/unsupported` or `model/config-invalid` naming the field. */
export function parseTinyVaeConfig(config: Config): TinyVaeConfig {
  config.only('_class_name', ['AutoencoderTiny']);
  config.only('act_fn', ['relu']);
  config.only('upsample_fn', ['nearest']);
  config.only('shift_factor', [0]);
  config.only('out_channels', [3]);
  const channels = config.integers('decoder_block_out_channels', [64, 64, 64, 64]);
  const blocks = config.layers('num_decoder_blocks', config.integers('num_decoder_blocks', [3, 3, 3, 1]));
  if (blocks.length !== channels.length)
    config.contradiction('num_decoder_blocks and decoder_block_out_channels differ in length');
  if (new Set(channels).size !== 1) config.refuse('decoder_block_out_channels', 'the same number throughout');
  return {
    latentChannels: config.integer('latent_channels', 4),
    imageChannels: 3,
    channels,
    blocks,
    enlarge: config.integer('upsampling_scaling_factor', 2),
    scalingFactor: config.positive('scaling_factor', 1),
  };
}

/** Input `latents` [1, h, w, C] as the UNet sees them, over the scaling factor; output `image` in −1…1. */
export function buildTinyVaeDecoder(
  config: TinyVaeConfig,
  shape: { height: number; width: number },
): Program {
  const program = new ProgramBuilder();
  let index = 0;
  const nextLayer = (): string => `decoder.layers.${index++}`;
  const latents = program.input('latents', [1, shape.height, shape.width, config.latentChannels]);
  const first = nextLayer();
  let x = program.stage(first, (stage) => {
    const clamped = stage.run('clamp', softClamp(LATENT_LIMIT), { x: latents }, latents.shape);
    return convolve(stage, first, clamped, config.channels[0] ?? 0, { activation: 'relu' });
  });
  index++; // the activation has an index of its own in the checkpoint
  config.blocks.forEach((count, level) => {
    for (let i = 0; i < count; i++) {
      const name = nextLayer();
      x = program.stage(name, (stage) => tinyBlock(stage, name, x));
    }
    const last = level === config.blocks.length - 1;
    if (!last) index++; // so has the enlargement
    const name = nextLayer();
    const channels = x.shape[3] ?? 0;
    x = program.stage(name, (stage) =>
      last
        ? convolve(stage, name, x, config.imageChannels, { rescale: [2, -1] })
        : convolve(stage, name, x, channels, { bias: false, enlarge: config.enlarge }),
    );
  });
  return program.finish('tiny_vae', { image: x });
}

/** Convolutions in a row in one block. */
const BLOCK_CONVOLUTIONS = 3;

/**
 * How many latents around its own place, in each direction, a pixel of the decoder's picture depends on: from the
 * picture back, every convolution looks one place further, and an enlargement brings places together.
 */
export function tinyVaeReach({ blocks, enlarge }: TinyVaeConfig): number {
  const reach = blocks.toReversed().reduce((reached, count, i) => {
    const enlarged = i === 0 ? reached : Math.ceil((reached + 1) / enlarge);
    return enlarged + BLOCK_CONVOLUTIONS * count;
  }, 1);
  return reach + 1;
}

function tinyBlock(stage: StageBuilder, name: string, input: Activation): Activation {
  const channels = input.shape[3] ?? 0;
  const first = convolve(stage, `${name}.conv.0`, input, channels, { activation: 'relu' });
  const second = convolve(stage, `${name}.conv.2`, first, channels, { activation: 'relu' });
  const options = { residual: 'identity', activation: 'relu' } as const;
  return convolve(stage, `${name}.conv.4`, second, channels, options, { residual: input });
}
