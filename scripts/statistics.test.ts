import { describe, expect, it } from 'vitest';
import { ratioOf, spreadOf } from './statistics.ts';

describe('spreadOf', () => {
  it('is the middle value, or the mean of the two in the middle', () => {
    expect(spreadOf([5, 1, 3])).toEqual({ median: 3, least: 1, most: 5 });
    expect(spreadOf([4, 1, 3, 10])).toEqual({ median: 3.5, least: 1, most: 10 });
  });
});

describe('ratioOf', () => {
  it('compares what was measured in the same round', () => {
    // A machine twice as slow in the second round changes no ratio.
    expect(ratioOf([2, 4, 2], [1, 2, 1])).toEqual({ median: 2, least: 2, most: 2 });
  });
});
