import { describe, expect, it } from 'vitest';
import { addCounts, countPlaywright, countVitest } from './test-counts.ts';

describe('test counts', () => {
  it('reads the report of Vitest', () => {
    expect(countVitest({ numPassedTests: 12, numFailedTests: 1, numTotalTests: 13 })).toEqual({
      passed: 12,
      failed: 1,
    });
  });

  it('reads the report of Playwright, where a flaky test has failed', () => {
    expect(countPlaywright({ stats: { expected: 5, unexpected: 2, flaky: 1, skipped: 4 } })).toEqual({
      passed: 5,
      failed: 3,
    });
  });

  it.each([null, {}, { stats: {} }, 'text'])('refuses %j', (report) => {
    expect(() => countVitest(report)).toThrow(TypeError);
    expect(() => countPlaywright(report)).toThrow(TypeError);
  });

  it('adds', () => {
    expect(addCounts({ passed: 1, failed: 2 }, { passed: 3, failed: 4 })).toEqual({ passed: 4, failed: 6 });
  });
});
