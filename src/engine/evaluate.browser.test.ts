/** @file The watchdog on real networks, with one operation's result spoiled, on both backends. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { buildClip } from '../architecture/clip.ts';
import type { Program } from '../architecture/program.ts';
import { buildTinyVaeDecoder } from '../architecture/tiny-vae.ts';
import { buildVaeDecoder } from '../architecture/vae.ts';
import { AppError } from '../error.ts';
import { WeightStream } from '../stream/weight-stream.ts';
import { withPlantedFaults, type PlantedBackend } from '../testing/planted-fault.ts';
import { BACKENDS, FIXTURES, slowOnWebgpu } from '../testing/reference.ts';
import { folderCheckpoint, openWeights } from '../weights/folder-checkpoint.ts';
import { httpSource } from '../weights/http-source.ts';
import type { WeightSet } from '../weights/weight-set.ts';
import { encodeTokens, zeroText } from './conditioning.ts';
import { decodeLatents } from './decode.ts';
import { openModel, type Model } from './model.ts';
import type { GenerateRequest } from './protocol/generate.ts';
import { evaluateAndRead } from './evaluate.ts';
import { pictureName, resolveSettings, type Settings } from './settings.ts';
import { UnetEvaluation, unetPrograms } from './unet-evaluation.ts';

const FOLDER = `${FIXTURES}tiny-sdxl/model/`;
const REQUEST: GenerateRequest = {
  model: { kind: 'url', url: FOLDER },
  prompt: '',
  seed: 0n,
  steps: 2,
  width: 32,
  height: 32,
  count: 1,
  sampler: 'turbo',
  // The second of its steps has one job.
  guidance: 'first-step',
  guidanceScale: 2,
  backend: 'auto',
  precision: 'f32',
  dump: false,
  previews: false,
};
const SIZE = { height: 2, width: 2 };
const TOKENS = 77;

/** A value that is neither the same everywhere nor zero anywhere. */
const wave = (length: number): Float32Array => Float32Array.from({ length }, (_, i) => Math.sin(i + 1));

/** Every kind of stage: the network that has it, the stage, and the operation that ends it. */
const PLACES = [
  ['text', 'text_encoder', 'text_model.encoder.layers.0', undefined],
  ['resnet', 'unet', 'down_blocks.1.resnets.0', undefined],
  ['attention', 'unet', 'down_blocks.1.attentions.0.transformer_blocks.0', undefined],
  ['down', 'unet', 'down_blocks.0.downsamplers.0', 'down_blocks.0.downsamplers.0.conv'],
  ['up', 'unet', 'up_blocks.0.upsamplers.0', 'up_blocks.0.upsamplers.0.conv'],
  ['VAE', 'vae', 'decoder.up_blocks.1.resnets.0', undefined],
  ['tiny VAE', 'tiny_vae', 'decoder.layers.3', 'decoder.layers.3.conv.4'],
] as const;
const FAULTS = ['NaN', 'Infinity', 'zeros'] as const;
const MATRIX = PLACES.flatMap((place, i) =>
  FAULTS.map((fault, k) => ({ fault, place, isUsual: (i + k) % FAULTS.length === 0 })),
);

