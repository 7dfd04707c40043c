/**
 * @file A deliberately odd model against diffusers, on both backends: two levels, attention only in the first,
 * 16 latent channels, six norm groups, sines before cosines, a guidance embedding, sides that do not halve
 * evenly, text windows of 32 tokens, a VAE of factor 4 without quant convolutions.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildUnet, resampleIndices } from '../architecture/unet.ts';
import { buildVaeDecoder, buildVaeEncoder } from '../architecture/vae.ts';
import type { Program } from '../architecture/program.ts';
import { timestepEmbedding } from '../latents/timestep-embedding.ts';
import type { Backend, Tensor } from '../runtime/backend.ts';
import { folderCheckpoint } from '../weights/folder-checkpoint.ts';
import { httpSource } from '../weights/http-source.ts';
import type { F32Tensor } from '../weights/safetensors.ts';
import { addedConditioning, encodeTexts } from './conditioning.ts';
import { readPrompts } from './read-prompts.ts';
import { execute } from './execute.ts';
import { toChannelsFirst, toChannelsLast } from './layout.ts';
import { openModel, type Model } from './model.ts';
import { BACKENDS, FIXTURES, loadReference } from '../testing/reference.ts';
import { relativeL2 } from '../testing/relative-l2.ts';

const BAR = 1e-4;
const PROMPTS = ['a red apple on the table', 'blue'];
const BATCH = 2;

describe.each(BACKENDS)('an odd SDXL on %s', (_name, open) => {
  let backend: Backend;
  let model: Model;
  let expected: (name: string) => F32Tensor;

  beforeAll(async () => {
    backend = await open();
    model = await openModel(folderCheckpoint(httpSource(`${FIXTURES}odd-sdxl/model/`)));
    expected = await loadReference('odd-sdxl/expected.f32.safetensors');
  });
  afterAll(() => backend.dispose());

  it('encodes both prompts together', async () => {
    const texts = PROMPTS.map((text) => ({ which: 'prompt', text }) as const);
    const encoded = await encodeTexts(backend, model, readPrompts(model, texts), {});
    expect(encoded).toHaveLength(PROMPTS.length);
    encoded.forEach(({ context, pooled }, i) => {
      expect(relativeL2(context, row('unet.encoder_hidden_states', i))).toBeLessThan(BAR);
      expect(relativeL2(pooled, row('te2.pooled', i))).toBeLessThan(BAR);
    });
  });

  it.each([437, 862.25])('evaluates the UNet in a batch of two at timestep %d', async (timestep) => {
    const { shape, data } = expected('unet.sample');
    const [, channels = 0, height = 0, width = 0] = shape;
    const program = buildUnet(model.unet, { batch: BATCH, height, width, tokens: 32 });
    const size = { width: width * model.vae.factor, height: height * model.vae.factor };
    const added = PROMPTS.map((_, i) => addedConditioning(model, row('unet.text_embeds', i), size));
    const inputs: Record<string, Tensor> = {
      sample: await upload(program, 'sample', imagesToChannelsLast(data, channels)),
      timestep: await upload(
        program,
        'timestep',
        both(() => timestepEmbedding(timestep, 24, model.unet)),
      ),
      added: await upload(
        program,
        'added',
        both((i) => withTimeIds(added[i] ?? new Float32Array(), i)),
      ),
      context: await upload(program, 'context', expected('unet.encoder_hidden_states').data),
      guidance: await upload(program, 'guidance', expected('unet.timestep_cond').data),
    };
    for (const [name, indices] of Object.entries(resampleIndices(program)))
      inputs[name] = await backend.upload(indices, [indices.length]);
    const [outputs] = await execute(backend, program, model.streams.unet, [inputs]);
    const prediction = await backend.download(outputs?.['prediction'] as Tensor);
    expect(
      relativeL2(prediction, imagesToChannelsLast(expected(`unet.out.t${timestep}`).data, channels)),
    ).toBeLessThan(BAR);
  });

  it('decodes and encodes with the VAE', async () => {
    const z = expected('vae.z');
    const [, channels = 0, height = 0, width = 0] = z.shape;
    const decoder = buildVaeDecoder(model.vae, { height, width });
    const latents = await upload(decoder, 'latents', toChannelsLast(z.data, channels));
    const [decoded] = await execute(backend, decoder, model.streams.vae, [{ latents }]);
    const image = await backend.download(decoded?.['image'] as Tensor);
    expect(relativeL2(toChannelsFirst(image, 3), expected('vae.decoded').data)).toBeLessThan(BAR);

    const encoder = buildVaeEncoder(model.vae, {
      height: height * model.vae.factor,
      width: width * model.vae.factor,
    });
    const picture = await upload(encoder, 'image', toChannelsLast(expected('vae.image').data, 3));
    const [encoded] = await execute(backend, encoder, model.streams.vae, [{ image: picture }]);
    const moments = await backend.download(encoded?.['moments'] as Tensor);
    expect(relativeL2(toChannelsFirst(moments, 2 * channels), expected('vae.moments').data)).toBeLessThan(
      BAR,
    );
  });

  function row(name: string, i: number): Float32Array {
    const { shape, data } = expected(name);
    const length = data.length / (shape[0] ?? 1);
    return data.subarray(i * length, (i + 1) * length);
  }

  function upload(program: Program, input: string, values: Float32Array): Promise<Tensor> {
    return backend.upload(values, program.inputs[input]?.shape ?? []);
  }

  /** The recorded sizes differ from the picture's, so the sinusoids of the six ids are put in by hand. */
  function withTimeIds(added: Float32Array, i: number): Float32Array {
    const { timeIdSize } = model.unet;
    const start = added.length - 6 * timeIdSize;
    row('unet.time_ids', i).forEach((id, k) => {
      added.set(timestepEmbedding(id, timeIdSize, model.unet), start + k * timeIdSize);
    });
    return added;
  }
});

function both(make: (i: number) => Float32Array): Float32Array {
  const parts = Array.from({ length: BATCH }, (_, i) => make(i));
  return Float32Array.from(parts.flatMap((part) => [...part]));
}

function imagesToChannelsLast(data: Float32Array, channels: number): Float32Array {
  const size = data.length / BATCH;
  return both((i) => toChannelsLast(data.subarray(i * size, (i + 1) * size), channels));
}
