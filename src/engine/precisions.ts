/** @file At which precision activations are kept; weights are bfloat16 and arithmetic is float32 at any. */

/**
 * `bf16` and `f16` round what each operation writes to that format, see `docs/precision.md`; `f16` overflows where
 * SDXL's VAE does, and is for comparison only.
 */
export const PRECISIONS = ['f32', 'bf16', 'f16'] as const;

export type Precision = (typeof PRECISIONS)[number];
