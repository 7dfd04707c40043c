/** @file LoRAs on the tiny SDXL model, on both backends, against torch, transformers and PEFT. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildUnet } from '../../architecture/unet.ts';
import { timestepEmbedding } from '../../latents/timestep-embedding.ts';
import type { Backend, Tensor } from '../../runtime/backend.ts';
import { BACKENDS, FIXTURES, loadReference, slowOnWebgpu } from '../../testing/reference.ts';
import { relativeL2 } from '../../testing/relative-l2.ts';
import { folderCheckpoint } from '../../weights/folder-checkpoint.ts';
import { httpSource } from '../../weights/http-source.ts';
import type { F32Tensor } from '../../weights/safetensors.ts';
import { addedConditioning, encodeTokens } from '../conditioning.ts';
import { execute } from '../execute.ts';
import type { Precision } from '../precisions.ts';
import { toChannelsFirst, toChannelsLast } from '../layout.ts';
import { openModel, type Model } from '../model.ts';
import { ModelLoras } from './model-loras.ts';

const FOLDER = `${FIXTURES}tiny-sdxl/model/`;
const BAR = 1e-4;
/** What the reference encoded; the rest is padding. */
const PROMPT_IDS = [998, 17, 301, 5, 42, 999];

const FILES = {
  kohya: 'tiny-sdxl/lora_kohya_r8_a4',
  peft: 'tiny-sdxl/lora_peft_r8_a4',
  unet: 'lora/unet',
  text: 'lora/text',
  weak: 'lora/weak',
} as const;
type Weights = Partial<Record<keyof typeof FILES, number>>;