describe.each(BACKENDS)('the watchdog on %s', (backendName, open) => {
  let planted: PlantedBackend;
  let model: Model;
  let settings: Settings;
  let unet: UnetEvaluation;

  beforeAll(async () => {
    planted = withPlantedFaults(await open());
    model = await openModel(folderCheckpoint(httpSource(FOLDER)));
    settings = resolveSettings(REQUEST, model);
    unet = new UnetEvaluation(planted.backend, model, settings, true);
    const positive = { context: wave(TOKENS * model.unet.contextSize), pooled: wave(32) };
    // Keys and values of the negative's zeros are zeros: no fault.
    await unet.prepare({ positive, negative: zeroText(positive) }, {});
  });
  afterEach(() => planted.clear());
  afterAll(async () => {
    unet.dispose();
    await planted.backend.dispose();
  });

  /** The program that a network runs here, and a run of it. */
  function network(name: string): { program: Program; run: () => Promise<unknown> } {
    const { backend } = planted;
    const [encoder] = model.encoders;
    const decode = (vae: 'full' | 'tiny') => (): Promise<unknown> => {
      const mode = { latentHeight: SIZE.height, latentWidth: SIZE.width, vae };
      return decodeLatents(backend, model, mode, wave(4 * SIZE.height * SIZE.width), {});
    };
    const { tinyVae } = model;
    if (!tinyVae) throw new Error('the model has no tiny VAE');
    switch (name) {
      case 'text_encoder': {
        const ids = Int32Array.from({ length: TOKENS }, (_, i) => i);
        const program = buildClip(encoder.config, encoder.component, TOKENS);
        return { program, run: () => encodeTokens(backend, encoder, [ids], {}) };
      }
      case 'vae':
        return { program: buildVaeDecoder(model.vae, SIZE), run: decode('full') };
      case 'tiny_vae':
        return { program: buildTinyVaeDecoder(tinyVae.config, SIZE), run: decode('tiny') };
      default: {
        const latents = wave(4 * settings.latentHeight * settings.latentWidth);
        return { program: unetPrograms(model, settings, true).step, run: () => unet.run([latents], 1, {}) };
      }
    }
  }

  for (const { fault, place, isUsual } of MATRIX) {
    const [kind, name, stage, operation] = place;
    const tags = isUsual ? [] : slowOnWebgpu(backendName);
    it(`finds ${fault} in a ${kind} stage`, { tags }, async () => {
      const { program, run } = network(name);
      planted.plant({ program, operation: operation ?? stage, fault });
      const found = { network: name, stage, operation: operation ?? stage, step: name === 'unet' ? 2 : null };
      await expect(run()).rejects.toMatchObject({
        code: fault === 'zeros' ? 'image/zeros' : 'image/not-finite',
        detail: fault === 'zeros' ? found : { ...found, count: 1 },
      });
    });
  }

  it('names the operation inside of the stage', async () => {
    const { program, run } = network('vae');
    const stage = 'decoder.up_blocks.0.resnets.1';
    planted.plant({ program, operation: `${stage}.conv1`, fault: 'Infinity' });
    await expect(run()).rejects.toMatchObject({
      code: 'image/not-finite',
      detail: { network: 'vae', stage, operation: `${stage}.conv1`, count: 1, precision: 'f32' },
    });
  });

  it('names the picture that went wrong', { tags: slowOnWebgpu(backendName) }, async () => {
    const latents = wave(4 * settings.latentHeight * settings.latentWidth);
    const pictures = [0, 1].map((index) => pictureName({ seeds: [8n, 9n], variations: [] }, index));
    // The first step has two jobs for each of them.
    const run = unet.run([latents, latents.with(5, NaN)], 0, { pictures });
    await expect(run).rejects.toMatchObject({
      code: 'image/not-finite',
      detail: { stage: 'conv_in', step: 1, picture: { seed: '9', number: 2, count: 2 } },
    });
  });

  it.each([
    ['vae', 'decoder.up_blocks.0.resnets.1.conv1', true],
    ['vae', 'decoder.conv_out', false],
    // The decoder spreads it over the whole.
    ['unet', 'conv_out', true],
  ])(
    'tells whether the picture would be black of a NaN in %s %s: %s',
    async (name, operation, wouldBeBlack) => {
      const { program, run } = network(name);
      planted.plant({ program, operation, fault: 'NaN' });
      await expect(run()).rejects.toMatchObject({ code: 'image/not-finite', detail: { wouldBeBlack } });
    },
  );

  it('finds a NaN before a ReLU that may swallow it', async () => {
    const { program, run } = network('tiny_vae');
    const [stage, operation] = ['decoder.layers.3', 'decoder.layers.3.conv.0'];
    planted.plant({ program, operation, fault: 'NaN' });
    await expect(run()).rejects.toMatchObject({ code: 'image/not-finite', detail: { stage, operation } });
  });

  it('calls no picture black for one of its tiles', async () => {
    const tiled = { latentHeight: 8, latentWidth: 4, vae: 'tiled', vaeTile: 4 } as const;
    const program = buildVaeDecoder(model.vae, { height: 4, width: 4 });
    planted.plant({ program, operation: 'decoder.conv_in', fault: 'NaN' });
    const run = decodeLatents(planted.backend, model, tiled, wave(4 * 8 * 4), {});
    await expect(run).rejects.toMatchObject({ code: 'image/not-finite', detail: { wouldBeBlack: false } });
  });

  it('keeps what was found where it cannot be computed again', async () => {
    const { program } = network('vae');
    planted.plant({ program, operation: 'decoder.conv_out', fault: 'NaN' });
    let surveys = 0;
    const backend = new Proxy(planted.backend, {
      get: (target, name) => {
        if (name === 'survey' && surveys++ > 0) throw new AppError('gpu/device-lost', { reason: 'gone' });
        return Reflect.get(target, name) as unknown;
      },
    });
    const mode = { latentHeight: SIZE.height, latentWidth: SIZE.width, vae: 'full' } as const;
    const run = decodeLatents(backend, model, mode, wave(4 * SIZE.height * SIZE.width), {});
    await expect(run).rejects.toMatchObject({
      code: 'image/not-finite',
      detail: { stage: 'decoder.conv_out', operation: null, isRepeated: null },
    });
  });

  it('tells what does not come out wrong again, and gives all memory back', async () => {
    const { program, run } = network('tiny_vae');
    const { backend } = planted;
    await run();
    await backend.trim();
    const before = backend.memory()?.liveBytes;
    planted.plant({ program, operation: 'decoder.layers.6', fault: 'zeros', once: true });
    await expect(run()).rejects.toMatchObject({
      code: 'image/zeros',
      detail: { stage: 'decoder.layers.6', operation: null, isRepeated: false },
    });
    await backend.trim();
    expect(backend.memory()?.liveBytes).toBe(before);
  });

  it.each([
    ['decoder.up_blocks.0.upsamplers.0.conv', undefined],
    ['decoder.conv_out', 'image/zeros'],
  ])('where the model has zeros in %s: %s', async (module, code) => {
    const weights = await openWeights(httpSource(FOLDER), 'vae');
    const stream = new WeightStream(withZeros(weights, [`${module}.weight`, `${module}.bias`]));
    const latents = await planted.backend.upload(wave(16), [1, 2, 2, 4]);
    const decoded = evaluateAndRead(
      planted.backend,
      buildVaeDecoder(model.vae, SIZE),
      stream,
      [{ latents }],
      ['image'],
      {},
    ).then(
      () => undefined,
      (error: unknown) => (error as AppError).code,
    );
    expect(await decoded).toBe(code);
    planted.backend.free(latents);
  });
});

/** The weights, but for some that are zeros. */
function withZeros(weights: WeightSet, names: readonly string[]): WeightSet {
  return {
    ...weights,
    read: async (requests, signal) => {
      const values = await weights.read(requests, signal);
      requests.forEach(({ name }, i) => names.includes(name) && values[i]?.fill(0));
      return values;
    },
  };
}
