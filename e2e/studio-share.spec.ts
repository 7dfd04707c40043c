/** @file Styles around a prompt, and links that carry prompt and settings. */
import { readFileSync } from 'node:fs';
import { expect } from '@playwright/test';
import { readPngText } from '../src/image/png.ts';
import { siteAddress } from './site.ts';
import { test } from './studio.ts';
import { dropFiles } from './transfers.ts';

test('paints in a style that is found by name, and takes it off again when restored', async ({
  page,
  studio,
}) => {
  await studio.openTiny('?backend=wasm');
  const field = page.locator('emulsion-styles-field');
  await field.getByText('Style: none').click();
  const search = field.getByRole('searchbox', { name: 'Search styles' });
  await search.fill('no such style');
  await expect(field.getByRole('status')).toHaveText('No style by that name.');
  await search.fill('水墨');
  await field.getByRole('button', { name: 'Ink wash' }).click();
  await search.fill('night');
  await field.getByRole('button', { name: 'Night' }).click();
  await expect(field.getByText('Style: Ink wash, Night')).toBeVisible();
  // Of a group, one at a time.
  await search.fill('neon');
  await field.getByRole('button', { name: 'Neon' }).click();
  await expect(field.getByText('Style: Ink wash, Neon')).toBeVisible();

  await studio.prompt.fill('a fox');
  await page.getByLabel('Steps').fill('1');
  await studio.generate.click();
  await studio.expectPicture();
  const [download] = await Promise.all([page.waitForEvent('download'), studio.download.click()]);
  const png = readFileSync(await download.path());
  const { parameters } = readPngText(png);
  expect(parameters).toMatch(
    /^Chinese ink wash painting of a fox, brush and ink, much empty paper, neon light, wet reflections\n/,
  );
  expect(parameters).toContain('Style: "ink-wash, neon"');

  await field.getByRole('button', { name: 'Neon' }).click();
  await studio.prompt.fill('else');
  await dropFiles(page, { name: 'styled.png', bytes: png });
  await expect(studio.prompt).toHaveValue('a fox');
  await expect(field.getByText('Style: Ink wash, Neon')).toBeVisible();
});

test('a link fills the form in another tab, and paints nothing', async ({ page, studio, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await studio.open('?backend=wasm');
  await studio.prompt.fill('企鹅, 50 % & “grün”');
  await studio.seed.fill('12345678901234567890');
  await page.getByLabel('Steps').fill('2');
  await page.getByLabel('Width').fill('192');
  await page.getByText('Style: none').click();
  await page.getByRole('button', { name: 'Flat', exact: true }).click();
  await page.getByRole('button', { name: 'On blue' }).click();
  await page.getByText('Advanced').click();
  await page.getByLabel('Sampler').selectOption('lcm');
  await page.getByLabel('Precision').selectOption('bf16');
  await page.getByRole('button', { name: 'Copy a link' }).click();
  await expect(page.getByText('The link is on the clipboard.')).toBeVisible();
  const link = await page.evaluate(() => navigator.clipboard.readText());

  const other = await context.newPage();
  await other.goto(link);
  await expect(other.getByText('Prompt and settings are those of the link.')).toBeVisible();
  await expect(other.getByRole('textbox', { name: 'Prompt', exact: true })).toHaveValue(
    '企鹅, 50 % & “grün”',
  );
  await expect(other.getByText('Style: Flat, On blue')).toBeVisible();
  await expect(other.getByLabel('Seed', { exact: true })).toHaveValue('12345678901234567890');
  await expect(other.getByLabel('Steps')).toHaveValue('2');
  await expect(other.getByLabel('Width')).toHaveValue('192');
  await other.getByText('Advanced').click();
  await expect(other.getByLabel('Sampler')).toHaveValue('lcm');
  await expect(other.getByLabel('Precision')).toHaveValue('bf16');
  await expect(other.getByText('made with another model')).toBeHidden();
  await expect(other.getByText('Nothing developed yet')).toBeVisible();
  expect(other.url()).not.toContain('#');

  // In the same tab: from another model, with a LoRA that is not here; and a link that lost its end.
  await other.goto(`${siteAddress('?backend=wasm')}#prompt=a+cat+%3Clora%3Aink%3A0.5%3E&model=Other`);
  await expect(other.getByText('The link was made with another model: Other.')).toBeVisible();
  await expect(other.getByText(/ink/).first()).toBeVisible();
  await other.goto(`${siteAddress('?backend=wasm')}#prompt=a%E4%B8`);
  await expect(other.getByText('a part of it got lost; nothing was taken over')).toBeVisible();
  await expect(other.getByRole('textbox', { name: 'Prompt', exact: true })).toHaveValue(/^a cat/);
  await other.close();
});
