/**
 * @file The tensors of an SDXL UNet under diffusers' names and under those of Stability's own code (LDM, sgm), and
 * its structure read back from the names and shapes of a file. Follows `UNet2DConditionModel` and sgm's `UNetModel`.
 */
import { AppError } from '../../error.ts';
import { countUp, layer, norm, type NamedShape, type Shapes } from './tensor-names.ts';

/** What the tensors of a UNet tell of it. */
export interface UnetStructure {
  readonly inChannels: number;
  readonly outChannels: number;
  /** Width of each block on the way down. */
  readonly channels: readonly number[];
  /** Transformer depth of each layer of each block; 0: no attention. The way up has one layer more to a block. */
  readonly down: readonly (readonly number[])[];
  readonly up: readonly (readonly number[])[];
  /** Transformer depth of the middle; `residual`: one residual block alone. */
  readonly mid: number | 'residual' | 'none';
  readonly contextSize: number;
  readonly embeddingSize: number;
  /** Width of pooled text and size sinusoids together. */
  readonly addedSize: number;
  /** Width of the guidance embedding, where there is one. */
  readonly guidanceSize: number | undefined;
}

interface Layer {
  readonly resnet: string;
  readonly attention: string;
}

/** Where the modules are; `index` counts layers and samplers from the beginning of the way down or up. */
export interface UnetNames {
  readonly convIn: string;
  readonly time: readonly [string, string];
  readonly added: readonly [string, string];
  /** `undefined`: this layout has no name for it. */
  readonly guidance: string | undefined;
  readonly down: (block: number, layer: number, index: number) => Layer;
  readonly downsampler: (block: number, index: number) => string;
  readonly mid: readonly [first: string, attention: string, second: string];
  readonly up: (block: number, layer: number, index: number) => Layer;
  readonly upsampler: (block: number, index: number, hasAttention: boolean) => string;
  readonly normOut: string;
  readonly convOut: string;
  readonly resnet: Readonly<Record<'norm1' | 'conv1' | 'time' | 'norm2' | 'conv2' | 'shortcut', string>>;
}

export const DIFFUSERS_UNET: UnetNames = {
  convIn: 'conv_in',
  time: ['time_embedding.linear_1', 'time_embedding.linear_2'],
  added: ['add_embedding.linear_1', 'add_embedding.linear_2'],
  guidance: 'time_embedding.cond_proj',
  down: (block, at) => ({
    resnet: `down_blocks.${block}.resnets.${at}`,
    attention: `down_blocks.${block}.attentions.${at}`,
  }),
  downsampler: (block) => `down_blocks.${block}.downsamplers.0.conv`,
  mid: ['mid_block.resnets.0', 'mid_block.attentions.0', 'mid_block.resnets.1'],
  up: (block, at) => ({
    resnet: `up_blocks.${block}.resnets.${at}`,
    attention: `up_blocks.${block}.attentions.${at}`,
  }),
  upsampler: (block) => `up_blocks.${block}.upsamplers.0.conv`,
  normOut: 'conv_norm_out',
  convOut: 'conv_out',
  resnet: {
    norm1: 'norm1',
    conv1: 'conv1',
    time: 'time_emb_proj',
    norm2: 'norm2',
    conv2: 'conv2',
    shortcut: 'conv_shortcut',
  },
};

export const LDM_UNET: UnetNames = {
  convIn: 'input_blocks.0.0',
  time: ['time_embed.0', 'time_embed.2'],
  added: ['label_emb.0.0', 'label_emb.0.2'],
  guidance: undefined,
  down: (_block, _layer, index) => ({
    resnet: `input_blocks.${index + 1}.0`,
    attention: `input_blocks.${index + 1}.1`,
  }),
  downsampler: (_block, index) => `input_blocks.${index + 1}.0.op`,
  mid: ['middle_block.0', 'middle_block.1', 'middle_block.2'],
  up: (_block, _layer, index) => ({
    resnet: `output_blocks.${index}.0`,
    attention: `output_blocks.${index}.1`,
  }),
  // It shares the number of the layer before it.
  upsampler: (_block, index, hasAttention) => `output_blocks.${index - 1}.${hasAttention ? 2 : 1}.conv`,
  normOut: 'out.0',
  convOut: 'out.2',
  resnet: {
    norm1: 'in_layers.0',
    conv1: 'in_layers.2',
    time: 'emb_layers.1',
    norm2: 'out_layers.0',
    conv2: 'out_layers.3',
    shortcut: 'skip_connection',
  },
};

