/** @file The engine's networks against diffusers on the tiny SDXL model, module by module, on both backends. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildTinyVaeDecoder, parseTinyVaeConfig } from '../architecture/tiny-vae.ts';
import { buildUnet } from '../architecture/unet.ts';
import { buildVaeDecoder, buildVaeEncoder } from '../architecture/vae.ts';
import { Config } from '../architecture/config.ts';
import type { Program } from '../architecture/program.ts';
import { timestepEmbedding } from '../latents/timestep-embedding.ts';
import type { Backend, Tensor } from '../runtime/backend.ts';
import { WeightStream } from '../stream/weight-stream.ts';
import { folderCheckpoint, openWeights } from '../weights/folder-checkpoint.ts';
import { httpSource } from '../weights/http-source.ts';
import type { F32Tensor } from '../weights/safetensors.ts';
import { addedConditioning, encodeTokens } from './conditioning.ts';
import { execute } from './execute.ts';
import { toChannelsFirst, toChannelsLast } from './layout.ts';
import { openModel, type Model } from './model.ts';
import { BACKENDS, FIXTURES, loadReference } from '../testing/reference.ts';
import { relativeL2 } from '../testing/relative-l2.ts';

const FOLDER = `${FIXTURES}tiny-sdxl/model/`;
const BAR = 1e-4;
const NOTHING = new Float32Array();
/** What the reference encoded (`ids1` and `ids2`, which hold integers); the rest is padding. */
const PROMPT_IDS = [998, 17, 301, 5, 42, 999];

/** Modules recorded by the reference, and the operation of ours that ends each. */
const RECORDED: Readonly<Record<string, string>> = {
  time_embedding: 'time_embedding',
  add_embedding: 'add_embedding',
  conv_in: 'conv_in',
  'down_blocks.0.resnets.0': 'down_blocks.0.resnets.0',
  'down_blocks.0': 'down_blocks.0.downsamplers.0.conv',
  'down_blocks.1.attentions.0.transformer_blocks.0': 'down_blocks.1.attentions.0.transformer_blocks.0',
  'down_blocks.1.attentions.0': 'down_blocks.1.attentions.0.proj_out',
  'down_blocks.2': 'down_blocks.2.attentions.1.proj_out',
  mid_block: 'mid_block.resnets.1',
  'up_blocks.0.resnets.0': 'up_blocks.0.resnets.0',
  'up_blocks.0': 'up_blocks.0.upsamplers.0.conv',
  'up_blocks.1': 'up_blocks.1.upsamplers.0.conv',
  'up_blocks.2': 'up_blocks.2.resnets.2',
  conv_norm_out: 'conv_norm_out',
};

