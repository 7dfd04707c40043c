/** @file The page in a real browser, served from a path below a static host. */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { expect } from '@playwright/test';
import { decode } from 'fast-png';
import { encodePng } from '../src/image/png.ts';
import { readEmbeddedModelFacts } from './model-facts.ts';
import { hollowSiteAddress, siteAddress } from './site.ts';
import { Studio, test } from './studio.ts';
import { dropFiles } from './transfers.ts';

const TINY_MODEL = 'e2e/fixtures/tiny-sdxl/model';
const embedded = readEmbeddedModelFacts();

// Software WebGPU is some hundred times slower than a GPU, so it paints a small picture in fewer steps.
for (const { backend, name, device, tag, steps, width, height } of [
  { ...embedded, backend: 'wasm', name: 'WASM', device: /WASM · \d+ threads?/, tag: [] },
  {
    ...{ backend: 'webgpu', name: 'WebGPU', device: /WebGPU · \S+/, tag: ['@slow'] },
    ...{ steps: 2, width: 64, height: 64 },
  },
]) {
  const title = `paints what is asked for, and saves it as a PNG that holds its settings, with ${backend}`;
  test(title, { tag }, async ({ page, studio }) => {
    await studio.open(`?backend=${backend}`);
    await expect(page.getByText(device)).toBeVisible();
    await expect(page.getByText('Nothing developed yet')).toBeVisible();
    await studio.prompt.fill('a red apple');
    await studio.seed.fill('18446744073709551615');
    await page.getByLabel('Steps').fill(String(steps));
    await page.getByLabel('Width').fill(String(width));
    await page.getByLabel('Height').fill(String(height));
    await studio.generate.click();

    const step = new RegExp(`step \\d of ${steps}`);
    await expect(studio.progress).toHaveAttribute('aria-valuetext', step, { timeout: 240_000 });
    await expect(studio.preview).toBeVisible({ timeout: 240_000 });
    expect(await studio.contrast(studio.preview)).toBeGreaterThan(30);

    await studio.expectPicture();
    await expect(studio.progress).toBeHidden();
    expect(await studio.contrast(studio.picture)).toBeGreaterThan(60);
    await expect(page.getByText(`seed 18446744073709551615 · ${steps} steps`)).toContainText(name);
    await expect(page.getByRole('status').filter({ hasText: 'The picture is ready' })).toBeAttached();

    // Memory is counted on a GPU alone.
    await page.locator('emulsion-picture-receipt summary').click();
    const graph = page.locator('emulsion-memory-graph').getByRole('img');
    await expect(graph).toHaveCount(backend === 'webgpu' ? 1 : 0);
    if (backend === 'webgpu') {
      await expect(graph).toHaveAccessibleName(/\d \S+ at most, budget \d.*, weights \d/);
      await expect(graph.locator('path[d^=M]').first()).toBeVisible();
      await expect(page.getByText(/peak \d[\s\S]*budget \d/)).toBeVisible();
    }

    const [download] = await Promise.all([page.waitForEvent('download'), studio.download.click()]);
    expect(download.suggestedFilename()).toBe('a-red-apple-18446744073709551615.png');
    const png = decode(readFileSync(await download.path()));
    expect([png.width, png.height]).toEqual([width, height]);
    const { parameters = '' } = png.text;
    expect(parameters.startsWith(`a red apple\nSteps: ${steps}, `)).toBe(true);
    expect(parameters).toContain(`Seed: 18446744073709551615, Size: ${width}x${height}`);
  });
}

test('takes over an example, in the language that is spoken', async ({ page, studio }) => {
  await studio.open();
  const example = (language: string) => embedded.examples[language]?.at(-1) ?? '';
  await page.getByRole('button', { name: example('en'), exact: true }).click();
  await expect(studio.prompt).toHaveValue(example('en'));
  await expect(studio.generate).toBeFocused();
  await page.getByRole('button', { name: '中文' }).click();
  await page.getByRole('button', { name: example('zh-CN'), exact: true }).click();
  await expect(page.getByRole('textbox', { name: '提示词' })).toHaveValue(example('zh-CN'));
});