/** All tensors of a UNet, in an order that does not depend on the names. */
export function unetTensors(structure: UnetStructure, names: UnetNames): NamedShape[] {
  const { channels, embeddingSize, contextSize } = structure;
  const base = channels[0] ?? 0;
  const tensors: NamedShape[] = [
    ...layer(names.convIn, base, structure.inChannels, 3),
    ...layer(names.time[0], embeddingSize, base),
    ...layer(names.time[1], embeddingSize, embeddingSize),
    ...layer(names.added[0], embeddingSize, structure.addedSize),
    ...layer(names.added[1], embeddingSize, embeddingSize),
  ];
  if (structure.guidanceSize !== undefined && names.guidance !== undefined) {
    tensors.push(...layer(names.guidance, base, structure.guidanceSize, 0, false));
  }
  const add = ({ resnet, attention }: Layer, inSize: number, outSize: number, depth: number): void => {
    tensors.push(...resnetTensors(names, resnet, inSize, outSize, embeddingSize));
    if (depth > 0) tensors.push(...transformerTensors(attention, outSize, contextSize, depth));
  };
  const skips = [base];
  let width = base;
  let index = 0;
  structure.down.forEach((depths, block) => {
    const size = channels[block] ?? 0;
    depths.forEach((depth, at) => {
      add(names.down(block, at, index++), width, size, depth);
      width = size;
      skips.push(width);
    });
    if (block === structure.down.length - 1) return;
    tensors.push(...layer(names.downsampler(block, index++), width, width, 3));
    skips.push(width);
  });
  if (structure.mid !== 'none') {
    const depth = structure.mid === 'residual' ? 0 : structure.mid;
    add({ resnet: names.mid[0], attention: names.mid[1] }, width, width, depth);
    if (structure.mid !== 'residual')
      tensors.push(...resnetTensors(names, names.mid[2], width, width, embeddingSize));
  }
  index = 0;
  structure.up.forEach((depths, block) => {
    const size = channels[channels.length - 1 - block] ?? 0;
    depths.forEach((depth, at) => {
      add(names.up(block, at, index++), width + (skips.pop() ?? 0), size, depth);
      width = size;
    });
    if (block === structure.up.length - 1) return;
    tensors.push(...layer(names.upsampler(block, index, (depths.at(-1) ?? 0) > 0), width, width, 3));
  });
  return [...tensors, ...norm(names.normOut, base), ...layer(names.convOut, structure.outChannels, base, 3)];
}

function resnetTensors(
  { resnet: part }: UnetNames,
  name: string,
  inSize: number,
  outSize: number,
  embeddingSize: number,
): NamedShape[] {
  return [
    ...norm(`${name}.${part.norm1}`, inSize),
    ...layer(`${name}.${part.conv1}`, outSize, inSize, 3),
    ...layer(`${name}.${part.time}`, outSize, embeddingSize),
    ...norm(`${name}.${part.norm2}`, outSize),
    ...layer(`${name}.${part.conv2}`, outSize, outSize, 3),
    ...(inSize === outSize ? [] : layer(`${name}.${part.shortcut}`, outSize, inSize, 1)),
  ];
}

