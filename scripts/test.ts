/**
 * @file `npm test`: everything that has to hold, in the order in which it fails fastest. Finds or installs a
 * browser first, stops at the first stage that fails, and ends with the number of tests the runners counted.
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

/** Stages follow each other; the steps of a stage, none of which keeps all cores busy, run side by side. */
const STAGES: readonly (readonly Step[])[] = [
  [
    { name: 'lint', script: 'lint' },
    { name: 'unit', script: 'test:unit', args: vitestReport('unit'), count: countVitest },
  ],
  [
    { name: 'browser', script: 'test:browser', args: vitestReport('browser'), count: countVitest },
    { name: 'build', script: 'build' },
  ],
  [{ name: 'e2e', script: 'test:e2e', args: ['--reporter=list,json'], count: countPlaywright }],
];

const NOTHING: TestCounts = { passed: 0, failed: 0 };

interface Outcome {
  readonly name: string;
  readonly ok: boolean;
  readonly counts: TestCounts;
  /** One line for people. */
  readonly summary: string;
}

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

  const outcomes: Outcome[] = [];
  const failed = () => outcomes.filter(({ ok }) => !ok).map(({ name }) => name);
  for (const stage of STAGES) {
    outcomes.push(...(await Promise.all(stage.map((step) => runStep(step, stage.length === 1)))));
    if (failed().length > 0) break;
  }
  const total = outcomes.reduce((sum, { counts }) => addCounts(sum, counts), NOTHING);
  console.log(`\n${outcomes.map(({ summary }) => summary).join('\n')}`);
  if (failed().length > 0) console.log(`stopped at ${failed().join(' and ')}`);
  console.log(`${total.passed} passed, ${total.failed} failed`);
  return failed().length === 0 && total.failed === 0 ? 0 : 1;
}

/** Runs a step. What it prints is shown at once where it runs alone, else when it ends. */
async function runStep(step: Step, isAlone: boolean): Promise<Outcome> {
  const { name, script, args = [] } = step;
  const title = `\n── ${name}\n`;
  const held: Buffer[] = [];
  if (isAlone) process.stderr.write(title);
  const npm = npmCommand();
  const started = performance.now();
  const code = await runChild(npm.command, [...npm.args, 'run', '--silent', script, '--', ...args], {
    cwd: PROJECT,
    env: { PLAYWRIGHT_JSON_OUTPUT_FILE: reportFile(name) },
    ...(!isAlone && { output: (chunk) => held.push(chunk) }),
  });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  if (!isAlone) process.stderr.write(title + Buffer.concat(held).toString());
  const ok = code === 0;
  const counts = readCounts(step, ok);
  const tests = step.count === undefined ? '' : `, ${counts.passed} passed, ${counts.failed} failed`;
  return { name, ok, counts, summary: `${ok ? 'ok    ' : 'FAILED'} ${name} (${seconds} s${tests})` };
}

/** What the runner counted; a step that failed without counting a failure counts as one. */
function readCounts({ name, count }: Step, ok: boolean): TestCounts {
  let counts = NOTHING;
  if (count !== undefined) {
    try {
      counts = count(JSON.parse(readFileSync(reportFile(name), 'utf8')));
    } catch {
      // The runner ended before it wrote its report.
    }
  }
  return ok ? counts : { ...counts, failed: Math.max(1, counts.failed) };
}
