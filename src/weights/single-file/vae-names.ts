/**
 * @file The tensors of SDXL's autoencoder under diffusers' names and under those of Stability's own code (LDM, sgm),
 * and its structure read back from the names and shapes of a file. Follows `AutoencoderKL` of both.
 */
import { AppError } from '../../error.ts';
import { countUp, layer, norm, type NamedShape, type Shapes } from './tensor-names.ts';

/** What the tensors of an autoencoder tell of it. */
export interface VaeStructure {
  readonly latentChannels: number;
  readonly imageChannels: number;
  /** Width of each block of the encoder; the decoder's are the same the other way round. */
  readonly channels: readonly number[];
  /** Residual blocks to a block of the encoder; the decoder has one more. */
  readonly layers: number;
  readonly midAttention: boolean;
  readonly quantConvolution: boolean;
  readonly postQuantConvolution: boolean;
  /** Files made for decoding alone have none. */
  readonly encoder: boolean;
}

/** Where the modules are, in either half. */
export interface VaeNames {
  readonly down: (block: number, layer: number) => string;
  readonly downsampler: (block: number) => string;
  /** `blocks` is their number: one layout counts them from the other end. */
  readonly up: (block: number, layer: number, blocks: number) => string;
  readonly upsampler: (block: number, blocks: number) => string;
  readonly mid: readonly [first: string, attention: string, second: string];
  readonly attention: Readonly<Record<'norm' | 'q' | 'k' | 'v' | 'out', string>>;
  /** Attention's projections: 0 for linear layers, 1 for convolutions of one pixel. */
  readonly attentionKernel: 0 | 1;
  readonly shortcut: string;
  readonly normOut: string;
}

export const DIFFUSERS_VAE: VaeNames = {
  down: (block, at) => `encoder.down_blocks.${block}.resnets.${at}`,
  downsampler: (block) => `encoder.down_blocks.${block}.downsamplers.0.conv`,
  up: (block, at) => `decoder.up_blocks.${block}.resnets.${at}`,
  upsampler: (block) => `decoder.up_blocks.${block}.upsamplers.0.conv`,
  mid: ['mid_block.resnets.0', 'mid_block.attentions.0', 'mid_block.resnets.1'],
  attention: { norm: 'group_norm', q: 'to_q', k: 'to_k', v: 'to_v', out: 'to_out.0' },
  attentionKernel: 0,
  shortcut: 'conv_shortcut',
  normOut: 'conv_norm_out',
};

export const LDM_VAE: VaeNames = {
  down: (block, at) => `encoder.down.${block}.block.${at}`,
  downsampler: (block) => `encoder.down.${block}.downsample.conv`,
  up: (block, at, blocks) => `decoder.up.${blocks - 1 - block}.block.${at}`,
  upsampler: (block, blocks) => `decoder.up.${blocks - 1 - block}.upsample.conv`,
  mid: ['mid.block_1', 'mid.attn_1', 'mid.block_2'],
  attention: { norm: 'norm', q: 'q', k: 'k', v: 'v', out: 'proj_out' },
  attentionKernel: 1,
  shortcut: 'nin_shortcut',
  normOut: 'norm_out',
};

