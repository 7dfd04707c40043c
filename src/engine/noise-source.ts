/**
 * @file Where a picture's noise comes from: its seed's torch stream, or tensors given by the user. Draws follow
 * diffusers' order: the initial latents, then one draw per ancestral step.
 */
import { AppError } from '../error.ts';
import { TorchGenerator } from '../latents/noise.ts';
import { mixNoise } from '../latents/variation.ts';
import { parseF32Safetensors } from '../weights/safetensors.ts';
import type { Variation } from './protocol/generate.ts';

/** Unit normal noise, NCHW. */
export interface NoiseSource {
  /** What a given picture's latents are drawn with, before anything else. */
  forPicture(): Float32Array;
  initial(): Float32Array;
  forStep(step: number): Float32Array;
}

/** Noise of `torch.Generator("cpu").manual_seed(seed)`. Call `forPicture` if at all, `initial`, then `forStep` in order. */
export function seededNoise(seed: bigint, count: number): NoiseSource {
  const generator = new TorchGenerator(seed);
  const draw = (): Float32Array => generator.randn(count);
  return { forPicture: draw, initial: draw, forStep: draw };
}

/**
 * The seed's noise, but what is begun with goes some of the way to another seed's first draw, as in AUTOMATIC1111's web UI.
 * @param shape of the latents, [1, C, h, w]
 */
export function variedNoise(
  seed: bigint,
  { seed: other, strength }: Variation,
  shape: readonly number[],
): NoiseSource {
  const [, channels = 0, height = 0, width = 0] = shape;
  const count = channels * height * width;
  const own = seededNoise(seed, count);
  return {
    ...own,
    initial: () =>
      mixNoise(strength, own.initial(), new TorchGenerator(other).randn(count), [channels, height, width]),
  };
}

const FILE_NAME = 'init-noise';

/**
 * Noise from a `.safetensors` file: `picture_noise` where there is one (else a picture's latents are their mean), `init_noise` and `step_noise.0` … `step_noise.<draws − 1>`, all of the latents'
 * shape. Throws `request/init-noise` for the first that is not.
 */
export function givenNoise(bytes: Uint8Array, shape: readonly number[], draws: number): NoiseSource {
  const tensors = parseF32Safetensors(bytes, FILE_NAME);
  const take = (name: string): Float32Array => {
    const tensor = tensors.get(name);
    if (!tensor) throw new AppError('request/init-noise', { reason: `it holds no tensor "${name}"` });
    const [actual, expected] = [tensor.shape, shape].map((sizes) => `[${sizes.join(', ')}]`);
    if (actual !== expected) {
      const reason = `"${name}" has the shape ${actual}, the latents are ${expected}`;
      throw new AppError('request/init-noise', { reason });
    }
    if (!tensor.data.every(Number.isFinite)) {
      const reason = `"${name}" has values that are not finite numbers`;
      throw new AppError('request/init-noise', { reason });
    }
    return tensor.data;
  };
  const ofPicture = tensors.has('picture_noise') ? take('picture_noise') : undefined;
  const initial = take('init_noise');
  const steps = Array.from({ length: draws }, (_, step) => take(`step_noise.${step}`));
  const none = new Float32Array(initial.length);
  return {
    forPicture: () => ofPicture ?? none,
    initial: () => initial,
    forStep: (step) => steps[step] ?? none,
  };
}