for (const { backend, steps, tag } of [
  { backend: 'wasm', steps: 8, tag: [] },
  // Few enough for software WebGPU.
  { backend: 'webgpu', steps: 2, tag: ['@slow'] },
]) {
  test(
    `cancels with Escape, keeps the last picture, and paints again with Ctrl+Enter, with ${backend}`,
    { lock: '-exclusive-', tag },
    async ({ page, studio }) => {
      await studio.openTiny(`?backend=${backend}`);
      await page.getByLabel('Steps').fill(String(steps));
      await studio.prompt.fill('a fox');
      await page.keyboard.press('Control+Enter');
      await studio.expectPicture();
      const first = await studio.picture.getAttribute('src');
      const firstSeed = await studio.seed.inputValue();

      await page.keyboard.press('Control+Enter');
      await studio.progress.and(page.locator(`[aria-valuetext*=" of ${steps}"]`)).waitFor();
      await page.keyboard.press('Escape');
      await expect(studio.progress).toBeHidden({ timeout: 10_000 });
      await expect(studio.picture).toHaveAttribute('src', first ?? '');
      await expect(studio.download).toBeVisible();
      await expect(page.getByRole('status').filter({ hasText: 'Cancelled.' })).toBeAttached();
      await expect(studio.alert).toBeHidden();

      await studio.generate.click();
      await studio.cancel.click();
      await expect(studio.cancel).toBeHidden({ timeout: 30_000 });
      await expect(studio.generate).toBeFocused();

      await studio.prompt.fill('a rocket');
      await page.keyboard.press('Control+Enter');
      await expect(studio.cancel).toBeVisible();
      await studio.expectPicture();
      await expect(studio.picture).not.toHaveAttribute('src', first ?? '');
      expect(await studio.seed.inputValue()).not.toBe(firstSeed);
    },
  );
}

test('paints as soon as the model is open when asked before', async ({ page, studio }) => {
  let answer = (): void => undefined;
  const asked = new Promise<void>((resolve) => (answer = resolve));
  await page.route('**/models/catalog.json', async (route) => {
    await asked;
    await route.continue();
  });
  await page.goto(siteAddress('?backend=wasm'));
  const settings = 'a bear\nSteps: 2, Sampler: Euler a, Seed: 31, Size: 64x64';
  const pixels = { width: 1, height: 1, data: new Uint8ClampedArray(4) };
  await dropFiles(page, { name: 'bear.png', bytes: encodePng(pixels, { parameters: settings }) });
  await expect(studio.prompt).toHaveValue('a bear');
  await studio.prompt.fill('a fox');
  const waiting = page.getByRole('button', { name: 'Opening the model…' });
  await page.keyboard.press('Control+Enter');
  await expect(waiting).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(waiting).toBeHidden();
  await page.keyboard.press('Control+Enter');
  await expect(page.getByRole('status').filter({ hasText: 'Opening the model…' })).toBeAttached();
  answer();
  await studio.expectPicture();
  // The settings of a picture that came before the model are not lost to those that the model says, nor what was written.
  await expect(studio.picture).toHaveAccessibleName('Generated picture: a fox');
  await expect(page.getByText('64 × 64')).toContainText('seed 31 · 2 steps');
});

