/** @file Pictures that begin from a picture, on the page. */
import { readFileSync, writeFileSync } from 'node:fs';
import { expect } from '@playwright/test';
import { decode } from 'fast-png';
import { encodePng, readPngText } from '../src/image/png.ts';
import { meanDifference, readTensors } from './command-line.ts';
import { test } from './studio.ts';
import { dropFiles, transferOf } from './transfers.ts';

const FOLDER = 'e2e/fixtures/image-to-image';
const IMAGE_BAR = 1 / 255;

/** What diffusers' pipeline made of `euler-a.png`. */
const [run] = JSON.parse(readFileSync(`${FOLDER}/runs.json`, 'utf8')) as [
  { prompt: string; steps: number; strength: number; seed: number; width: number; height: number },
];
const reference = readTensors(`${FOLDER}/runs.safetensors`).get('euler-a.image');

test('begins from a picture that is dropped, and paints what diffusers paints', async ({
  page,
  studio,
}, testInfo) => {
  await studio.openTiny('?backend=wasm');
  const field = page.locator('emulsion-init-image-field');
  const strength = field.getByRole('slider', { name: 'Strength' });
  await expect(strength).toBeHidden();

  // What cannot be begun from is told, and changes nothing.
  const input = field.locator('input[type=file]');
  const text = testInfo.outputPath('notes.png');
  writeFileSync(text, 'no picture');
  await input.setInputFiles(text);
  await expect(field.getByRole('alert')).toHaveText(/“notes\.png” cannot be read as a picture/);
  const speck = testInfo.outputPath('speck.png');
  writeFileSync(speck, encodePng({ width: 5, height: 9, data: new Uint8ClampedArray(180).fill(255) }, {}));
  await input.setInputFiles(speck);
  await expect(field.getByRole('alert')).toHaveText(/5 × 9 pixels is too small: the model needs 8/);
  await expect(strength).toBeHidden();

  // Dropped on the field, a picture with settings is begun from all the same.
  const settings = 'not taken over\nSteps: 2, Sampler: Euler a, Seed: 99, Size: 16x16';
  const { data, width, height } = decode(readFileSync(`${FOLDER}/euler-a.png`));
  const rgba = Uint8ClampedArray.from({ length: width * height * 4 }, (_, i) =>
    i % 4 === 3 ? 255 : (data[Math.floor(i / 4) * 3 + (i % 4)] ?? 0),
  );
  const begun = encodePng({ width, height, data: rgba }, { parameters: settings });
  await studio.prompt.fill(run.prompt);
  await studio.seed.fill(String(run.seed));
  await page.getByLabel('Width').fill(String(run.width));
  await page.getByLabel('Height').fill(String(run.height));
  await field.dispatchEvent('drop', {
    dataTransfer: await transferOf(page, { name: 'begun.png', bytes: begun }),
  });
  await expect(field.getByRole('img', { name: 'Picture to begin from: begun.png' })).toBeVisible();
  await expect(field.getByRole('alert')).toBeHidden();
  await expect(studio.prompt).toHaveValue(run.prompt);

  // A step at least is taken.
  await page.getByLabel('Steps').fill('1');
  await expect(strength).toHaveValue('1');
  await page.getByLabel('Steps').fill(String(run.steps));
  await strength.fill(String(run.strength));
  await expect(strength).toHaveAccessibleDescription(/2 of 4 steps are taken/);
  await expect(page.getByText('Without guidance: 2 UNet evaluations')).toBeVisible();
  await studio.generate.click();
  await studio.expectPicture();
  const [download] = await Promise.all([page.waitForEvent('download'), studio.download.click()]);
  const file = readFileSync(await download.path());
  expect(readPngText(file)['parameters']).toContain('Denoising strength: 0.5');
  const painted = decode(file);
  const plane = run.width * run.height;
  const values = Array.from({ length: 3 * plane }, (_, i) => {
    const [channel, pixel] = [Math.floor(i / plane), i % plane];
    return (painted.data[pixel * painted.channels + channel] ?? 0) / 255;
  });
  expect(meanDifference(values, reference?.data ?? [])).toBeLessThan(IMAGE_BAR);

  // The finished picture, instead.
  await page.getByRole('button', { name: 'Begin from this' }).click();
  await expect(field.getByRole('img', { name: 'Picture to begin from: a-red-apple-11.png' })).toBeVisible();
  await expect(strength).toBeFocused();
  await field.getByRole('button', { name: 'Do not begin from it' }).click();
  await expect(strength).toBeHidden();
  await expect(field.getByRole('button', { name: 'Choose a picture…' })).toBeFocused();
  await expect(page.getByText('Without guidance: 4 UNet evaluations')).toBeVisible();

  // Pasted; and dropped elsewhere, which gives its settings and says what it began from.
  const clipboardData = await transferOf(page, { name: 'pasted.png', bytes: file });
  await field.evaluate(
    (element, clipboard) =>
      element.dispatchEvent(
        new ClipboardEvent('paste', {
          ...{ clipboardData: clipboard, cancelable: true, bubbles: true, composed: true },
        }),
      ),
    clipboardData,
  );
  await expect(field.getByRole('img', { name: 'Picture to begin from: pasted.png' })).toBeVisible();
  await strength.fill('0.9');
  await dropFiles(page, { name: 'done.png', bytes: file });
  await expect(page.getByText('It began from another picture')).toBeVisible();
  await expect(strength).toHaveValue('0.5');
  await expect(field.getByRole('img', { name: 'Picture to begin from: pasted.png' })).toBeVisible();

  // One that began from none takes the picture away, and says so.
  const plain = encodePng({ width, height, data: rgba }, { parameters: 'a bear\nSteps: 2, Seed: 3' });
  await dropFiles(page, { name: 'plain.png', bytes: plain });
  await expect(page.getByText('The picture to begin from is gone')).toBeVisible();
  await expect(strength).toBeHidden();
});