/** Both layouts name the inside of a transformer alike. */
function transformerTensors(name: string, size: number, contextSize: number, depth: number): NamedShape[] {
  const attention = (module: string, source: number): NamedShape[] => [
    ...layer(`${module}.to_q`, size, size, 0, false),
    ...layer(`${module}.to_k`, size, source, 0, false),
    ...layer(`${module}.to_v`, size, source, 0, false),
    ...layer(`${module}.to_out.0`, size, size),
  ];
  const blocks = Array.from({ length: depth }, (_, i) => {
    const block = `${name}.transformer_blocks.${i}`;
    return [
      ...norm(`${block}.norm1`, size),
      ...attention(`${block}.attn1`, size),
      ...norm(`${block}.norm2`, size),
      ...attention(`${block}.attn2`, contextSize),
      ...norm(`${block}.norm3`, size),
      ...layer(`${block}.ff.net.0.proj`, 8 * size, size),
      ...layer(`${block}.ff.net.2`, size, 4 * size),
    ];
  });
  return [
    ...norm(`${name}.norm`, size),
    ...layer(`${name}.proj_in`, size, size),
    ...blocks.flat(),
    ...layer(`${name}.proj_out`, size, size),
  ];
}

/**
 * Reads the structure of a UNet.
 * @param component what to call it in messages
 * @throws AppError `weights/tensor-missing`
 */
export function readUnetStructure(shapes: Shapes, names: UnetNames, component: string): UnetStructure {
  const sizes = (name: string): readonly number[] => {
    const shape = shapes.shape(`${name}.weight`);
    if (shape) return shape;
    throw new AppError('weights/tensor-missing', { tensor: `${name}.weight`, component });
  };
  const conv1 = (resnet: string): string => `${resnet}.${names.resnet.conv1}.weight`;
  const depthOf = ({ attention }: Layer): number =>
    countUp(shapes, (i) => `${attention}.transformer_blocks.${i}.norm1.weight`);
  const channels: number[] = [];
  const down: number[][] = [];
  let index = 0;
  for (let block = 0; ; block++) {
    const depths: number[] = [];
    for (let at = 0; shapes.shape(conv1(names.down(block, at, index).resnet)); at++) {
      const place = names.down(block, at, index++);
      channels[block] = shapes.shape(conv1(place.resnet))?.[0] ?? 0;
      depths.push(depthOf(place));
    }
    down.push(depths);
    if (!shapes.shape(`${names.downsampler(block, index)}.weight`)) break;
    index++;
  }
  index = 0;
  const up = down
    .toReversed()
    .map((depths, block) => [0, ...depths].map((_, at) => depthOf(names.up(block, at, index++))));
  const guidance = names.guidance === undefined ? undefined : shapes.shape(`${names.guidance}.weight`);
  const attended = firstAttention(down, up, names);
  return {
    inChannels: sizes(names.convIn)[1] ?? 0,
    outChannels: sizes(names.convOut)[0] ?? 0,
    channels,
    down,
    up,
    mid: midDepth(shapes, names),
    contextSize: attended === undefined ? 0 : (sizes(attended)[1] ?? 0),
    embeddingSize: sizes(names.time[0])[0] ?? 0,
    addedSize: sizes(names.added[0])[1] ?? 0,
    guidanceSize: guidance?.[1],
  };
}

function midDepth(shapes: Shapes, names: UnetNames): UnetStructure['mid'] {
  const [first, attention, second] = names.mid;
  const has = (resnet: string) => shapes.shape(`${resnet}.${names.resnet.conv1}.weight`) !== undefined;
  if (!has(first)) return 'none';
  if (!has(second)) return 'residual';
  return countUp(shapes, (i) => `${attention}.transformer_blocks.${i}.norm1.weight`);
}

/** A projection of the text, whose width is that of the context. */
function firstAttention(
  down: readonly (readonly number[])[],
  up: readonly (readonly number[])[],
  names: UnetNames,
): string | undefined {
  for (const [blocks, place] of [
    [down, names.down],
    [up, names.up],
  ] as const) {
    let index = 0;
    for (const [block, depths] of blocks.entries()) {
      for (const [at, depth] of depths.entries()) {
        const { attention } = place(block, at, index++);
        if (depth > 0) return `${attention}.transformer_blocks.0.attn2.to_k`;
      }
      if (blocks === down) index++;
    }
  }
  return undefined;
}
