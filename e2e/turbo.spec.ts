/** @file The commands that measure the Turbo path, on little: a comparison that goes on where it stopped, and a short soak. */
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test, type TestInfo } from '@playwright/test';
import { run, type CommandResult } from './command-line.ts';

const TINY = 'e2e/fixtures/tiny-sdxl/model';
const on = (model: string) => ['--model', model, '--backend', 'wasm'];

interface Report {
  readonly arms: readonly {
    readonly id: string;
    readonly unetEvaluations: number;
    readonly pictures: number;
    /** Black, not finite or refused. */
    readonly failed: number;
  }[];
  readonly comparisons: readonly {
    readonly evaluations: number;
    readonly bars: readonly { readonly holds: boolean }[];
  }[];
  readonly scoresMissing: string | null;
}

const readReport = (out: string): Report =>
  JSON.parse(readFileSync(join(out, 'report.json'), 'utf8')) as Report;

/** Whether all bars of a report do; a machine that does other things may take too long for that of time. */
function holds(out: string): boolean {
  return readReport(out).comparisons.every(({ bars }) => bars.every((bar) => bar.holds));
}

function painted({ stderr }: CommandResult): string[] {
  return stderr.filter((line) => line.includes('denoised'));
}

const FOX = ['a <fox> & "hat"'];

/** Where a comparison writes, its list of prompts, and the flags to order it with. */
function comparison(testInfo: TestInfo, model = TINY): { out: string; list: string; order: string[] } {
  const [out, list] = [testInfo.outputPath('report'), testInfo.outputPath('prompts.json')];
  writeFileSync(list, JSON.stringify(FOX));
  const places = ['--out', out, '--profile', testInfo.outputPath('profile')];
  return { out, list, order: [...on(model), '--prompts-file', list, ...places] };
}

/** The tiny model with guidance inside, which leaves two ways of painting to compare, and with little pictures. */
function distilled(testInfo: TestInfo): string {
  const folder = testInfo.outputPath('model');
  cpSync(TINY, folder, { recursive: true });
  const file = join(folder, 'emulsion.json');
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as object;
  writeFileSync(file, JSON.stringify({ ...manifest, guidance: 'distilled', defaultSize: [32, 32] }));
  return folder;
}

test('bench:turbo compares four steps with thirty', async ({ page }, testInfo) => {
  const { out, order } = comparison(testInfo, distilled(testInfo));
  const first = await run('bench:turbo', order).result;
  expect(first.stderr.filter((line) => line.startsWith('error'))).toEqual([]);
  expect(first.code).toBe(holds(out) ? 0 : 1);
  const { arms, comparisons, scoresMissing } = readReport(out);
  expect(arms.map(({ id, unetEvaluations, pictures }) => [id, unetEvaluations, pictures])).toEqual([
    ['turbo', 4, 1],
    ['euler-a', 30, 1],
  ]);
  expect(comparisons.map(({ evaluations }) => evaluations)).toEqual([7.5]);
  expect(scoresMissing).toContain('do not say what the pictures have to show');

  // One file says it all: nothing else is asked for, and every picture is in it.
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  const address = pathToFileURL(join(out, 'report.html')).href;
  await page.goto(address);
  expect(asked.filter((url) => !url.startsWith('data:'))).toEqual([address]);
  await expect(page.getByRole('heading', { name: 'a <fox> & "hat"' })).toBeVisible();
  const sizes = await page
    .getByRole('img')
    .evaluateAll((images: HTMLImageElement[]) => images.map((image) => [image.naturalWidth, image.width]));
  expect(sizes).toEqual(Array(2).fill([32, 32]));
});