/** All tensors of an autoencoder, in an order that does not depend on the names. */
export function vaeTensors(structure: VaeStructure, names: VaeNames): NamedShape[] {
  const { latentChannels, imageChannels, channels, layers } = structure;
  const blocks = channels.length;
  const narrow = channels[0] ?? 0;
  const wide = channels.at(-1) ?? 0;
  const tensors: NamedShape[] = [];
  const resnet = (name: string, inSize: number, outSize: number): void => {
    tensors.push(...resnetTensors(names, name, inSize, outSize));
  };
  if (structure.encoder) {
    tensors.push(...layer('encoder.conv_in', narrow, imageChannels, 3));
    channels.forEach((size, block) => {
      for (let at = 0; at < layers; at++) {
        resnet(names.down(block, at), at === 0 ? (channels[block - 1] ?? narrow) : size, size);
      }
      if (block < blocks - 1) tensors.push(...layer(names.downsampler(block), size, size, 3));
    });
    tensors.push(...midTensors(names, 'encoder', wide, structure.midAttention));
    tensors.push(...norm(`encoder.${names.normOut}`, wide));
    tensors.push(...layer('encoder.conv_out', 2 * latentChannels, wide, 3));
  }
  if (structure.quantConvolution)
    tensors.push(...layer('quant_conv', 2 * latentChannels, 2 * latentChannels, 1));
  if (structure.postQuantConvolution)
    tensors.push(...layer('post_quant_conv', latentChannels, latentChannels, 1));
  tensors.push(...layer('decoder.conv_in', wide, latentChannels, 3));
  tensors.push(...midTensors(names, 'decoder', wide, structure.midAttention));
  channels.toReversed().forEach((size, block) => {
    for (let at = 0; at <= layers; at++) {
      resnet(names.up(block, at, blocks), at === 0 ? (channels[blocks - block] ?? wide) : size, size);
    }
    if (block < blocks - 1) tensors.push(...layer(names.upsampler(block, blocks), size, size, 3));
  });
  tensors.push(...norm(`decoder.${names.normOut}`, narrow));
  tensors.push(...layer('decoder.conv_out', imageChannels, narrow, 3));
  return tensors;
}

function resnetTensors(names: VaeNames, name: string, inSize: number, outSize: number): NamedShape[] {
  return [
    ...norm(`${name}.norm1`, inSize),
    ...layer(`${name}.conv1`, outSize, inSize, 3),
    ...norm(`${name}.norm2`, outSize),
    ...layer(`${name}.conv2`, outSize, outSize, 3),
    ...(inSize === outSize ? [] : layer(`${name}.${names.shortcut}`, outSize, inSize, 1)),
  ];
}

function midTensors(names: VaeNames, half: string, size: number, hasAttention: boolean): NamedShape[] {
  const [first, attention, second] = names.mid.map((name) => `${half}.${name}`) as [string, string, string];
  const { norm: groupNorm, q, k, v, out } = names.attention;
  const projections = [q, k, v, out].flatMap((part) =>
    layer(`${attention}.${part}`, size, size, names.attentionKernel),
  );
  return [
    ...resnetTensors(names, first, size, size),
    ...(hasAttention ? [...norm(`${attention}.${groupNorm}`, size), ...projections] : []),
    ...resnetTensors(names, second, size, size),
  ];
}

/**
 * Reads the structure of an autoencoder from its decoder.
 * @param component what to call it in messages
 * @throws AppError `weights/tensor-missing`
 */
export function readVaeStructure(shapes: Shapes, names: VaeNames, component: string): VaeStructure {
  const sizes = (name: string): readonly number[] => {
    const shape = shapes.shape(`${name}.weight`);
    if (shape) return shape;
    throw new AppError('weights/tensor-missing', { tensor: `${name}.weight`, component });
  };
  const has = (name: string) => shapes.shape(`${name}.weight`) !== undefined;
  // Counted from 0 in both layouts, whichever end that is.
  const blocks = countUp(shapes, (i) => `${names.up(i, 0, 1 + 2 * i)}.conv1.weight`);
  const layers = countUp(shapes, (i) => `${names.up(0, i, blocks)}.conv1.weight`) - 1;
  const channels = Array.from({ length: blocks }, (_, i) => {
    const widest = names.up(blocks - 1 - i, 0, blocks);
    return sizes(`${widest}.conv1`)[0] ?? 0;
  });
  return {
    latentChannels: sizes('decoder.conv_in')[1] ?? 0,
    imageChannels: sizes('decoder.conv_out')[0] ?? 0,
    channels,
    layers,
    midAttention: has(`decoder.${names.mid[1]}.${names.attention.q}`),
    quantConvolution: has('quant_conv'),
    postQuantConvolution: has('post_quant_conv'),
    encoder: has('encoder.conv_in'),
  };
}
