/**
 * @file The SDXL UNet as a program: time and size embeddings, the way down, the middle, the way up with its
 * skip connections. Follows diffusers' UNet2DConditionModel; Podell et al. 2023 (arXiv 2307.01952).
 */
import {
  asTokens,
  basicTransformerBlock,
  convolve,
  linearOver,
  linearWeights,
  resnet,
  type TextProjections,
} from './layers.ts';
import { ProgramBuilder, reshaped, type Activation, type Program } from './program.ts';
import { concatenateChannels, pickPixels } from './templates/image.ts';
import { activatedSum, embedding } from './templates/tokens.ts';
import type { UnetBlockConfig, UnetConfig } from './unet-config.ts';

export interface UnetShape {
  readonly batch: number;
  /** Latent height and width. */
  readonly height: number;
  readonly width: number;
  /** Tokens of text. */
  readonly tokens: number;
}

const TRANSFORMER_NORM_EPS = 1e-6;

/**
 * Inputs: `sample` [N, h, w, C] scaled latents; `timestep` [N, C₀] sinusoid; `added` [N, P] pooled text and
 * size sinusoids; `context` [N, T, D] text states; `guidance` [N, G] when the UNet takes one; `rows.i` and
 * `columns.i` int32 indices where a size is not halved evenly. Output: `prediction` [N, h, w, C].
 */
export function buildUnet(config: UnetConfig, shape: UnetShape): Program {
  const program = new ProgramBuilder();
  const { batch, height, width } = shape;
  const sample = program.input('sample', [batch, height, width, config.latentChannels]);
  const context = program.input('context', [batch, shape.tokens, config.contextSize]);
  const network: Network = { program, config, context, embedding: embeddings(program, config, batch) };

  const base = config.down[0]?.channels ?? 0;
  let x = program.stage('conv_in', (stage) =>
    convolve(stage, 'conv_in', sample, base, { kernel: config.convInKernel }),
  );
  const skips = [x];
  config.down.forEach((block, i) => {
    x = downBlock(network, `down_blocks.${i}`, x, block, i === config.down.length - 1, skips);
  });
  x = midBlock(network, x);
  const halvings = 2 ** (config.down.length - 1);
  const even = height % halvings === 0 && width % halvings === 0;
  config.up.forEach((block, i) => {
    x = upBlock(network, `up_blocks.${i}`, x, block, { last: i === config.up.length - 1, even, skips });
  });
  const prediction = program.stage('conv_out', (stage) => {
    const normed = stage.groupNorm('conv_norm_out', x, {
      groups: config.groups,
      eps: config.eps,
      silu: true,
    });
    return convolve(stage, 'conv_out', normed, config.latentChannels, { kernel: config.convOutKernel });
  });
  return program.finish('unet', { prediction });
}

interface Network {
  readonly program: ProgramBuilder;
  readonly config: UnetConfig;
  readonly context: Activation;
  /** SiLU of the summed time and size embedding, [N, E]. */
  readonly embedding: Activation;
}

function embeddings(program: ProgramBuilder, config: UnetConfig, batch: number): Activation {
  const base = config.down[0]?.channels ?? 0;
  const size = config.timeEmbeddingSize;
  const sinusoid = program.input('timestep', [batch, base]);
  const addedInput = program.input('added', [batch, config.addedSize]);
  const guidance =
    config.guidanceEmbeddingSize === undefined
      ? undefined
      : program.input('guidance', [batch, config.guidanceEmbeddingSize]);
  const time = program.stage('time_embedding', (stage) => {
    const name = 'time_embedding';
    const condition = guidance
      ? {
          condition: guidance,
          ...linearWeights(stage, `${name}.cond_proj`, 'cond_proj', guidance.shape[1] ?? 0, base, false),
        }
      : {};
    const weights = {
      ...linearWeights(stage, `${name}.linear_1`, 'linear_1', base, size),
      ...linearWeights(stage, `${name}.linear_2`, 'linear_2', size, size),
    };
    return stage.run(
      name,
      embedding({ condition: guidance !== undefined }),
      { x: sinusoid, ...condition, ...weights },
      [batch, size],
    );
  });
  return program.stage('add_embedding', (stage) => {
    const name = 'add_embedding';
    const weights = {
      ...linearWeights(stage, `${name}.linear_1`, 'linear_1', config.addedSize, size),
      ...linearWeights(stage, `${name}.linear_2`, 'linear_2', size, size),
    };
    const added = stage.run(name, embedding({ condition: false }), { x: addedInput, ...weights }, [
      batch,
      size,
    ]);
    return stage.run('embedding', activatedSum(), { a: time, b: added }, [batch, size]);
  });
}

