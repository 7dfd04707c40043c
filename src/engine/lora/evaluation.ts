/** @file One evaluation of the UNet on real conditioning, to see what a LoRA does to it before anything is painted. */
import { AppError } from '../../error.ts';
import { scaleModelInput } from '../../latents/sampler.ts';
import type { Backend } from '../../runtime/backend.ts';
import { encodeTexts } from '../conditioning.ts';
import { beginningLatents } from '../denoise.ts';
import { planPictures, type Budgets } from '../memory.ts';
import type { Model } from '../model.ts';
import { seededNoise } from '../noise-source.ts';
import type { GenerateRequest } from '../protocol/generate.ts';
import { resolveSettings } from '../settings.ts';
import { UnetEvaluation } from '../unet-evaluation.ts';
import { withinMemory } from '../within-memory.ts';

/**
 * The UNet's output for the prompt of a request at the first timestep of its schedule, from the noise of its seed.
 * @returns [C, h, w]
 * @throws AppError as painting does
 */
export async function evaluateOnce(
  backend: Backend,
  model: Model,
  request: GenerateRequest,
  budgets: Budgets,
  signal?: AbortSignal,
): Promise<Float32Array> {
  const settings = resolveSettings({ ...request, count: 1, guidance: 'auto' }, model);
  const memory = planPictures(model, request, settings, budgets);
  const options = { signal, precision: request.precision };
  return withinMemory(backend, model, memory, async () => {
    const [positive] = await encodeTexts(backend, model, settings.prompts, options);
    if (!positive) throw new AppError('engine/internal', { reason: 'the prompt was not encoded' });
    for (const { stream } of model.encoders) await stream.leave();
    const { latentHeight, latentWidth, schedule } = settings;
    const noise = seededNoise(request.seed, model.unet.latentChannels * latentHeight * latentWidth);
    const once = { ...settings, pairedSteps: 0 };
    const evaluation = new UnetEvaluation(backend, model, once, memory.denoise.keepsText);
    try {
      await evaluation.prepare({ positive, negative: undefined }, options);
      const latents = scaleModelInput(schedule, 0, beginningLatents(noise, settings));
      const [predictions] = await evaluation.run([latents], 0, options);
      if (!predictions) throw new AppError('engine/internal', { reason: 'nothing was predicted' });
      return predictions.conditional;
    } finally {
      evaluation.dispose();
    }
  });
}
