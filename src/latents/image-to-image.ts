/** @file How many steps a picture takes that begins from another one. */

/**
 * The last so many of `steps` are taken, by the rule of diffusers' image-to-image pipelines; 0 where the strength is too
 * little for one.
 * @param strength above 0, up to 1
 */
export function stepsTaken(steps: number, strength: number): number {
  return Math.min(Math.floor(steps * strength), steps);
}
