/** @file The commands that measure the Turbo path, on little: a comparison that goes on where it stopped, and a short soak. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from '@playwright/test';
import { run } from './command-line.ts';

const TINY = ['--model', 'e2e/fixtures/tiny-sdxl/model', '--backend', 'wasm'];

interface Report {
  readonly arms: readonly {
    readonly id: string;
    readonly unetEvaluations: number;
    readonly pictures: number;
  }[];
  readonly comparisons: readonly {
    readonly evaluations: number;
    readonly denoise: { readonly median: number };
    readonly total: { readonly median: number };
  }[];
  readonly scoresMissing: string | null;
}

test('bench:turbo compares four steps with thirty, and paints nothing twice', async ({ page }, testInfo) => {
  const out = testInfo.outputPath('report');
  const list = testInfo.outputPath('prompts.json');
  writeFileSync(list, JSON.stringify(['a <fox> & "hat"']));
  const order = [...TINY, '--prompts-file', list, '--out', out, '--profile', testInfo.outputPath('profile')];
  const first = await run('bench:turbo', order).result;
  expect(first.stderr.filter((line) => line.startsWith('error'))).toEqual([]);
  expect(first.code).toBe(0);
  const { arms, comparisons, scoresMissing } = JSON.parse(
    readFileSync(join(out, 'report.json'), 'utf8'),
  ) as Report;
  expect(arms.map(({ id, unetEvaluations, pictures }) => [id, unetEvaluations, pictures])).toEqual([
    ['turbo', 4, 1],
    ['euler-a', 30, 1],
    ['euler-a-full', 60, 1],
  ]);
  expect(comparisons.map(({ evaluations }) => evaluations)).toEqual([7.5, 15]);
  for (const { denoise, total } of comparisons) {
    expect(denoise.median).toBeGreaterThan(1);
    expect(total.median).toBeLessThan(denoise.median);
  }
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
  expect(sizes).toEqual(Array(3).fill([64, 64]));

  const kept = readFileSync(join(out, 'euler-a', '000-1000.png'));
  const journal = readFileSync(join(out, 'journal.jsonl'), 'utf8').trimEnd().split('\n');
  writeFileSync(join(out, 'journal.jsonl'), `${journal.slice(0, -1).join('\n')}\n`);
  rmSync(join(out, 'euler-a-full', '000-1000.png'));
  const second = await run('bench:turbo', order).result;
  expect(second.code).toBe(0);
  expect(second.stderr.filter((line) => line.includes('denoised'))).toHaveLength(1);
  expect(existsSync(join(out, 'euler-a-full', '000-1000.png'))).toBe(true);
  expect(readFileSync(join(out, 'euler-a', '000-1000.png')).equals(kept)).toBe(true);
});

test('soak paints one picture after another, and holds memory to its bars', async ({}, testInfo) => {
  const out = testInfo.outputPath('soak.json');
  const order = [...TINY, '--count', '12', '--steps', '1', '--out', out];
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
