/** @file From latents to pixels: the VAE's decoder, and the cheap previews on the way. */
import { buildVaeDecoder } from '../architecture/vae.ts';
import { previewFromLatents, type PixelImage } from '../image/pixels.ts';
import type { Backend } from '../runtime/backend.ts';
import { execute, type ExecuteOptions } from './execute.ts';
import { toChannelsLast } from './layout.ts';
import type { PreviewFactors } from './manifest.ts';
import type { Model } from './model.ts';
import { readBack } from './read-back.ts';
import type { Settings } from './settings.ts';

/** Decodes final latents [C, h, w] to [H, W, 3] in −1…1. Throws `image/not-finite` rather than paint black. */
export async function decodeLatents(
  backend: Backend,
  model: Model,
  settings: Settings,
  latents: Float32Array,
  options: ExecuteOptions,
): Promise<Float32Array> {
  const { latentHeight: height, latentWidth: width } = settings;
  const channels = model.vae.latentChannels;
  const program = buildVaeDecoder(model.vae, { height, width });
  const unscaled = toChannelsLast(unscale(latents, model), channels);
  const input = backend.upload(unscaled, [1, height, width, channels]);
  try {
    const [outputs] = await execute(backend, program, model.streams.vae, [{ latents: input }], options);
    return await readBack(backend, outputs?.['image'], 'vae');
  } finally {
    backend.free(input);
  }
}

/** Undoes the VAE's scaling of its latents, as diffusers' SDXL pipeline does (mean and std only together). */
function unscale(latents: Float32Array, { vae }: Model): Float32Array {
  const { latentsMean: mean, latentsStd: std, scalingFactor } = vae;
  if (!mean || !std) return latents.map((value) => value / scalingFactor);
  const plane = latents.length / vae.latentChannels;
  return latents.map((value, i) => {
    const channel = Math.floor(i / plane);
    return (value * (std[channel] ?? 1)) / scalingFactor + (mean[channel] ?? 0);
  });
}

/**
 * Published fit for SDXL's own latents, scaled to 0…1 (diffusers' documentation, "latents_to_rgb", after
 * T. A. Vass). Used for models that ship no factors of their own but have SDXL's latent space.
 */
const SDXL_PREVIEW: PreviewFactors = {
  factors: [
    [60 / 255, 60 / 255, 60 / 255],
    [-60 / 255, -5 / 255, 10 / 255],
    [25 / 255, 15 / 255, -5 / 255],
    [-70 / 255, -50 / 255, -35 / 255],
  ],
  bias: [150 / 255, 140 / 255, 130 / 255],
};
const SDXL_SCALING = 0.13025;

/** How a model's latents are previewed; `undefined` where nobody has said. */
export function previewFactors({ manifest, vae }: Model): PreviewFactors | undefined {
  if (manifest.preview) return manifest.preview;
  return vae.latentChannels === SDXL_PREVIEW.factors.length && vae.scalingFactor === SDXL_SCALING
    ? SDXL_PREVIEW
    : undefined;
}

/** A small picture of latents [C, h, w], one pixel per latent. */
export function previewImage(
  latents: Float32Array,
  { factors, bias }: PreviewFactors,
  settings: Settings,
): PixelImage {
  return previewFromLatents(
    latents,
    [1, factors.length, settings.latentHeight, settings.latentWidth],
    factors,
    bias,
  );
}