test('a reload keeps what is written, which a link goes before; another tab begins anew', async ({
  page,
  studio,
  context,
}) => {
  await studio.open('?backend=wasm');
  await studio.prompt.fill('a red fox, 50 % & “more”');
  await page.getByLabel('Steps').fill('2');
  await page.getByLabel('Width').fill('192');
  await page.getByText('Style: none').click();
  await page.getByRole('button', { name: 'Flat', exact: true }).click();
  await page.getByText('Advanced').click();
  await page.getByLabel('Sampler').selectOption('lcm');

  const expectKept = async (prompt: string): Promise<void> => {
    await expect(studio.prompt).toHaveValue(prompt);
    await expect(page.getByText('Style: Flat')).toBeVisible();
    await expect(page.getByLabel('Steps')).toHaveValue('2');
    await expect(page.getByLabel('Width')).toHaveValue('192');
    await expect(page.getByLabel('Sampler')).toHaveValue('lcm');
  };
  await page.reload();
  await expectKept('a red fox, 50 % & “more”');
  await expect(page.getByLabel('Random')).toBeChecked();

  // A seed that was chosen; and what is written on before the model is there.
  await studio.seed.fill('7');
  let answer = (): void => undefined;
  const asked = new Promise<void>((resolve) => (answer = resolve));
  await page.route('**/models/catalog.json', async (route) => {
    await asked;
    await route.continue();
  });
  await page.reload();
  await expect(studio.prompt).toHaveValue(/red fox/);
  await studio.prompt.press('ControlOrMeta+End');
  await studio.prompt.pressSequentially(' at dawn');
  const prompt = await studio.prompt.inputValue();
  answer();
  await studio.expectReady();
  await expectKept(prompt);
  await expect(studio.seed).toHaveValue('7');

  await page.goto(siteAddress('docs/index.html'));
  await page.goto(siteAddress('?backend=wasm#prompt=a+cat&steps=3&seed=9'));
  await expect(page.getByText('Prompt and settings are those of the link.')).toBeVisible();
  await expect(studio.prompt).toHaveValue('a cat');
  await expect(page.getByText('Style: none')).toBeVisible();
  await expect(page.getByLabel('Steps')).toHaveValue('3');
  await expect(studio.seed).toHaveValue('9');

  const other = new Studio(await context.newPage());
  await other.open('?backend=wasm');
  await expect(other.prompt).toHaveValue('');
  await expect(other.page.getByLabel('Steps')).toHaveValue(String(embedded.steps));
});

test('paints with a model folder from disk, and returns to the embedded model', async ({
  page,
  studio,
}, testInfo) => {
  const folder = testInfo.outputPath('guided');
  cpSync(TINY_MODEL, folder, { recursive: true });
  writeFileSync(
    `${folder}/emulsion.json`,
    JSON.stringify({ name: 'Guided', defaultSize: [64, 64], guidance: 'full' }),
  );
  await studio.open('?backend=wasm');
  await expect(page.getByLabel('Negative prompt')).toBeHidden();
  await dropFiles(page, folder);
  await studio.models.getByRole('button', { name: 'Use once' }).click();
  await expect(page.locator('emulsion-model-panel')).toContainText('Guided');
  await expect(page.getByLabel('Width')).toHaveValue('64');
  await page.getByLabel('Negative prompt').fill('blur');
  // Announced only if it is there before its content.
  const notices = page.locator('emulsion-notice-list').getByRole('status');
  await expect(notices).toBeAttached();
  await expect(notices).toHaveText('');
  await studio.prompt.fill('a [cat:hat:0.5]');
  await page.getByLabel('Width').fill('100');
  await page.getByLabel('Height').fill('62');
  await page.getByLabel('Height').press('Control+Enter');
  await studio.expectPicture();
  await expect(page.getByText('104 × 64')).toBeVisible();
  const notice = notices.getByRole('listitem').filter({ hasText: '[cat:hat:0.5]' });
  await expect(notice).toBeVisible();
  await notice.getByRole('button', { name: 'Dismiss' }).click();
  await expect(notice).toBeHidden();

  await studio.openModels();
  await studio.models.getByRole('button', { name: `Paint with it: ${embedded.name}` }).click();
  await expect(page.locator('emulsion-model-panel')).toContainText(embedded.name);
  await expect(page.getByLabel('Negative prompt')).toBeHidden();
  await expect(page.getByLabel('Width')).toHaveValue(String(embedded.width));
});

test('says what is wrong with a folder, and keeps the model it has', async ({ studio }, testInfo) => {
  const folder = testInfo.outputPath('not-a-model');
  mkdirSync(folder);
  writeFileSync(`${folder}/notes.txt`, 'no model here');
  await studio.open('?backend=wasm');
  await studio.pickFolder(folder);
  await expect(studio.alert).toContainText('The model has no “model_index.json”');
  await expect(studio.alert).toContainText('model/config-missing');
  await studio.models.getByRole('button', { name: 'Back' }).click();
  await expect(studio.alert).toBeHidden();
  await studio.models.getByRole('button', { name: 'Close' }).click();
  await studio.expectReady();
});