describe.each(BACKENDS)('LoRAs on %s', (backendName, open) => {
  let backend: Backend;
  let model: Model;
  let loras: ModelLoras;
  let recorded: (name: string) => F32Tensor;
  let ofFixture: (name: string) => F32Tensor;
  let expected: (name: string) => F32Tensor;

  beforeAll(async () => {
    backend = await open();
    const checkpoint = folderCheckpoint(httpSource(FOLDER));
    model = await openModel(checkpoint);
    loras = new ModelLoras(model, checkpoint);
    recorded = await loadReference('tiny-sdxl/expected.f32.safetensors');
    ofFixture = await loadReference('tiny-sdxl/expected_lora.safetensors');
    expected = await loadReference('lora/expected.safetensors');
  });
  afterAll(() => backend.dispose());

  const use = (weights: Weights) =>
    loras.use({
      loras: Object.entries(weights).map(([name, weight]) => ({
        lora: { kind: 'url', url: `${FIXTURES}${FILES[name as keyof typeof FILES]}.safetensors` },
        weight,
      })),
    });

  const evaluated = new Map<string, Promise<Float32Array>>();
  /** As {@link evaluate}, but no more than once: an evaluation on an emulated GPU takes seconds. */
  function evaluateOnce(weights: Weights): Promise<Float32Array> {
    const key = JSON.stringify(weights);
    const known = evaluated.get(key) ?? evaluate(weights);
    evaluated.set(key, known);
    return known;
  }

  /** The recorded evaluation of the UNet. */
  async function evaluate(weights: Weights, precision: Precision = 'f32'): Promise<Float32Array> {
    await use(weights);
    const program = buildUnet(model.unet, { batch: 1, height: 8, width: 8, tokens: 77 });
    const inputs = {
      sample: await backend.upload(toChannelsLast(recorded('unet_in').data, 4), [1, 8, 8, 4]),
      timestep: await backend.upload(timestepEmbedding(499, 32, model.unet), [1, 32]),
      added: await backend.upload(
        addedConditioning(model, recorded('te2_pooled').data, { width: 64, height: 64 }),
        [1, 80],
      ),
      context: await backend.upload(recorded('context').data, [1, 77, 64]),
    };
    const options = { precision, exact: ['prediction'] };
    const [outputs] = await execute(backend, program, model.streams.unet, [inputs], options);
    return toChannelsFirst(await backend.download(outputs?.['prediction'] as Tensor), 4);
  }

  const minus = (a: Float32Array, b: Float32Array) => a.map((value, i) => value - (b[i] ?? NaN));
  const dot = (a: Float32Array, b: Float32Array) =>
    a.reduce((sum, value, i) => sum + value * (b[i] ?? NaN), 0);

  // What a file's names mean does not depend on where it is computed.
  const formats = backendName === 'wasm' ? (['kohya', 'peft'] as const) : (['kohya'] as const);
  it.each(formats)('%s: the UNet gives what a merge in float32 gives', async (name) => {
    const output = await evaluateOnce({ [name]: 1 });
    expect(relativeL2(output, ofFixture('unet_out_lora_f32_merge').data)).toBeLessThan(BAR);
    // The LoRA does far more than the bar leaves room for.
    expect(relativeL2(output, recorded('unet_out_t499').data)).toBeGreaterThan(10 * BAR);
  });

  const tags = slowOnWebgpu(backendName);
  // What rounding does on software WebGPU is in `precision.browser.test.ts`.
  for (const [precision, bar] of [
    ['bf16', 0.02],
    ['f16', 0.003],
  ] as const)
    it(`at ${precision} the UNet gives the same, but for rounding`, { tags }, async () => {
      const output = await evaluate({ kohya: 1 }, precision);
      const distance = relativeL2(output, ofFixture('unet_out_lora_f32_merge').data);
      expect(distance).toBeLessThan(bar);
      // It is rounded, and the LoRA does far more than that.
      expect(distance).toBeGreaterThan(BAR);
      expect(relativeL2(output, recorded('unet_out_t499').data)).toBeGreaterThan(5 * bar);
    });

  it('three at different weights, one below zero, add up', async () => {
    const output = await evaluate({ kohya: 0.7, unet: -0.45, weak: 1.6 });
    expect(relativeL2(output, expected('unet.stack').data)).toBeLessThan(BAR);
  });

  it('one that changes weights by a thousandth keeps its effect', { tags }, async () => {
    const plain = await evaluateOnce({});
    const effect = minus(await evaluate({ weak: 1 }), plain);
    const { data } = expected('unet.weak.effect');
    expect(relativeL2(effect, data)).toBeLessThan(0.01);
    expect(dot(effect, data) / dot(data, data)).toBeCloseTo(1, 2);
  });

  it('weight 0, and a LoRA that is gone, leave nothing behind, to the last bit', async () => {
    const plain = await evaluateOnce({});
    expect(await evaluateOnce({ kohya: 1 })).not.toEqual(plain);
    expect(await evaluate({ kohya: 0, unet: 0 })).toEqual(plain);
    await use({ kohya: 1 });
    expect(await evaluate({})).toEqual(plain);
  });

  it('text encoders give what PEFT gives', { tags }, async () => {
    await use({ text: 1 });
    const [first, second] = model.encoders;
    const ids = (padding: number): Int32Array =>
      Int32Array.from({ length: 77 }, (_, i) => PROMPT_IDS[i] ?? padding);
    const [a] = await encodeTokens(backend, first, [ids(999)], {});
    const [b] = await encodeTokens(backend, second, [ids(0)], {});
    const nothing = new Float32Array();
    expect(relativeL2(a?.penultimate ?? nothing, expected('text_encoder.penultimate').data)).toBeLessThan(
      BAR,
    );
    expect(relativeL2(b?.penultimate ?? nothing, expected('text_encoder_2.penultimate').data)).toBeLessThan(
      BAR,
    );
    expect(relativeL2(b?.pooled ?? nothing, expected('text_encoder_2.pooled').data)).toBeLessThan(BAR);
    expect(relativeL2(b?.pooled ?? nothing, recorded('te2_pooled').data)).toBeGreaterThan(10 * BAR);
  });

  it('tells what it used', async () => {
    expect(await use({ kohya: 0.5, text: 2 })).toMatchObject([
      { name: 'lora_kohya_r8_a4', weight: 0.5, modules: 170, rank: 8, scale: 0.5, repairs: [] },
      { name: 'text', weight: 2, rank: 4, scale: 0.75, repairs: [] },
    ]);
  });
});
