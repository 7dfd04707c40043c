/**
 * @file Every way of guidance against four steps that torch took with diffusers' UNet and schedulers, on both backends;
 * `e2e/fixtures/guidance/make.py` made them.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Backend } from '../runtime/backend.ts';
import { BACKENDS, FIXTURES, loadReference, slowOnWebgpu } from '../testing/reference.ts';
import { relativeL2 } from '../testing/relative-l2.ts';
import { folderCheckpoint } from '../weights/folder-checkpoint.ts';
import { httpSource } from '../weights/http-source.ts';
import type { F32Tensor } from '../weights/safetensors.ts';
import { encodeTexts, type TextConditioning } from './conditioning.ts';
import { denoise } from './denoise.ts';
import { openModel, type Model } from './model.ts';
import { seededNoise } from './noise-source.ts';
import type { GenerateRequest } from './protocol/generate.ts';
import { readPrompts } from './read-prompts.ts';
import { resolveSettings } from './settings.ts';

/** A tenth of what is asked for: some ways differ by little more than that. */
const BAR = 1e-4;
const TEXT_BAR = 1e-4;
const REQUEST: GenerateRequest = {
  model: { kind: 'files', files: [] },
  prompt: 'a red apple',
  negative: 'blue',
  seed: 7n,
  steps: 4,
  count: 1,
  sampler: 'turbo',
  guidance: 'off',
  guidanceScale: 1.5,
  backend: 'auto',
  precision: 'f32',
  dump: false,
  previews: false,
};

interface RecordedLoop {
  readonly name: string;
  readonly folder: string;
  readonly size: readonly [width: number, height: number];
  readonly order: Partial<GenerateRequest>;
  /** Evaluations of the UNet. */
  readonly evaluations: number;
}

const TINY = { folder: 'tiny-sdxl', size: [64, 64] } as const;
const V_PREDICTION = { folder: 'pipelines/v-prediction', size: [72, 56] } as const;
const EMBEDDING = { folder: 'pipelines/guidance-embedding', size: [64, 64] } as const;
const rescaled = { guidanceRescale: 0.7 };

const LOOPS: readonly RecordedLoop[] = [
  { name: 'turbo.off', ...TINY, order: { guidance: 'off' }, evaluations: 4 },
  { name: 'turbo.full', ...TINY, order: { guidance: 'full' }, evaluations: 8 },
  { name: 'turbo.first-step', ...TINY, order: { guidance: 'first-step' }, evaluations: 5 },
  { name: 'turbo.onetime-negative', ...TINY, order: { guidance: 'onetime-negative' }, evaluations: 5 },
  { name: 'turbo.full.rescaled', ...TINY, order: { guidance: 'full', ...rescaled }, evaluations: 8 },
  {
    ...{ name: 'turbo.first-step.rescaled', ...TINY },
    ...{ order: { guidance: 'first-step', ...rescaled }, evaluations: 5 },
  },
  {
    ...{ name: 'turbo.onetime-negative.rescaled', ...TINY },
    ...{ order: { guidance: 'onetime-negative', ...rescaled }, evaluations: 5 },
  },
  {
    ...{ name: 'lcm.onetime-negative', ...TINY },
    ...{ order: { guidance: 'onetime-negative', sampler: 'lcm' }, evaluations: 5 },
  },
  {
    ...{ name: 'v-prediction.full.rescaled', ...V_PREDICTION },
    ...{ order: { guidance: 'full', ...rescaled }, evaluations: 8 },
  },
  {
    ...{ name: 'v-prediction.onetime-negative', ...V_PREDICTION },
    ...{ order: { guidance: 'onetime-negative' }, evaluations: 5 },
  },
  { name: 'embedding.distilled', ...EMBEDDING, order: { guidance: 'distilled' }, evaluations: 4 },
];

describe.each(BACKENDS)('guidance on %s', (backendName, open) => {
  let backend: Backend;
  let expected: (name: string) => F32Tensor;
  const models = new Map<string, Model>();

  beforeAll(async () => {
    backend = await open();
    expected = await loadReference('guidance/loops.safetensors');
    for (const { folder } of [TINY, V_PREDICTION, EMBEDDING])
      models.set(folder, await openModel(folderCheckpoint(httpSource(`${FIXTURES}${folder}/model/`))));
  });
  afterAll(() => backend.dispose());

  // What is mixed is mixed by the same code on both backends; `denoise.browser.test.ts` has a loop on each every day.
  const tags = slowOnWebgpu(backendName);
  for (const { name, folder, size, order, evaluations } of LOOPS) {
    it(name, { tags }, async () => {
      const [width, height] = size;
      const model = modelAt(folder);
      const settings = resolveSettings({ ...REQUEST, width, height, ...order }, model);
      expect(settings.steps + settings.pairedSteps).toBe(evaluations);
      const text = (role: string): TextConditioning => {
        const recorded = `${folder.split('/').at(-1) ?? ''}.${role}`;
        return { context: expected(`${recorded}.context`).data, pooled: expected(`${recorded}.pooled`).data };
      };
      const negative = settings.pairedSteps > 0 ? text('negative') : undefined;
      const count = model.unet.latentChannels * settings.latentHeight * settings.latentWidth;
      const noise = [seededNoise(REQUEST.seed, count)];
      const errors: number[] = [];
      await denoise(backend, model, settings, { positive: text('positive'), negative }, noise, {
        onStep: (_picture, step, latents) => {
          errors.push(relativeL2(latents, expected(`${name}.${step}`).data));
        },
      });
      expect(errors).toHaveLength(4);
      expect(Math.max(...errors)).toBeLessThan(BAR);
    });
  }

  it.each([1, 2])('leaves out %d more layers of the encoders for the prompt alone', async (clipSkip) => {
    const texts = [
      { which: 'prompt', text: REQUEST.prompt },
      { which: 'negative', text: REQUEST.negative ?? '' },
    ] as const;
    const model = modelAt(TINY.folder);
    const [positive, negative] = await encodeTexts(backend, model, readPrompts(model, texts), { clipSkip });
    const differences = [
      [positive?.context, `clip-skip.${clipSkip}.context`],
      [positive?.pooled, `clip-skip.${clipSkip}.pooled`],
      [negative?.context, 'tiny-sdxl.negative.context'],
      [negative?.pooled, 'tiny-sdxl.negative.pooled'],
    ] as const;
    for (const [ours, name] of differences)
      expect(relativeL2(ours ?? new Float32Array(), expected(name).data), name).toBeLessThan(TEXT_BAR);
  });

  function modelAt(folder: string): Model {
    const model = models.get(folder);
    if (!model) throw new Error(`${folder} is not open`);
    return model;
  }
});
