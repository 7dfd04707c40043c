import { describe, expect, it } from 'vitest';
import { keptSteps, stepSentence, withPreview, type StepPreview } from './step-previews.ts';

const IMAGE = { width: 1, height: 1, data: new Uint8ClampedArray(4) };

describe('what is told of the steps', () => {
  it.each([
    [4, 4],
    [8, 8],
    [30, 8],
  ])('of %d are %d sentences, the last one of the last', (steps, sentences) => {
    const told = Array.from({ length: steps }, (_, i) => stepSentence(i + 1, steps));
    expect(told.filter((sentence) => sentence !== undefined)).toHaveLength(sentences);
    expect(told.at(-1)).toContain(`${steps} of ${steps}`);
  });

  it('has the names of the four', () => {
    expect(stepSentence(2, 4)).toBe('Step 2 of 4: texture');
  });
});

describe('the previews that are kept', () => {
  it.each([1, 4, 8])('are all of %d', (steps) => {
    expect(keptSteps(steps)).toEqual(Array.from({ length: steps }, (_, i) => i + 1));
  });

  it.each([9, 30, 1000])('are eight different ones of %d, evenly, with the last', (steps) => {
    const kept = keptSteps(steps);
    expect(new Set(kept).size).toBe(8);
    expect(kept.at(-1)).toBe(steps);
    const distances = kept.map((step, i) => step - (kept[i - 1] ?? 0));
    expect(Math.max(...distances) - Math.min(...distances)).toBeLessThanOrEqual(1);
  });

  it('stay few however many come', () => {
    let kept: readonly StepPreview[] = [];
    for (let step = 1; step <= 30; step++) kept = withPreview(kept, { step, image: IMAGE }, 30);
    expect(kept.map(({ step }) => step)).toEqual(keptSteps(30));
  });
});
