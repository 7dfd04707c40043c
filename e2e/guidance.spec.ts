/** @file Ways of guidance: what each costs, what is written into the picture, what is refused; the choice on the page. */
import { readFileSync } from 'node:fs';
import { expect } from '@playwright/test';
import { readPngText } from '../src/image/png.ts';
import { generate } from './command-line.ts';
import { test } from './studio.ts';

const TINY_MODEL = 'e2e/fixtures/tiny-sdxl/model';
const ORDER = [
  ...['a red apple', '--negative', 'blue', '--model', TINY_MODEL, '--backend', 'wasm'],
  ...['--sampler', 'turbo', '--steps', '4', '--width', '64', '--height', '64', '--seed', '7'],
];

// `pipeline.spec.ts` paints with full guidance, and the page below in the first step only.
for (const [guidance, unetEvaluations, tag] of [
  ['off', 4, []],
  ['first-step', 5, ['@slow']],
  ['full', 8, ['@slow']],
  ['onetime-negative', 5, []],
] as const) {
  const title = `--guidance ${guidance} takes ${unetEvaluations} evaluations for four steps`;
  test(title, { tag: [...tag] }, async ({}, testInfo) => {
    const out = testInfo.outputPath('picture.png');
    const flags = ['--guidance', guidance, '--guidance-rescale', '0.7', '--clip-skip', '1'];
    const { code, stdout, stderr } = await generate(...ORDER, ...flags, '--out', out, '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ guidance, unetEvaluations });
    const hasNegative = guidance !== 'off';
    expect(stderr.some((line) => /negative prompt only acts/i.test(line))).toBe(!hasNegative);
    const text = readPngText(readFileSync(out))['parameters'] ?? '';
    expect(text.includes('Negative prompt: blue')).toBe(hasNegative);
    expect(text).toContain(`CFG scale: ${hasNegative ? 1.5 : 1}, `);
    expect(text).toContain('Clip skip: 2, ');
  });
}

test('--guidance distilled is refused where a model has none inside', async ({}, testInfo) => {
  const out = testInfo.outputPath('picture.png');
  const { code, stderr } = await generate(...ORDER, '--guidance', 'distilled', '--out', out);
  expect(code).toBe(1);
  expect(stderr.at(-1)).toMatch(/^error: request\/invalid: .*no guidance inside/);
});

test('the page says what guidance costs, and paints as was chosen under Advanced', async ({
  page,
  studio,
}) => {
  await studio.openTiny('?backend=wasm');
  const negative = page.getByLabel('Negative prompt');
  await expect(page.getByText('Without guidance: 4 UNet evaluations')).toBeVisible();
  await expect(negative).toBeHidden();
  await page.getByText('Advanced').click();
  // Turbo's scale is fixed, and so not to be chosen.
  const mode = page.getByLabel('Guidance', { exact: true });
  const scale = page.getByRole('slider', { name: 'Guidance scale' });
  await mode.selectOption('Every step');
  await expect(page.getByText('Guidance 1.5 in every step')).toBeVisible();
  await expect(scale).toBeHidden();
  await page.getByLabel('Sampler').selectOption('euler');
  await scale.fill('3');
  await expect(page.getByText('Guidance 3 in every step')).toBeVisible();
  await page.getByLabel('Sampler').selectOption('turbo');
  await expect(scale).toBeHidden();
  await mode.selectOption('First step only');
  await expect(page.getByText('Guidance 1.5 in the first step only: 5 UNet evaluations')).toBeVisible();
  await negative.fill('blue');
  await page.getByLabel('Guidance rescale').fill('0.5');
  await page.getByLabel('Clip skip').fill('1');
  await studio.prompt.fill('a red apple');
  await studio.generate.click();
  await studio.expectPicture();
  const [download] = await Promise.all([page.waitForEvent('download'), studio.download.click()]);
  const { parameters = '' } = readPngText(readFileSync(await download.path()));
  expect(parameters).toContain('Negative prompt: blue');
  expect(parameters).toMatch(/Clip skip: 2, .*Guidance: first-step, Guidance rescale: 0\.5/);
  await page.locator('emulsion-picture-receipt summary').click();
  await expect(page.locator('emulsion-picture-receipt dt', { hasText: 'UNet evaluations' })).toBeVisible();
});