test('says so when the embedded model is not there, and tries again', async ({ browser }) => {
  const page = await browser.newPage();
  await page.goto(`${hollowSiteAddress()}#prompt=a+fox&seed=77&steps=2`);
  const alert = page.getByRole('alert');
  await expect(alert).toContainText('models/catalog.json');
  await expect(alert).toContainText('404');
  await expect(alert).toContainText('weights/not-found');
  await alert.getByRole('button', { name: 'Try again' }).click();
  await expect(alert).toContainText('weights/not-found');
  await expect(page.getByRole('button', { name: /^Generate/ })).toHaveAttribute('aria-disabled', 'true');
  // What a link says waits for whatever model comes.
  const studio = new Studio(page);
  await studio.openModel(TINY_MODEL);
  await expect(page.getByText('Prompt and settings are those of the link.')).toBeVisible();
  await expect(studio.prompt).toHaveValue('a fox');
  await expect(studio.seed).toHaveValue('77');
  await expect(page.getByLabel('Steps')).toHaveValue('2');
  await page.close();
});

test('refuses a seed that is none', async ({ page, studio }) => {
  await studio.open('?backend=wasm');
  await expect(studio.seed).toHaveAccessibleDescription('');
  await studio.seed.fill('-5');
  await page.keyboard.press('Control+Enter');
  await expect(studio.alert).toContainText('A whole number from 0');
  await expect(studio.seed).toBeFocused();
  await expect(studio.seed).toHaveAccessibleDescription(/whole number from 0/);
  await expect(studio.progress).toBeHidden();
  await page.getByRole('button', { name: 'Roll a new seed' }).click();
  await expect(studio.alert).toBeHidden();
  await expect(page.getByLabel('Random')).not.toBeChecked();
  expect(Number(await studio.seed.inputValue())).toBeGreaterThanOrEqual(0);
});

test('speaks Chinese when asked, and remembers', async ({ page, studio }) => {
  await studio.open('?backend=wasm');
  await page.getByRole('button', { name: '中文' }).click();
  await expect(page.getByRole('button', { name: '极速生成' })).toBeVisible();
  await expect(page.getByRole('textbox', { name: '提示词' }).and(page.getByRole('textbox'))).toBeVisible();
  await page.reload();
  await expect(page.getByRole('button', { name: '极速生成' })).toBeVisible();
  await expect(page.locator('html')).toHaveAttribute('lang', 'zh-CN');
  await page.getByRole('button', { name: 'EN' }).click();
  await expect(studio.generate).toBeVisible();
});

test('fits a narrow screen, with targets large enough for a finger', async ({ page, studio }) => {
  await page.setViewportSize({ width: 320, height: 640 });
  await studio.open();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
  const controls = page.locator(
    'button:visible, select:visible, summary:visible, input:visible:not([type=checkbox]), label:has(input):visible',
  );
  expect(await controls.count()).toBeGreaterThan(10);
  for (const control of await controls.all()) {
    const box = await control.boundingBox();
    expect(Math.min(box?.width ?? 0, box?.height ?? 0)).toBeGreaterThanOrEqual(24);
  }
});

test('offers only the scripting interface with ?headless', async ({ page, studio }) => {
  await page.goto(`${(await studio.open(), page.url())}?headless`);
  await expect(page.getByText('globalThis.emulsion')).toBeVisible();
  await expect(page.locator('emulsion-app')).toHaveCount(0);
  const answers = await page.evaluate(async () => {
    const { emulsion } = globalThis;
    const failure = await emulsion
      .namedModel('no such model')
      .catch((error: unknown) => emulsion.toPlainError(error));
    const { steps, sizeMultiple } = await emulsion.describe(await emulsion.defaultModel());
    return { failure, steps, sizeMultiple, backend: (await emulsion.probe()).backend };
  });
  expect(answers).toMatchObject({ failure: { code: 'model/unknown', detail: { model: 'no such model' } } });
  const { steps, sizeMultiple } = embedded;
  expect(answers).toMatchObject({ steps, sizeMultiple });
});