function downBlock(
  network: Network,
  name: string,
  input: Activation,
  block: UnetBlockConfig,
  last: boolean,
  skips: Activation[],
): Activation {
  let x = input;
  for (let layer = 0; layer < block.layers; layer++) {
    x = residualBlock(network, `${name}.resnets.${layer}`, x, block.channels);
    if (block.attention)
      x = transformer(network, `${name}.attentions.${layer}`, x, block, block.transformerLayers(layer));
    skips.push(x);
  }
  if (last) return x;
  // diffusers pads only the far sides when the config asks for no padding.
  const border = network.config.downsamplePadding;
  const padding = border === 0 ? ([0, 0, 1, 1] as const) : ([border, border, border, border] as const);
  const module = `${name}.downsamplers.0.conv`;
  x = network.program.stage(`${name}.downsamplers.0`, (stage) =>
    convolve(stage, module, x, block.channels, { stride: 2, padding }),
  );
  skips.push(x);
  return x;
}

function midBlock(network: Network, input: Activation): Activation {
  const { config } = network;
  const block = config.down.at(-1);
  if (config.mid === 'none' || !block) return input;
  let x = residualBlock(network, 'mid_block.resnets.0', input, block.channels);
  if (config.mid === 'residual') return x;
  x = transformer(network, 'mid_block.attentions.0', x, block, config.midTransformerLayers);
  return residualBlock(network, 'mid_block.resnets.1', x, block.channels);
}

interface UpOptions {
  readonly last: boolean;
  /** Whether doubling meets every skip's size. */
  readonly even: boolean;
  readonly skips: Activation[];
}

function upBlock(
  network: Network,
  name: string,
  input: Activation,
  block: UnetBlockConfig,
  options: UpOptions,
): Activation {
  let x = input;
  for (let layer = 0; layer <= block.layers; layer++) {
    const skip = options.skips.pop();
    x = residualBlock(network, `${name}.resnets.${layer}`, x, block.channels, skip);
    if (block.attention)
      x = transformer(network, `${name}.attentions.${layer}`, x, block, block.transformerLayers(layer));
  }
  if (options.last) return x;
  const target = options.skips.at(-1);
  return upsample(network, `${name}.upsamplers.0`, x, options.even ? undefined : target);
}

/** Doubles the size, or reaches exactly the size of `target` as torch's nearest interpolation does. */
function upsample(network: Network, name: string, x: Activation, target: Activation | undefined): Activation {
  const { program } = network;
  const channels = x.shape[3] ?? 0;
  if (!target)
    return program.stage(name, (stage) => convolve(stage, `${name}.conv`, x, channels, { enlarge: 2 }));
  const [batch = 0] = x.shape;
  const [, height = 0, width = 0] = target.shape;
  const rows = program.input(`rows.${name}`, [height]);
  const columns = program.input(`columns.${name}`, [width]);
  return program.stage(name, (stage) => {
    const enlarged = stage.run(name, pickPixels(), { x, rows, columns }, [batch, height, width, channels]);
    return convolve(stage, `${name}.conv`, enlarged, channels);
  });
}

