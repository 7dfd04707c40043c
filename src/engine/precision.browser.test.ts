/**
 * @file Reduced precision against diffusers with the same roundings, and against float32, on both backends. See
 * `e2e/fixtures/precision/README.md`.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildUnet } from '../architecture/unet.ts';
import { timestepEmbedding } from '../latents/timestep-embedding.ts';
import type { Backend, Tensor } from '../runtime/backend.ts';
import { BACKENDS, FIXTURES, loadReference, slowOnWebgpu } from '../testing/reference.ts';
import { relativeL2 } from '../testing/relative-l2.ts';
import { folderCheckpoint } from '../weights/folder-checkpoint.ts';
import { httpSource } from '../weights/http-source.ts';
import type { F32Tensor } from '../weights/safetensors.ts';
import { addedConditioning } from './conditioning.ts';
import { decodeLatents } from './decode.ts';
import { denoise } from './denoise.ts';
import { execute } from './execute.ts';
import { toChannelsFirst, toChannelsLast } from './layout.ts';
import { openModel, type Model } from './model.ts';
import type { Precision } from './precisions.ts';
import type { GenerateRequest } from './protocol/generate.ts';
import { resolveSettings } from './settings.ts';

const FOLDER = `${FIXTURES}tiny-sdxl/model/`;
const NOTHING = new Float32Array();

/**
 * A difference in float32's last digit decides some ties otherwise, and each of those is a whole step of the format,
 * which decides more. After a few roundings two ways to the same ones are still nearer to each other than to float32
 * (other ones would be 1.4 times as far); after dozens only the size of the noise is the same.
 */
const SAME_ROUNDINGS = 0.8;
const SAME_NOISE = { least: 0.6, most: 1.6 };
const RECORDED = ['time_embedding', 'conv_in', 'down_blocks.0.resnets.0'];
/** Parameters of the rounding kernel, 16 bytes for each shape. */
const PARAMETER_BYTES = 4096;

describe.each(BACKENDS)('reduced precision on %s', (backendName, open) => {
  const tags = slowOnWebgpu(backendName);
  let backend: Backend;
  let model: Model;
  let recorded: (name: string) => F32Tensor;
  let reduced: (name: string) => F32Tensor;

  beforeAll(async () => {
    backend = await open();
    model = await openModel(folderCheckpoint(httpSource(FOLDER)));
    recorded = await loadReference('tiny-sdxl/expected.f32.safetensors');
    reduced = await loadReference('precision/expected.f32.safetensors');
  });
  afterAll(() => backend.dispose());

  /** One UNet evaluation, and every operation's output. */
  async function predict(precision: Precision) {
    const program = buildUnet(model.unet, { batch: 1, height: 8, width: 8, tokens: 77 });
    const size = { width: 64, height: 64 };
    const inputs = {
      sample: await backend.upload(toChannelsLast(recorded('unet_in').data, 4), [1, 8, 8, 4]),
      timestep: await backend.upload(timestepEmbedding(499, 32, model.unet), [1, 32]),
      added: await backend.upload(addedConditioning(model, recorded('te2_pooled').data, size), [1, 80]),
      context: await backend.upload(recorded('context').data, [1, 77, 64]),
    };
    const seen = new Map<string, Float32Array>();
    await backend.trim();
    backend.resetMemory();
    const [outputs] = await execute(backend, program, model.streams.unet, [inputs], {
      ...{ precision, exact: ['prediction'] },
      observe: async ({ name }, tensor) => void seen.set(name, (await backend.download(tensor)).slice()),
    });
    const peakBytes = backend.memory()?.peakBytes ?? 0;
    const prediction = outputs?.['prediction'] as Tensor;
    const values = await backend.download(prediction);
    for (const tensor of [...Object.values(inputs), prediction]) backend.free(tensor);
    return { seen, peakBytes, prediction: toChannelsFirst(values, 4) };
  }

  const FORMATS = [
    ['bf16', []],
    // Its rounding is exact on both backends: `runtime/rounding.browser.test.ts`.
    ['f16', tags],
  ] as const;
  for (const [format, formatTags] of FORMATS)
    it(`${format} rounds where diffusers is made to, and no more`, { tags: [...formatTags] }, async () => {
      const { seen, prediction } = await predict(format);
      for (const module of RECORDED) {
        const { shape, data } = reduced(`${format}.act.${module}`);
        const values = seen.get(module) ?? NOTHING;
        const ours = shape.length === 4 ? toChannelsFirst(values, shape[1] ?? 0) : values;
        const rounding = relativeL2(data, recorded(`act.${module}`).data);
        expect(relativeL2(ours, data) / rounding, module).toBeLessThan(SAME_ROUNDINGS);
      }
      const exact = recorded('unet_out_t499').data;
      const noise = relativeL2(reduced(`${format}.unet_out_t499`).data, exact);
      expect(relativeL2(prediction, exact)).toBeLessThan(Math.min(0.02, SAME_NOISE.most * noise));
      expect(relativeL2(prediction, exact)).toBeGreaterThan(SAME_NOISE.least * noise);
      const unrounded = [...seen].filter(([, values]) => !isRounded(values, format)).map(([name]) => name);
      expect(unrounded).toEqual(['conv_out']);
    });

  it('takes no memory', async () => {
    const { peakBytes } = await predict('f32');
    expect((await predict('bf16')).peakBytes - peakBytes).toBeLessThanOrEqual(PARAMETER_BYTES);
  });

  it('four steps and the VAE at bf16 paint what float32 does, within 3 of 255', { tags }, async () => {
    const settings = resolveSettings(fourSteps('bf16'), model);
    const noise = {
      forPicture: () => new Float32Array(),
      initial: () => recorded('init_noise').data,
      forStep: (step: number) => recorded(`step_noise.${step}`).data,
    };
    const positive = { context: recorded('context').data, pooled: recorded('te2_pooled').data };
    const text = { positive, negative: undefined };
    const options = { precision: 'bf16' } as const;
    const { latents } = await denoise(backend, model, settings, text, [noise], options);
    const decoded = await decodeLatents(backend, model, settings, latents[0] ?? NOTHING, options);
    const image = toChannelsFirst(decoded, 3);
    const distance = pictureDistance(image, reduced('f32.image').data);
    expect(distance).toBeLessThan(3);
    const theirs = pictureDistance(reduced('bf16.image').data, reduced('f32.image').data);
    expect(distance).toBeLessThan(2 * theirs);
    expect(distance).toBeGreaterThan(theirs / 2);
  });
});

function fourSteps(precision: Precision): GenerateRequest {
  return {
    model: { kind: 'url', url: FOLDER },
    prompt: '',
    seed: 0n,
    steps: 4,
    width: 64,
    height: 64,
    count: 1,
    sampler: 'turbo',
    guidance: 'off',
    backend: 'auto',
    precision,
    dump: false,
    previews: false,
  };
}

/** Whether every value has no more bits than the format holds. */
function isRounded(values: Float32Array, format: 'bf16' | 'f16'): boolean {
  const dropped = format === 'bf16' ? 0xffff : 0x1fff;
  return new Uint32Array(values.buffer, values.byteOffset, values.length).every(
    (bits) => (bits & dropped) === 0,
  );
}

/** The mean difference of two pictures with values in −1…1, of 255. */
function pictureDistance(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return Infinity;
  const clamped = (value: number): number => Math.min(1, Math.max(-1, value));
  const sum = a.reduce((total, value, i) => total + Math.abs(clamped(value) - clamped(b[i] ?? NaN)), 0);
  return (sum / a.length) * 127.5;
}
