/** @file The whole denoising loop against diffusers' four trailing Euler-ancestral steps, on both backends. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Backend } from '../runtime/backend.ts';
import { folderCheckpoint } from '../weights/folder-checkpoint.ts';
import { httpSource } from '../weights/http-source.ts';
import type { F32Tensor } from '../weights/safetensors.ts';
import { zeroText } from './conditioning.ts';
import { denoise } from './denoise.ts';
import { openModel, type Model } from './model.ts';
import type { GenerateRequest } from './protocol/generate.ts';
import { resolveSettings } from './settings.ts';
import { BACKENDS, FIXTURES, loadReference, slowOnWebgpu } from '../testing/reference.ts';
import { relativeL2 } from '../testing/relative-l2.ts';

const FOLDER = `${FIXTURES}tiny-sdxl/model/`;
const BAR = 1e-3;
/** Of the recorded loops. */
const STEPS = 4;

describe.each(BACKENDS)('four Turbo steps on %s', (backendName, open) => {
  let backend: Backend;
  let model: Model;
  let expected: (name: string) => F32Tensor;

  beforeAll(async () => {
    backend = await open();
    model = await openModel(folderCheckpoint(httpSource(FOLDER)));
    expected = await loadReference('tiny-sdxl/expected.f32.safetensors');
  });
  afterAll(() => backend.dispose());

  for (const [run, guidance, guidanceScale, steps, tags] of [
    ['w0', 'off', 1, STEPS, slowOnWebgpu(backendName)],
    ['w1.5', 'full', 1.5, STEPS, slowOnWebgpu(backendName)],
    // What software WebGPU has time for every day: a step, and one that goes on from it.
    ...(backendName === 'webgpu' ? ([['w1.5', 'full', 1.5, 2, []]] as const) : []),
  ] as const)
    it(`${run}: latents and expected originals of ${steps} steps`, { tags: [...tags] }, async () => {
      const request: GenerateRequest = {
        model: { kind: 'url', url: FOLDER },
        prompt: '',
        seed: 0n,
        steps: STEPS,
        width: 64,
        height: 64,
        count: 1,
        sampler: 'turbo',
        guidance,
        guidanceScale,
        backend: 'auto',
        precision: 'f32',
        dump: false,
        previews: false,
      };
      const positive = { context: expected('context').data, pooled: expected('te2_pooled').data };
      const negative = guidance === 'full' ? zeroText(positive) : undefined;
      const noise = {
        forPicture: () => new Float32Array(),
        initial: () => expected('init_noise').data,
        forStep: (step: number) => expected(`step_noise.${step}`).data,
      };
      const errors: number[] = [];
      const settings = resolveSettings(request, model);
      const stop = new AbortController();
      const loop = denoise(backend, model, settings, { positive, negative }, [noise], {
        signal: stop.signal,
        onStep: (_picture, step, state, original) => {
          errors.push(relativeL2(state, expected(`loop.${run}.lat.${step}`).data));
          errors.push(relativeL2(original, expected(`loop.${run}.x0.${step}`).data));
          if (step + 1 === steps && steps < STEPS) stop.abort();
        },
      });
      if (steps < STEPS) await expect(loop).rejects.toMatchObject({ code: 'engine/cancelled' });
      else {
        const [latents = new Float32Array()] = (await loop).latents;
        expect(relativeL2(latents, expected(`loop.${run}.lat.${STEPS - 1}`).data)).toBeLessThan(BAR);
      }
      expect(errors).toHaveLength(2 * steps);
      expect(Math.max(...errors)).toBeLessThan(BAR);
    });
});
