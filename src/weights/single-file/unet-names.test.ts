import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unetConfig } from './derived-config.ts';
import {
  DIFFUSERS_UNET,
  LDM_UNET,
  readUnetStructure,
  unetTensors,
  type UnetStructure,
} from './unet-names.ts';

const SDXL: UnetStructure = {
  inChannels: 4,
  outChannels: 4,
  channels: [320, 640, 1280],
  down: [
    [0, 0],
    [2, 2],
    [10, 10],
  ],
  up: [
    [10, 10, 10],
    [2, 2, 2],
    [0, 0, 0],
  ],
  mid: 10,
  contextSize: 2048,
  embeddingSize: 1280,
  addedSize: 2816,
  guidanceSize: undefined,
};
/** Segmind's SSD-1B: fewer layers, not the same in a block, and a middle without attention. */
const SSD_1B: UnetStructure = {
  ...SDXL,
  down: [
    [0, 0],
    [2, 2],
    [4, 4],
  ],
  up: [
    [4, 4, 10],
    [2, 1, 1],
    [0, 0, 0],
  ],
  mid: 'residual',
};
/** KOALA: one layer to a block, no middle. */
const KOALA: UnetStructure = {
  ...SDXL,
  down: [[0], [2], [5]],
  up: [
    [5, 5],
    [2, 2],
    [0, 0],
  ],
  mid: 'none',
};

const depth = fc.integer({ min: 0, max: 3 });
const structures = fc
  .array(fc.array(depth, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 4 })
  .chain((down) =>
    fc.record({
      down: fc.constant(down),
      up: fc.tuple(
        ...down
          .toReversed()
          .map(({ length }) => fc.array(depth, { minLength: length + 1, maxLength: length + 1 })),
      ),
      channels: fc.constant(down.map((_, i) => 32 * (i + 1))),
      mid: fc.oneof(fc.constant('none' as const), fc.constant('residual' as const), depth),
    }),
  )
  .map((parts): UnetStructure => {
    const hasText = [...parts.down, ...parts.up].flat().some((layers) => layers > 0);
    return { ...SDXL, ...parts, contextSize: hasText ? 2048 : 0 };
  });

const shapesOf = (structure: UnetStructure, names: typeof LDM_UNET) => {
  const shapes = new Map(unetTensors(structure, names).map(({ name, shape }) => [name, shape]));
  return { shape: (name: string) => shapes.get(name) };
};

describe.each([
  ['diffusers', DIFFUSERS_UNET],
  ['single file', LDM_UNET],
])('the names of a %s', (_layout, names) => {
  it.each([SDXL, SSD_1B, KOALA])('tell the structure they were made from', (structure) => {
    expect(readUnetStructure(shapesOf(structure, names), names, 'unet')).toEqual(structure);
  });

  it('tell any structure, and no two tensors have the same', () => {
    fc.assert(
      fc.property(structures, (structure) => {
        const tensors = unetTensors(structure, names);
        expect(new Set(tensors.map(({ name }) => name)).size).toBe(tensors.length);
        expect(readUnetStructure(shapesOf(structure, names), names, 'unet')).toEqual(structure);
      }),
      { numRuns: 50 },
    );
  });

  it.each(['convIn', 'convOut'] as const)('need %s', (part) => {
    const { shape } = shapesOf(SDXL, names);
    const gone = `${names[part]}.weight`;
    const without = { shape: (name: string) => (name === gone ? undefined : shape(name)) };
    expect(() => readUnetStructure(without, names, 'unet')).toThrow(
      expect.objectContaining({
        code: 'weights/tensor-missing',
        detail: { tensor: gone, component: 'unet' },
      }) as Error,
    );
  });
});

describe('a pair of names', () => {
  // The block table that diffusers and kohya's scripts share.
  it.each([
    ['input_blocks.0.0.weight', 'conv_in.weight'],
    ['input_blocks.3.0.op.bias', 'down_blocks.0.downsamplers.0.conv.bias'],
    [
      'input_blocks.4.1.transformer_blocks.0.attn1.to_q.weight',
      'down_blocks.1.attentions.0.transformer_blocks.0.attn1.to_q.weight',
    ],
    [
      'input_blocks.8.1.transformer_blocks.9.ff.net.0.proj.weight',
      'down_blocks.2.attentions.1.transformer_blocks.9.ff.net.0.proj.weight',
    ],
    ['middle_block.2.out_layers.3.weight', 'mid_block.resnets.1.conv2.weight'],
    [
      'output_blocks.2.1.transformer_blocks.3.ff.net.2.bias',
      'up_blocks.0.attentions.2.transformer_blocks.3.ff.net.2.bias',
    ],
    ['output_blocks.2.2.conv.weight', 'up_blocks.0.upsamplers.0.conv.weight'],
    ['output_blocks.6.0.skip_connection.weight', 'up_blocks.2.resnets.0.conv_shortcut.weight'],
    ['label_emb.0.2.weight', 'add_embedding.linear_2.weight'],
    ['out.2.bias', 'conv_out.bias'],
  ])('%s is %s', (ldm, diffusers) => {
    const index = unetTensors(SDXL, LDM_UNET).findIndex(({ name }) => name === ldm);
    expect(unetTensors(SDXL, DIFFUSERS_UNET)[index]?.name).toBe(diffusers);
  });
});

describe('unetConfig', () => {
  const fields = (structure: UnetStructure) => {
    const { known, assumed } = unetConfig(structure, 'x', 1280);
    return { ...known, ...assumed };
  };

  // unet/config.json of stabilityai/stable-diffusion-xl-base-1.0, but for sample_size
  it('gives SDXL its own', () => {
    expect(fields(SDXL)).toMatchObject({
      block_out_channels: [320, 640, 1280],
      layers_per_block: 2,
      down_block_types: ['DownBlock2D', 'CrossAttnDownBlock2D', 'CrossAttnDownBlock2D'],
      mid_block_type: 'UNetMidBlock2DCrossAttn',
      up_block_types: ['CrossAttnUpBlock2D', 'CrossAttnUpBlock2D', 'UpBlock2D'],
      transformer_layers_per_block: [1, 2, 10],
      attention_head_dim: [5, 10, 20],
      cross_attention_dim: 2048,
      addition_time_embed_dim: 256,
      projection_class_embeddings_input_dim: 2816,
      norm_num_groups: 32,
      norm_eps: 1e-5,
    });
    expect(fields(SDXL)).not.toHaveProperty('reverse_transformer_layers_per_block');
  });

  it('writes depths that differ on the way up, and a middle of its own', () => {
    expect(fields(SSD_1B)).toMatchObject({
      transformer_layers_per_block: [1, 2, 4],
      reverse_transformer_layers_per_block: [[4, 4, 10], [2, 1, 1], 1],
      mid_block_type: 'UNetMidBlock2D',
    });
    expect(fields(KOALA)).toMatchObject({ layers_per_block: 1, mid_block_type: null });
  });

  it('refuses a middle that no config can describe', () => {
    expect(() => unetConfig({ ...SDXL, mid: 3 }, 'x', 1280)).toThrow(
      expect.objectContaining({ code: 'model/file-layout' }) as Error,
    );
  });
});
