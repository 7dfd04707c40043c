/** @file The samplers there are, by name. */

/**
 * - `turbo`: Euler-ancestral, trailing timesteps (diffusers' SDXL Turbo: 999, 749, 499, 249)
 * - `turbo-sd`: Euler-ancestral, the first of ten trailing timesteps (Stability's own: 999, 899, 799, 699)
 * - `euler-a`, `euler`: as the scheduler file says
 * - `lcm`, `tcd`: for consistency models; betas and distillation steps as the scheduler file says
 */
export const SAMPLERS = ['turbo', 'turbo-sd', 'euler-a', 'euler', 'lcm', 'tcd'] as const;
export type SamplerName = (typeof SAMPLERS)[number];

/** Whether its few steps are those that Turbo models are distilled to. */
export function isTurbo(sampler: SamplerName): boolean {
  return sampler === 'turbo' || sampler === 'turbo-sd';
}
