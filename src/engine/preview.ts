/** @file The cheap previews on the way: a small picture of latents without any network. */
import { previewFromLatents, type PixelImage } from '../image/pixels.ts';
import type { PreviewFactors } from './manifest.ts';
import type { Model } from './model.ts';
import type { Settings } from './settings.ts';

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
