/** @file The steps of a picture: named while it is painted, and looked back at afterwards, with the real engine. */
import { cpSync, writeFileSync } from 'node:fs';
import { expect, type Locator } from '@playwright/test';
import { readEmbeddedModelFacts } from './model-facts.ts';
import { test } from './studio.ts';

/** Latents of 16 channels, and no factors that would make a preview of them. */
const MODEL_WITHOUT_PREVIEWS = 'e2e/fixtures/odd-sdxl/model';
const STAGES = ['structure', 'texture', 'light', 'detail'];
const embedded = readEmbeddedModelFacts();
/** Until a step is painted on a busy machine. */
const STEP = { timeout: 240_000 };

/** Red, green and blue of a canvas or an image, scaled to so many pixels. */
function pixelsOf(element: Locator, width: number, height: number): Promise<number[]> {
  return element.evaluate(
    (source: HTMLCanvasElement | HTMLImageElement, [w = 0, h = 0]) => {
      const canvas = Object.assign(document.createElement('canvas'), { width: w, height: h });
      const context = canvas.getContext('2d');
      context?.drawImage(source, 0, 0, w, h);
      return [...(context?.getImageData(0, 0, w, h).data ?? [])].filter((_, i) => i % 4 !== 3);
    },
    [width, height],
  );
}

function meanDifference(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + Math.abs(value - (b[i] ?? NaN)), 0) / a.length;
}

test('the four stages are named, their previews are kept and come ever nearer to the picture', async ({
  page,
  studio,
}) => {
  const strip = page.getByRole('toolbar', { name: 'How the picture came about' });
  const stage = (step: number): Locator =>
    strip.getByRole('button', { name: `Step ${step} of 4: ${STAGES[step - 1] ?? ''}` });
  const finished = strip.getByRole('button', { name: 'The finished picture' });

  await studio.open('?backend=wasm');
  await expect(strip).toBeHidden();
  await studio.prompt.fill('a red apple');
  await studio.seed.fill('7');
  await page.getByLabel('Steps').fill('4');
  await studio.generate.click();
  await expect(stage(4)).toHaveAttribute('aria-disabled', 'true');
  await expect(studio.progress).toHaveAttribute('aria-valuetext', /Painting, step 1 of 4: structure/, STEP);

  // The first stage can be looked at while the others are painted.
  await expect(stage(1)).toHaveAttribute('aria-disabled', 'false', STEP);
  await stage(1).click();
  await expect(stage(1)).toHaveAttribute('aria-pressed', 'true');
  await expect(page.getByRole('img', { name: 'Preview of the picture after step 1 of 4' })).toBeVisible();

  await studio.expectPicture();
  await expect(finished).toHaveAttribute('aria-pressed', 'true');
  await expect(strip.getByRole('button')).toHaveCount(5);
  const [width, height] = [embedded.width / 8, embedded.height / 8];
  const picture = await pixelsOf(studio.picture, width, height);
  const previews: number[][] = [];
  for (const [index, name] of STAGES.entries()) {
    await expect(stage(index + 1)).toContainText(name);
    previews.push(await pixelsOf(stage(index + 1).locator('canvas'), width, height));
  }
  const distances = previews.map((preview) => meanDifference(preview, picture));
  const changes = previews.slice(1).map((preview, i) => meanDifference(preview, previews[i] ?? []));
  for (const change of changes) expect(change, `changes ${changes.join(', ')}`).toBeGreaterThan(0);
  const [first = NaN, , , last = NaN] = distances;
  expect(last, `distances from the picture ${distances.join(', ')}`).toBe(Math.min(...distances));
  expect(last).toBeLessThan(first);
});

test('arrows look back along the strip; a new picture begins a new one, a cancelled one leaves the old', async ({
  page,
  studio,
}) => {
  const strip = page.getByRole('toolbar', { name: 'How the picture came about' });
  const pressed = strip.locator('[aria-pressed=true]');
  await studio.openTiny('?backend=wasm');
  await page.getByLabel('Steps').fill('3');
  await studio.prompt.fill('a fox');
  await page.keyboard.press('Control+Enter');
  await studio.expectPicture();

  // Three steps have numbers; nobody has said what each of them does.
  await expect(strip.getByRole('button')).toHaveText(['1', '2', '3', 'picture']);
  await pressed.focus();
  await page.keyboard.press('ArrowLeft');
  await expect(pressed).toHaveAccessibleName('Step 3 of 3');
  await expect(pressed).toBeFocused();
  await expect(page.getByRole('img', { name: 'Preview of the picture after step 3 of 3' })).toBeVisible();
  await expect(studio.picture).toBeHidden();
  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowLeft');
  await expect(pressed).toHaveAccessibleName('Step 1 of 3');
  await page.keyboard.press('End');
  await expect(pressed).toHaveAccessibleName('The finished picture');
  await expect(studio.picture).toBeVisible();
  await expect(studio.preview).toBeHidden();

  const first = await pixelsOf(strip.locator('canvas').first(), 8, 8);
  await page.keyboard.press('Home');
  await page.getByLabel('Steps').fill('8');
  await page.keyboard.press('Control+Enter');
  await expect(strip.getByRole('button')).toHaveText('1 2 3 4 5 6 7 8 now'.split(' '));
  await expect(pressed).toHaveAccessibleName('The picture as it is now');
  await page.keyboard.press('Escape');
  await expect(studio.progress).toBeHidden();
  await expect(strip.getByRole('button')).toHaveText(['1', '2', '3', 'picture']);
  await expect(pressed).toHaveAccessibleName('The finished picture');
  expect(await pixelsOf(strip.locator('canvas').first(), 8, 8)).toEqual(first);
});

test('a model without previews has no strip', { tag: '@slow' }, async ({ page, studio }, testInfo) => {
  const folder = testInfo.outputPath('no-previews');
  cpSync(MODEL_WITHOUT_PREVIEWS, folder, { recursive: true });
  const manifest = { name: 'Without previews', defaultSize: [64, 64], defaultSteps: 4 };
  writeFileSync(`${folder}/emulsion.json`, JSON.stringify(manifest));
  await studio.open('?backend=wasm');
  await studio.openModel(folder);
  await studio.prompt.fill('a fox');
  await page.keyboard.press('Control+Enter');
  await expect(studio.progress).toHaveAttribute(
    'aria-valuetext',
    /step \d of 4: (structure|texture|light|detail)/,
    STEP,
  );
  await expect(page.getByRole('toolbar')).toBeHidden();
  await studio.expectPicture();
  await expect(page.getByRole('toolbar')).toBeHidden();
});
