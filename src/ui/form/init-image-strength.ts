/** @file How much of a picture that is begun from goes: the values a slider offers, and what is usual. */
import { stepsTaken } from '../../latents/image-to-image.ts';

/** As on the command line. */
export const DEFAULT_STRENGTH = 0.75;
export const STRENGTH_STEP = 0.05;

/** The least strength on offer with which a step of so many is taken. */
export function leastStrength(steps: number): number {
  const count = Math.round(1 / STRENGTH_STEP);
  const offered = Array.from({ length: count }, (_, i) => (i + 1) / count);
  return offered.find((strength) => stepsTaken(steps, strength) > 0) ?? 1;
}

/** What a chosen strength comes to. */
export function strengthFor(steps: number, chosen: number): number {
  // Less than the least would take no step.
  return Math.max(chosen, leastStrength(steps));
}

/** How many steps are taken; without a picture, and so without a strength, all are. */
export function stepsFrom(steps: number, chosen: number | null): number {
  return chosen === null ? steps : stepsTaken(steps, strengthFor(steps, chosen));
}
