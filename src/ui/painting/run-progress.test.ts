import { describe, expect, it } from 'vitest';
import { fillSegments, fractionDone, segmentsOf } from './run-progress.ts';

const segments = segmentsOf(2);

describe('the progress of a picture', () => {
  it('begins with nothing and fills part by part', () => {
    expect(fillSegments(segments, undefined)).toEqual([0, 0, 0, 0, 0]);
    expect(fillSegments(segments, { phase: 'encode', done: 1, total: 4 })).toEqual([1, 0.25, 0, 0, 0]);
    // While denoising the stages of all steps count together.
    const progress = { phase: 'denoise', done: 15, total: 20, step: 2, steps: 2 } as const;
    expect(fillSegments(segments, progress)).toEqual([1, 1, 1, 0.5, 0]);
  });

  it('never goes back when pictures take their steps lot by lot', () => {
    // The second of two lots, in its first step.
    const progress = { phase: 'denoise', done: 25, total: 40, step: 1, steps: 2 } as const;
    expect(fillSegments(segments, progress)).toEqual([1, 1, 1, 0.25, 0]);
  });

  it('ends with all of it', () => {
    expect(fractionDone(segments, { phase: 'decode', done: 3, total: 3 })).toBe(1);
    expect(fractionDone(segments, { phase: 'load', done: 0, total: 0 })).toBeCloseTo(0.5 / 4);
  });
});