/** A residual block behind the concatenation with its skip connection, if there is one. */
function residualBlock(
  network: Network,
  name: string,
  input: Activation,
  channels: number,
  skip?: Activation,
): Activation {
  const time = projectedTime(network, `${name}.time_emb_proj`, channels);
  return network.program.stage(name, (stage) => {
    const [batch = 0, height = 0, width = 0, size = 0] = input.shape;
    const x = skip
      ? stage.run(`${name}.concatenate`, concatenateChannels(), { a: input, b: skip }, [
          batch,
          height,
          width,
          size + (skip.shape[3] ?? 0),
        ])
      : input;
    return resnet(stage, name, x, channels, { groups: network.config.groups, eps: network.config.eps }, time);
  });
}

/** The time embedding through a residual block's own projection, [N, channels]. */
function projectedTime({ program, embedding }: Network, name: string, channels: number): Activation {
  return program.stage(name, (stage) => {
    const [batch = 0, size = 0] = embedding.shape;
    const row = reshaped(embedding, [1, batch, size]);
    return reshaped(linearOver(stage, name, row, channels), [batch, channels]);
  });
}

/** diffusers' Transformer2DModel with a residual connection around it. */
function transformer(
  network: Network,
  name: string,
  input: Activation,
  block: UnetBlockConfig,
  layers: number,
): Activation {
  const { program, config } = network;
  const channels = input.shape[3] ?? 0;
  const inner = block.heads * Math.floor(channels / block.heads);
  let x = program.stage(`${name}.proj_in`, (stage) => {
    const normed = stage.groupNorm(`${name}.norm`, input, {
      groups: config.groups,
      eps: TRANSFORMER_NORM_EPS,
      silu: false,
    });
    return asTokens(linearOver(stage, `${name}.proj_in`, normed, inner));
  });
  for (let layer = 0; layer < layers; layer++) {
    const module = `${name}.transformer_blocks.${layer}`;
    const text = projectedText(network, `${module}.attn2`, inner);
    x = program.stage(module, (stage) => basicTransformerBlock(stage, module, x, text, block.heads));
  }
  const y = program.stage(`${name}.proj_out`, (stage) =>
    linearOver(stage, `${name}.proj_out`, x, channels, { residual: input }),
  );
  return reshaped(y, input.shape);
}

/** The text through a block's own key and value projections, a stage of its own. */
function projectedText({ program, context }: Network, attention: string, size: number): TextProjections {
  let key = context;
  const value = program.stage(`${attention}.to_kv`, (stage) => {
    const project = (module: string): Activation =>
      linearOver(stage, `${attention}.${module}`, context, size, { bias: false });
    key = project('to_k');
    return project('to_v');
  });
  return { key, value };
}

/**
 * The index inputs of a program for sizes that doubling does not meet: source rows and columns of nearest-
 * neighbour interpolation, as torch computes them (⌊i · in/out⌋ in float32).
 */
export function resampleIndices(program: Program): Record<string, Int32Array> {
  const names = new Map(Object.entries(program.inputs).map(([name, { id }]) => [id, name]));
  const indices: Record<string, Int32Array> = {};
  for (const { operations } of program.stages) {
    for (const operation of operations) {
      if (operation.kind !== 'template' || operation.template !== pickPixels()) continue;
      const [x, rows, columns] = ['x', 'rows', 'columns'].map((input) => operation.inputs[input]);
      if (x?.kind !== 'activation' || rows?.kind !== 'activation' || columns?.kind !== 'activation') continue;
      const [, height = 0, width = 0] = x.activation.shape;
      indices[names.get(rows.activation.id) ?? ''] = nearest(height, rows.activation.shape[0] ?? 0);
      indices[names.get(columns.activation.id) ?? ''] = nearest(width, columns.activation.shape[0] ?? 0);
    }
  }
  return indices;
}

function nearest(from: number, to: number): Int32Array {
  const scale = Math.fround(from / to);
  return Int32Array.from({ length: to }, (_, i) => Math.min(from - 1, Math.floor(Math.fround(i * scale))));
}
