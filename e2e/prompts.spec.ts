/** @file Emphasis and long prompts as a user meets them: the keys, the count, the picture and its settings; the command line. */
import { readFileSync } from 'node:fs';
import { expect } from '@playwright/test';
import { readPngText } from '../src/image/png.ts';
import { relativeL2 } from '../src/testing/relative-l2.ts';
import { generate, readTensors } from './command-line.ts';
import { hollowSiteAddress } from './site.ts';
import { test } from './studio.ts';

const TINY_MODEL = 'e2e/fixtures/tiny-sdxl/model';
const FIXTURES = 'e2e/fixtures/prompts';

interface RecordedRun {
  readonly tag: string;
  readonly prompt: string;
  readonly negative: string;
}

test('weighs words with the keys, counts while it is typed, and paints a prompt of several chunks', async ({
  page,
  studio,
}) => {
  await studio.openTiny('?backend=wasm');
  const described = (count: string) => expect(studio.prompt).toHaveAccessibleDescription(new RegExp(count));
  await described('0 of 75 tokens');

  await studio.prompt.pressSequentially('a red fox');
  await studio.prompt.press('Control+ArrowUp');
  await studio.prompt.press('Control+ArrowUp');
  await expect(studio.prompt).toHaveValue('a red (fox:1.2)');
  // The browser's own undo takes it back, as it does what is typed.
  await studio.prompt.press('Control+z');
  await expect(studio.prompt).toHaveValue('a red (fox:1.1)');
  await studio.prompt.press('Control+Shift+z');
  await expect(studio.prompt).toHaveValue('a red (fox:1.2)');
  for (let press = 0; press < 3; press++) await studio.prompt.press('Control+ArrowDown');
  await expect(studio.prompt).toHaveValue('a red (fox:0.9)');
  await studio.prompt.press('Control+ArrowUp');
  await expect(studio.prompt).toHaveValue('a red fox');
  await described('of 75 tokens');

  const prompt = `(a red fox:1.2), [mist] ${'over the water, '.repeat(25)}\\(painted\\) BREAK snow`;
  await studio.prompt.fill(prompt);
  await described('of 225 tokens');
  await page.getByLabel('Steps').fill('1');
  await studio.prompt.press('Control+Enter');
  await studio.expectPicture();
  await expect(page.locator('emulsion-notice-list')).not.toContainText('too long');
  const [download] = await Promise.all([page.waitForEvent('download'), studio.download.click()]);
  expect(readPngText(readFileSync(await download.path()))['parameters']).toMatch(
    new RegExp(`^${prompt.replace(/[\\()[\]]/g, String.raw`\$&`)}\n`),
  );

  await studio.prompt.fill('a (fox:1000)');
  await studio.generate.click();
  await expect(studio.alert).toContainText('“1000” for emphasis');
  await expect(studio.picture).toBeVisible();
});

test('counts nothing without a model', async ({ browser }) => {
  const page = await browser.newPage({ viewport: { width: 390, height: 844 } });
  await page.goto(hollowSiteAddress());
  await expect(page.getByRole('alert')).toBeVisible();
  const prompt = page.getByRole('textbox', { name: 'Prompt', exact: true });
  await prompt.fill('a fox');
  await expect(prompt).toHaveAccessibleDescription('');
  await prompt.press('Control+ArrowUp');
  await expect(prompt).toHaveValue('a (fox:1.1)');
  await page.close();
});

test('the command line paints a long prompt and a short negative one as diffusers does', async ({}, testInfo) => {
  const runs = JSON.parse(readFileSync(`${FIXTURES}/runs.json`, 'utf8')) as readonly RecordedRun[];
  const { prompt = '', negative = '' } = runs.find(({ tag }) => tag === 'long') ?? {};
  const dump = testInfo.outputPath('dump.safetensors');
  const { code, stderr } = await generate(
    ...['--prompt', prompt, '--negative', negative, '--model', TINY_MODEL, '--backend', 'wasm'],
    ...'--seed 22 --steps 2 --width 64 --height 64 --sampler turbo --guidance full --guidance-scale 1.5'.split(
      ' ',
    ),
    ...['--dump', dump, '--out', testInfo.outputPath('out.png')],
  );
  expect(stderr.filter((line) => line.startsWith('error'))).toEqual([]);
  expect(code).toBe(0);
  const [painted, expected] = [readTensors(dump), readTensors(`${FIXTURES}/runs.safetensors`)];
  const difference = (name: string): number =>
    relativeL2(
      painted.get(name)?.data ?? new Float32Array(),
      expected.get(`long.${name}`)?.data ?? new Float32Array(1),
    );
  expect(difference('context')).toBeLessThan(1e-5);
  expect(difference('latents')).toBeLessThan(1e-3);
});
