import { describe, expect, it } from 'vitest';
import { stepsTaken } from '../../latents/image-to-image.ts';
import { leastStrength } from './init-image-strength.ts';

describe('leastStrength', () => {
  it.each([
    [1, 1],
    [2, 0.5],
    [3, 0.35],
    [4, 0.25],
    [8, 0.15],
    [30, 0.05],
  ])('of %i steps takes one, and nothing on offer below it does', (steps, strength) => {
    expect(leastStrength(steps)).toBe(strength);
    expect(stepsTaken(steps, strength)).toBe(1);
    expect(stepsTaken(steps, strength - 0.05)).toBe(0);
  });
});
