/**
 * @file `npm test`: everything that has to hold, in the order in which it fails fastest. Finds or installs a
 * browser first, stops at the first step that fails, and ends with the number of tests the runners counted.
 */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { PROJECT } from './build.ts';
import { npmCommand, runChild } from './child.ts';
import { ensureBrowser } from './ensure-browser.ts';
import { describeFailure } from './failure.ts';
import { addCounts, countPlaywright, countVitest } from './test-counts.ts';
import type { TestCounts } from './test-counts.ts';

interface Step {
  readonly name: string;
  /** The npm script. */
  readonly script: string;
  readonly args?: readonly string[];
  /** Reads the runner's own report. */
  readonly count?: (report: unknown) => TestCounts;
}

const REPORTS = path.join(PROJECT, '.cache', 'reports');
const reportFile = (step: string) => path.join(REPORTS, `${step}.json`);
const vitestReport = (step: string) => [
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${reportFile(step)}`,
];

const STEPS: readonly Step[] = [
  { name: 'lint', script: 'lint' },
  { name: 'unit', script: 'test:unit', args: vitestReport('unit'), count: countVitest },
  { name: 'browser', script: 'test:browser', args: vitestReport('browser'), count: countVitest },
  { name: 'build', script: 'build' },
  { name: 'e2e', script: 'test:e2e', args: ['--reporter=list,json'], count: countPlaywright },
];

process.exitCode = await main();

async function main(): Promise<number> {
  try {
    await ensureBrowser((line) => console.error(line));
  } catch (error) {
    console.error(describeFailure(error));
    return 1;
  }
  rmSync(REPORTS, { recursive: true, force: true });
  mkdirSync(REPORTS, { recursive: true });

  const summary: string[] = [];
  let total: TestCounts = { passed: 0, failed: 0 };
  let failedStep: string | undefined;
  for (const step of STEPS) {
    console.error(`\n── ${step.name}`);
    const started = performance.now();
    const ok = await runStep(step);
    const counts = readCounts(step, ok);
    total = addCounts(total, counts);
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    const tests = step.count === undefined ? '' : `, ${counts.passed} passed, ${counts.failed} failed`;
    summary.push(`${ok ? 'ok    ' : 'FAILED'} ${step.name} (${seconds} s${tests})`);
    if (!ok) {
      failedStep = step.name;
      break;
    }
  }
  console.log(`\n${summary.join('\n')}`);
  if (failedStep !== undefined) console.log(`stopped at ${failedStep}`);
  console.log(`${total.passed} passed, ${total.failed} failed`);
  return failedStep === undefined && total.failed === 0 ? 0 : 1;
}

async function runStep({ name, script, args = [] }: Step): Promise<boolean> {
  const npm = npmCommand();
  const code = await runChild(npm.command, [...npm.args, 'run', '--silent', script, '--', ...args], {
    cwd: PROJECT,
    env: { PLAYWRIGHT_JSON_OUTPUT_FILE: reportFile(name) },
  });
  return code === 0;
}

/** What the runner counted; a step that failed without counting a failure counts as one. */
function readCounts({ name, count }: Step, ok: boolean): TestCounts {
  let counts: TestCounts = { passed: 0, failed: 0 };
  if (count !== undefined) {
    try {
      counts = count(JSON.parse(readFileSync(reportFile(name), 'utf8')));
    } catch {
      // The runner ended before it wrote its report.
    }
  }
  return ok ? counts : { ...counts, failed: Math.max(1, counts.failed) };
}
