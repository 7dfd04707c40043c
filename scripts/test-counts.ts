/**
 * @file How many tests passed and failed, from the JSON reports of the test runners.
 */

export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
}

export function addCounts(a: TestCounts, b: TestCounts): TestCounts {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed };
}

/** From Vitest's JSON reporter. @throws TypeError when the report is something else */
export function countVitest(report: unknown): TestCounts {
  return { passed: readNumber(report, 'numPassedTests'), failed: readNumber(report, 'numFailedTests') };
}

/** From Playwright's JSON reporter; a test that passed only on a retry counts as failed. @throws TypeError */
export function countPlaywright(report: unknown): TestCounts {
  const stats = readField(report, 'stats');
  return {
    passed: readNumber(stats, 'expected'),
    failed: readNumber(stats, 'unexpected') + readNumber(stats, 'flaky'),
  };
}

function readField(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function readNumber(value: unknown, name: string): number {
  const field = readField(value, name);
  if (typeof field !== 'number') throw new TypeError(`the report has no number ${name}`);
  return field;
}
