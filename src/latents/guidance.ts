/**
 * @file Classifier-free guidance (Ho & Salimans, 2022), and the embedding that tells a guidance-distilled UNet
 * (one with `time_cond_proj_dim`) which scale to imitate.
 */
import { timestepEmbedding } from './timestep-embedding.ts';

/** `uncond + scale · (cond − uncond)`, element by element; all three have the UNet output's layout. */
export function applyGuidance(uncond: Float32Array, cond: Float32Array, scale: number): Float32Array {
  return uncond.map((base, i) => base + scale * ((cond[i] as number) - base));
}

/**
 * diffusers' `get_guidance_scale_embedding` of `scale − 1`, as its SDXL pipeline calls it.
 * @param dim the UNet's `time_cond_proj_dim`
 * @returns [dim], sines before cosines
 */
export function guidanceScaleEmbedding(scale: number, dim: number): Float32Array {
  const thousandths = Math.fround(Math.fround(scale - 1) * 1000);
  return timestepEmbedding(thousandths, dim, { flipSinToCos: false, freqShift: 1 });
}
