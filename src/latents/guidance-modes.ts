/** @file The ways of guidance there are, by name, and what each costs. */

/**
 * - `off`: the prompt alone
 * - `first-step`: classifier-free guidance in the first step alone
 * - `full`: classifier-free guidance in every step
 * - `onetime-negative`: StreamDiffusion's residual guidance; the first step's unconditional picture serves all steps
 * - `distilled`: the model was trained to guide itself
 */
export const GUIDANCE_MODES = ['off', 'first-step', 'full', 'onetime-negative', 'distilled'] as const;
export type GuidanceMode = (typeof GUIDANCE_MODES)[number];

/** So many steps, from the first on, evaluate the UNet twice: with the prompt, and with the negative one or none. */
export function pairedSteps(mode: GuidanceMode, steps: number): number {
  switch (mode) {
    case 'full':
      return steps;
    case 'first-step':
    case 'onetime-negative':
      return Math.min(1, steps);
    case 'off':
    case 'distilled':
      return 0;
  }
}
