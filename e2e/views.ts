/** @file A walk through the views of the page, for what has to hold on each of them. */
import { expect, type Page } from '@playwright/test';
import { Studio } from './studio.ts';
import { unfoldAll } from './axe.ts';

const OTHER_MODEL = 'e2e/fixtures/tiny-sdxl/model';
const REFUSED_LORA = 'e2e/fixtures/tiny-sdxl/lora_bad_alpha32.safetensors';
const OTHER_PROGRAM = 'e2e/fixtures/other-programs/a1111-latin.png';

/** Opens one view after another, in English, and has each looked at. */
export async function walkViews(page: Page, look: (view: string) => Promise<void>): Promise<void> {
  const studio = new Studio(page);
  const button = (name: string) => page.getByRole('button', { name, exact: true });
  const dialog = page.getByRole('dialog');
  const close = async (): Promise<void> => {
    await page.keyboard.press('Escape');
    await expect(dialog).toBeHidden();
  };

  await studio.open('?backend=wasm');
  await look('the page before there is a picture');
  for (const name of ['Open gallery…', 'Models…', 'LoRAs…', 'About this device', 'Keys and help']) {
    await button(name).click();
    await expect(dialog).toBeVisible();
    await look(`the dialog of “${name}”`);
    await close();
  }
  await studio.pickFolder(OTHER_MODEL);
  await expect(dialog.getByRole('button', { name: 'Use once' })).toBeVisible();
  await look('a model that is offered');
  await close();
  await page.getByRole('switch', { name: 'Live' }).check();
  await look('live before anything is written');
  await page.getByRole('switch', { name: 'Live' }).uncheck();

  await describe(studio, 128, 1);
  for (const prompt of ['a red apple', 'a fox']) {
    await studio.prompt.fill(prompt);
    await page.keyboard.press('Control+Enter');
    await expect(studio.picture).toHaveAccessibleName(`Generated picture: ${prompt}`, { timeout: 120_000 });
  }
  await studio.expectPicture();
  await unfoldAll(page);
  await look('a picture, with all that can be unfolded');

  await button('History').click();
  await look('the menu of earlier prompts');
  await page.keyboard.press('Escape');

  await page.getByLabel('Settings from a PNG…').setInputFiles(OTHER_PROGRAM);
  await expect(page.locator('emulsion-notice-list').getByRole('listitem').first()).toBeVisible();
  await button('Begin from this').click();
  await expect(page.getByRole('slider', { name: 'Strength' })).toBeVisible();
  await look('a picture to begin from, and notices');
  await button('Do not begin from it').click();

  await describe(studio, 8192, 1);
  await page.keyboard.press('Control+Enter');
  await expect(studio.alert).toContainText('request/heap');
  await look('a failure with what may help');
  await studio.alert.getByRole('button', { name: 'Dismiss' }).click();

  await describe(studio, 512, 8);
  for (const prompt of ['a rocket', 'a panda', 'a robot on a yellow background']) {
    await studio.prompt.fill(prompt);
    await page.keyboard.press('Control+Enter');
  }
  await expect(page.getByRole('region', { name: 'Queue' }).getByRole('listitem')).toHaveCount(3);
  await look('orders that wait');
  await page.reload();
  await expect(page.getByRole('button', { name: 'Go on' })).toBeVisible();
  await studio.expectReady();
  await look('orders that wait for a word');
  await page.keyboard.press('Control+Shift+X');
  await expect(studio.cancel).toBeHidden();

  await button('LoRAs…').click();
  await dialog.locator('input[type=file]').first().setInputFiles(REFUSED_LORA);
  await expect(dialog.getByRole('article')).toContainText('Refused');
  await unfoldAll(dialog);
  await look('a refused LoRA');
  await close();

  await button('Open gallery…').click();
  for (const prompt of ['a red apple', 'a fox'])
    await dialog.getByRole('checkbox', { name: `Select: ${prompt}` }).check({ force: true });
  await look('pictures that are selected');
  await dialog.getByRole('button', { name: 'Compare' }).click();
  await expect(dialog.getByRole('slider')).toBeFocused();
  await look('two pictures compared');
  await page.keyboard.press('Escape');
  await dialog.getByRole('button', { name: 'Open: a red apple' }).click();
  await expect(dialog.getByRole('img', { name: 'a red apple' })).toBeVisible();
  await look('one picture of the gallery');
  await page.keyboard.press('Delete');
  await expect(dialog).toContainText('1 picture deleted.');
  await look('a deleted picture that can be brought back');
}

async function describe({ page }: Studio, side: number, steps: number): Promise<void> {
  await page.getByLabel('Steps').fill(String(steps));
  await page.getByLabel('Width').fill(String(side));
  await page.getByLabel('Height').fill(String(side));
}
