import { describe, expect, it } from 'vitest';
import { stageWord } from './turbo-stages.ts';

describe('the stages of a picture', () => {
  it('have names where there are four', () => {
    const names = [1, 2, 3, 4].map((step) => stageWord(step, 4));
    expect(names).toEqual(['structure', 'texture', 'light', 'detail']);
  });

  it.each([1, 2, 3, 5, 30])('have none in %d steps', (steps) => {
    expect(stageWord(1, steps)).toBeUndefined();
    expect(stageWord(steps, steps)).toBeUndefined();
  });
});