describe.each(BACKENDS)('tiny SDXL on %s', (_name, open) => {
  let backend: Backend;
  let model: Model;
  let expected: (name: string) => F32Tensor;

  beforeAll(async () => {
    backend = await open();
    model = await openModel(folderCheckpoint(httpSource(FOLDER)));
    expected = await loadReference('tiny-sdxl/expected.f32.safetensors');
  });
  afterAll(() => backend.dispose());

  it('encodes text: both penultimate states and the pooled embedding', async () => {
    const [first, second] = model.encoders;
    const ids = (padding: number): Int32Array =>
      Int32Array.from({ length: 77 }, (_, i) => PROMPT_IDS[i] ?? padding);
    const [a] = await encodeTokens(backend, first, [ids(999)], {});
    expect(relativeL2(a?.penultimate ?? NOTHING, expected('te1_penultimate').data)).toBeLessThan(BAR);
    const [b] = await encodeTokens(backend, second, [ids(0)], {});
    expect(relativeL2(b?.penultimate ?? NOTHING, expected('te2_penultimate').data)).toBeLessThan(BAR);
    expect(relativeL2(b?.pooled ?? NOTHING, expected('te2_pooled').data)).toBeLessThan(BAR);
  });

  it('evaluates the UNet: all recorded activations and the output', async () => {
    const program = buildUnet(model.unet, { batch: 1, height: 8, width: 8, tokens: 77 });
    const size = { width: 64, height: 64 };
    const inputs = {
      sample: await backend.upload(toChannelsLast(expected('unet_in').data, 4), [1, 8, 8, 4]),
      timestep: await backend.upload(timestepEmbedding(499, 32, model.unet), [1, 32]),
      added: await backend.upload(addedConditioning(model, expected('te2_pooled').data, size), [1, 80]),
      context: await backend.upload(expected('context').data, [1, 77, 64]),
    };
    const observed = new Map<string, Float32Array>();
    const wanted = new Set(Object.values(RECORDED));
    const [outputs] = await execute(backend, program, model.streams.unet, [inputs], {
      observe: async ({ name }, tensor) => {
        if (wanted.has(name)) observed.set(name, await backend.download(tensor));
      },
    });
    for (const [module, operation] of Object.entries(RECORDED)) {
      const reference = expected(`act.${module}`);
      const values = observed.get(operation) ?? new Float32Array();
      const channels = reference.shape[1] ?? 0;
      const ours = reference.shape.length === 4 ? toChannelsFirst(values, channels) : values;
      // Ours is taken after the SiLU that follows this norm.
      const theirs =
        module === 'conv_norm_out' ? reference.data.map((x) => x / (1 + Math.exp(-x))) : reference.data;
      expect(relativeL2(ours, theirs), module).toBeLessThan(BAR);
    }
    const prediction = await backend.download(outputs?.['prediction'] as Tensor);
    expect(relativeL2(toChannelsFirst(prediction, 4), expected('unet_out_t499').data)).toBeLessThan(BAR);
  });

  it('decodes with the VAE', async () => {
    const image = await decode(
      buildVaeDecoder(model.vae, { height: 8, width: 8 }),
      model.streams.vae,
      'vae_z',
    );
    expect(relativeL2(image, expected('vae_decoded').data)).toBeLessThan(BAR);
  });

  it('decodes a larger, non-square picture with the VAE', async () => {
    const image = await decode(
      buildVaeDecoder(model.vae, { height: 14, width: 11 }),
      model.streams.vae,
      'vae_tile_z',
    );
    expect(relativeL2(image, expected('vae_untiled_decoded').data)).toBeLessThan(BAR);
  });

  it('decodes with the tiny autoencoder', async () => {
    const source = httpSource(FOLDER);
    const config = parseTinyVaeConfig(
      Config.parse('tiny_vae/config.json', await (await fetch(`${FOLDER}tiny_vae/config.json`)).text()),
    );
    const stream = new WeightStream(await openWeights(source, 'tiny_vae'));
    const image = await decode(buildTinyVaeDecoder(config, { height: 8, width: 8 }), stream, 'vae_z');
    expect(relativeL2(image, expected('taesd_decoded').data)).toBeLessThan(BAR);
  });

  it('encodes a picture with the VAE', async () => {
    const reference = await loadReference('reference/tiny-vae-encode.safetensors');
    const { shape, data } = reference('image');
    const [, , height = 0, width = 0] = shape;
    const input = await backend.upload(toChannelsLast(data, 3), [1, height, width, 3]);
    const [outputs] = await execute(
      backend,
      buildVaeEncoder(model.vae, { height, width }),
      model.streams.vae,
      [{ image: input }],
    );
    const moments = await backend.download(outputs?.['moments'] as Tensor);
    expect(relativeL2(toChannelsFirst(moments, 8), reference('moments').data)).toBeLessThan(BAR);
  });

  async function decode(program: Program, stream: WeightStream, latents: string): Promise<Float32Array> {
    const { shape, data } = expected(latents);
    const [, channels = 0, height = 0, width = 0] = shape;
    const input = await backend.upload(toChannelsLast(data, channels), [1, height, width, channels]);
    const [outputs] = await execute(backend, program, stream, [{ latents: input }]);
    return toChannelsFirst(await backend.download(outputs?.['image'] as Tensor), 3);
  }
});