test(
  'bench:turbo compares the guidance that each has, too, and paints nothing twice',
  { tag: '@slow' },
  async ({}, testInfo) => {
    const { out, list, order } = comparison(testInfo);
    expect(painted(await run('bench:turbo', order).result)).toHaveLength(3);
    const { arms, comparisons } = readReport(out);
    expect(arms.map(({ id, unetEvaluations, pictures }) => [id, unetEvaluations, pictures])).toEqual([
      ['turbo', 4, 1],
      ['euler-a', 30, 1],
      ['euler-a-full', 60, 1],
    ]);
    expect(comparisons.map(({ evaluations }) => evaluations)).toEqual([7.5, 15]);

    // A round that was interrupted is painted again as a whole, so that its times are of one session.
    const journal = join(out, 'journal.jsonl');
    const [setting] = readFileSync(journal, 'utf8').split('\n');
    writeFileSync(journal, `${setting}\n`);
    const [picture = ''] = readdirSync(join(out, 'euler-a-full')).filter((name) => name.endsWith('.png'));
    rmSync(join(out, 'euler-a-full', picture));
    const second = await run('bench:turbo', order).result;
    expect(second.code).toBe(holds(out) ? 0 : 1);
    expect(painted(second)).toHaveLength(3);
    expect(existsSync(join(out, 'euler-a-full', picture))).toBe(true);

    // Another list leaves the pictures of this one alone, and is not mixed with them.
    const kept = readFileSync(join(out, 'euler-a', picture));
    writeFileSync(list, JSON.stringify(['a hat']));
    const third = await run('bench:turbo', order).result;
    expect(painted(third)).toHaveLength(3);
    expect(readReport(out).arms.map(({ pictures }) => pictures)).toEqual([1, 1, 1]);
    expect(readFileSync(join(out, 'euler-a', picture)).equals(kept)).toBe(true);
    writeFileSync(list, JSON.stringify(FOX));
    expect(painted(await run('bench:turbo', order).result)).toEqual([]);
  },
);

test('soak paints one picture after another, and holds memory to its bars', async ({}, testInfo) => {
  const out = testInfo.outputPath('soak.json');
  const order = [...on(TINY), '--count', '12', '--steps', '1', '--out', out];
  const { code, stdout } = await run('soak', [...order, '--profile', testInfo.outputPath('profile')]).result;
  expect(stdout).not.toContain('wrong:');
  expect(code).toBe(0);
  const { painted, failed, samples } = JSON.parse(readFileSync(out, 'utf8')) as {
    painted: number;
    failed: unknown[];
    samples: { pictures: number; wasm: number; objects: number; buffers: number }[];
  };
  expect([painted, failed]).toEqual([12, []]);
  expect(samples.map(({ pictures }) => pictures)).toEqual([10, 12]);
  // The weights are in the worker's buffers: what is counted is not only the page's.
  expect(samples[0]?.buffers).toBeGreaterThan(2 ** 20);
  expect(samples[0]?.objects).toBeGreaterThan(2 ** 20);
});

test(
  'pictures that are none are counted, and end a soak and a comparison with exit code 1',
  { tag: '@slow' },
  async ({}, testInfo) => {
    const model = testInfo.outputPath('overflowing');
    expect((await run('make-overflow', [TINY, model]).result).code).toBe(0);
    const engine = [...on(model), '--precision', 'f16'];
    const order = [...engine, '--profile', testInfo.outputPath('profile')];
    const figures = testInfo.outputPath('soak.json');
    const soak = await run('soak', [...order, '--count', '11', '--steps', '1', '--out', figures]).result;
    expect(soak.code).toBe(1);
    expect(soak.stdout).toContain('wrong: 11 pictures are none; the first: image/not-finite: ');

    const list = testInfo.outputPath('prompts.json');
    writeFileSync(list, JSON.stringify(['a fox']));
    const out = testInfo.outputPath('report');
    const turbo = await run('bench:turbo', [...order, '--prompts-file', list, '--out', out]).result;
    expect(turbo.code).toBe(1);
    const { arms } = readReport(out);
    expect(arms.map(({ pictures, failed }) => [pictures, failed])).toEqual(Array(3).fill([0, 1]));
  },
);
