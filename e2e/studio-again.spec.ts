/** @file More of a picture: sisters of it, restored exactly, and the same larger; sizes with their reasons. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { expect } from '@playwright/test';
import { readPngText } from '../src/image/png.ts';
import { test, type Studio } from './studio.ts';
import { dropFiles } from './transfers.ts';

const MODEL = 'e2e/fixtures/tiny-sdxl/model';

/** Waits for another picture than the one shown, and gives its file. */
async function nextPicture(studio: Studio, order: () => Promise<void>): Promise<Buffer> {
  const before = (await studio.picture.isVisible()) ? await studio.picture.getAttribute('src') : '';
  await order();
  await expect(studio.picture).not.toHaveAttribute('src', before ?? '', { timeout: 60_000 });
  await studio.expectPicture();
  const [download] = await Promise.all([studio.page.waitForEvent('download'), studio.download.click()]);
  return readFileSync(await download.path());
}

test('varies a picture, repeats the variation, and paints it larger', async ({ page, studio }, testInfo) => {
  const folder = testInfo.outputPath('sized');
  cpSync(MODEL, folder, { recursive: true });
  const sizes = [
    [64, 64],
    [96, 96],
    [4096, 4096],
  ];
  const manifest = { name: 'Sized', defaultSize: [64, 64], defaultSteps: 2, sampler: 'turbo', sizes };
  writeFileSync(`${folder}/emulsion.json`, JSON.stringify(manifest));
  // Of the CPU's pictures it says nothing.
  await page.addInitScript(() => localStorage.setItem('emulsion:memory', '{"gpuBudgetBytes":1048576}'));
  await studio.open('?backend=wasm');
  await studio.openModel(folder);

  // Trained sizes come first; what does not fit is there with its reason, and is not taken.
  const field = page.locator('emulsion-size-field');
  await expect(field.getByRole('button', { name: '64×64' })).toHaveAttribute('aria-pressed', 'true');
  const huge = field.getByRole('button', { name: '4096×4096' });
  await expect(huge).toHaveAttribute('aria-disabled', 'true');
  await huge.dispatchEvent('click');
  await expect(field.getByRole('status')).toHaveText(/4096×4096 needs \d+ MiB of WASM memory/);
  await expect(page.getByLabel('Width')).toHaveValue('64');
  await page.getByLabel('Width').fill('96');
  await expect(field.getByRole('status')).toHaveText(/not trained for this size/);
  await field.getByRole('button', { name: 'Keep the ratio' }).click();
  await page.getByLabel('Width').fill('48');
  await expect(page.getByLabel('Height')).toHaveValue('32');
  await field.getByRole('button', { name: 'Swap the sides' }).click();
  await expect(page.getByLabel('Width')).toHaveValue('32');
  await expect(page.getByLabel('Height')).toHaveValue('48');
  await field.getByRole('button', { name: '64×64' }).click();
  await expect(field.getByRole('status')).toHaveText('Pixels, in multiples of 8.');

  await studio.prompt.fill('a fox');
  await studio.seed.fill('5');
  const first = await nextPicture(studio, () => studio.generate.click());
  // What is typed since is no part of it.
  await studio.prompt.fill('something else');
  await studio.seed.fill('6');
  const actions = page.getByRole('group', { name: 'Go on from this picture' });
  const sister = await nextPicture(studio, () =>
    actions.getByRole('button', { name: 'Vary strongly' }).click(),
  );
  expect(readPngText(sister)['parameters']).toMatch(
    /^a fox\n.*Seed: 5, .*Variation seed: \d+, Variation seed strength: 0\.3, /,
  );
  expect(sister.equals(first)).toBe(false);
  await expect(studio.prompt).toHaveValue('something else');

  await dropFiles(page, { name: 'sister.png', bytes: sister });
  await expect(studio.prompt).toHaveValue('a fox');
  await expect(page.getByRole('slider', { name: 'Variation' })).toHaveValue('0.3');
  const again = await nextPicture(studio, () => studio.generate.click());
  expect(again.equals(sister)).toBe(true);
  await page.getByRole('button', { name: 'Paint without variation' }).click();
  await expect(page.getByRole('slider', { name: 'Variation' })).toBeHidden();

  // What the model was not trained for is said, and painted.
  const remark = page.locator('emulsion-picture-actions').getByRole('status');
  const twice = actions.getByRole('button', { name: 'Larger 2×' });
  await expect(actions.getByRole('button', { name: 'Larger 1.5×' })).toHaveAccessibleDescription('96×96');
  await expect(twice).toHaveAccessibleDescription(/^128×128 · .*not trained for this size/);
  await expect(remark).toHaveText('');
  const larger = await nextPicture(studio, () => twice.click());
  expect(readPngText(larger)['parameters']).toMatch(
    /Steps: 4, .*Seed: 5, Size: 128x128, .*Denoising strength: 0\.5/,
  );
  await expect(remark).toHaveText(/not trained for this size/);

  // What the planner refuses is not.
  await page.getByText('Advanced').click();
  await page.getByLabel('Backend').selectOption('WebGPU');
  await expect(twice).toHaveAttribute('aria-disabled', 'true');
  await twice.dispatchEvent('click');
  await expect(remark).toHaveText(/256×256 needs \d+ MiB of GPU memory/);
  await expect(studio.cancel).toBeHidden();

  // Nor is a sister; that is said where one was ordered, and takes nothing away.
  const shown = (await studio.picture.getAttribute('src')) ?? '';
  await actions.getByRole('button', { name: 'Vary subtly' }).click();
  await expect(studio.alert).toContainText('request/budget');
  await expect(studio.picture).toHaveAttribute('src', shown);
});
