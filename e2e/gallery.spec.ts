/**
 * @file The gallery: kept over a reload, seen from two tabs, searched, restored from, compared, deleted and brought back,
 * exported and imported; and pictures of other programs, dropped and pasted.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { expect, type Locator, type Page } from '@playwright/test';
import ExifReader from 'exifreader';
import { decode } from 'fast-png';
import { strFromU8, unzipSync } from 'fflate';
import { encodePng, readPngText } from '../src/image/png.ts';
import { hollowSiteAddress, siteAddress } from './site.ts';
import { test, type Studio } from './studio.ts';
import { dropFiles, pasteFiles } from './transfers.ts';

const TINY_MODEL = 'e2e/fixtures/tiny-sdxl/model';
const OTHERS = 'e2e/fixtures/other-programs';
const SOURCE_TYPE = 'http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia';

class GalleryPage {
  readonly page: Page;
  readonly dialog: Locator;
  readonly strip: Locator;
  readonly status: Locator;

  constructor(page: Page) {
    this.page = page;
    this.dialog = page.getByRole('dialog', { name: 'Gallery' });
    this.strip = page.locator('emulsion-gallery-strip');
    this.status = this.dialog.getByRole('status').first();
  }

  async open(): Promise<void> {
    await this.strip.getByRole('button', { name: 'Open gallery…' }).click();
    await expect(this.dialog).toBeVisible();
  }

  /** A picture in the grid. */
  picture(prompt: string): Locator {
    return this.dialog.getByRole('button', { name: `Open: ${prompt}` });
  }

  async save(button: Locator): Promise<{ readonly name: string; readonly bytes: Buffer }> {
    const [download] = await Promise.all([this.page.waitForEvent('download'), button.click()]);
    return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
  }
}

async function paint(studio: Studio, prompt: string, seed: number): Promise<void> {
  await studio.page.getByLabel('Steps').fill('1');
  await studio.prompt.fill(prompt);
  await studio.seed.fill(String(seed));
  await studio.generate.click();
  await expect(studio.page.getByText(`seed ${seed} ·`)).toBeVisible({ timeout: 120_000 });
}

/** What an independent reader finds of the label. */
async function labelOf(png: Buffer): Promise<unknown> {
  const { xmp } = await ExifReader.load(png, { expanded: true, async: true });
  const aigc = JSON.parse(xmp?.['AIGC']?.value as string) as Record<string, string>;
  return [xmp?.['DigitalSourceType']?.value, aigc['Label'], aigc['ContentProducer']];
}

test('keeps every picture, and gives back its settings, its file and all of them', async ({
  context,
  page,
  studio,
}, testInfo) => {
  const gallery = new GalleryPage(page);
  await studio.open('?backend=wasm');
  await expect(gallery.strip).toContainText('Every finished picture is kept here');
  await gallery.open();
  await expect(gallery.dialog).toContainText('Every finished picture is kept here');
  await page.keyboard.press('Escape');
  await expect(gallery.dialog).toBeHidden();

  const other = await context.newPage();
  // It needs no model to show what is kept.
  await other.goto(hollowSiteAddress());
  // A page in the background is not painted.
  await page.bringToFront();
  await studio.openModel(TINY_MODEL);
  for (const [index, prompt] of ['a red apple', '一只狐狸', 'a rocket'].entries())
    await paint(studio, prompt, index + 1);
  const shown = new GalleryPage(other).strip.getByRole('listitem');
  await expect(shown).toHaveCount(3);
  await other.close();

  // Nothing is lost with the page.
  await page.reload();
  await studio.expectReady();
  await expect(gallery.strip).toContainText('3 pictures');
  await gallery.open();
  await expect(gallery.dialog.locator('li img')).toHaveCount(3);
  await expect(gallery.picture('a rocket')).toBeFocused();

  // Search and star, by keyboard.
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('.');
  await gallery.dialog.getByRole('searchbox').fill('apple');
  await expect(gallery.dialog.getByRole('listitem')).toHaveCount(1);
  await gallery.dialog.getByRole('searchbox').fill('no such thing');
  await expect(gallery.dialog).toContainText('No picture matches this search.');
  await gallery.dialog.getByRole('searchbox').fill('');
  await gallery.dialog.getByRole('button', { name: 'Starred only' }).click();
  await expect(gallery.dialog.getByRole('listitem')).toHaveCount(1);
  await expect(gallery.picture('一只狐狸 (starred)')).toBeVisible();
  await gallery.dialog.getByRole('button', { name: 'Starred only' }).click();

  // One picture, its settings, and parts of them.
  await gallery.picture('一只狐狸').click();
  await expect(gallery.dialog.getByRole('img', { name: 'Generated picture: 一只狐狸' })).toBeVisible();
  await expect(gallery.dialog.getByRole('definition').filter({ hasText: /^2$/ })).toBeVisible();
  const typed = await studio.seed.inputValue();
  await page.keyboard.press('p');
  await expect(gallery.status).toHaveText('The prompt is taken over.');
  expect([await studio.prompt.inputValue(), await studio.seed.inputValue()]).toEqual(['一只狐狸', typed]);
  await page.keyboard.press('s');
  await expect(studio.seed).toHaveValue('2');
  await page.keyboard.press('d');
  await expect(page.getByLabel('Width')).toHaveValue('64');
  await page.keyboard.press('ArrowRight');
  await expect(gallery.dialog.getByRole('img', { name: 'a red apple' })).toBeVisible();

  // Deleted, brought back, deleted.
  await page.keyboard.press('Delete');
  await expect(gallery.dialog).toContainText('1 picture deleted.');
  await expect(gallery.dialog.getByRole('img', { name: '一只狐狸' })).toBeVisible();
  await page.keyboard.press('Control+z');
  await expect(gallery.status).toHaveText('1 picture brought back.');
  await expect(gallery.dialog.getByRole('img', { name: 'a red apple' })).toBeVisible();

  // The file, with its label; and with a mark to be seen.
  const download = gallery.dialog.getByRole('button', { name: 'Download' });
  const plain = await gallery.save(download);
  expect(plain.name).toBe('a-red-apple-1.png');
  expect(await labelOf(plain.bytes)).toEqual([SOURCE_TYPE, '1', 'Emulsion']);
  await gallery.dialog.getByRole('checkbox', { name: 'Write “AI”' }).check();
  const marked = await gallery.save(download);
  expect(readPngText(marked.bytes)).toEqual(readPngText(plain.bytes));
  const [before, after] = [decode(plain.bytes), decode(marked.bytes)];
  const pixel = ({ data, channels, width }: typeof before, x: number, y: number) => [
    ...data.subarray((y * width + x) * channels, (y * width + x) * channels + 3),
  ];
  expect(pixel(after, 5, 5)).toEqual(pixel(before, 5, 5));
  expect(pixel(after, after.width - 2, after.height - 2)).not.toEqual(
    pixel(before, before.width - 2, before.height - 2),
  );
  await gallery.dialog.getByRole('checkbox', { name: 'Write “AI”' }).uncheck();

  // Back to all, two of them compared.
  await page.keyboard.press('Escape');
  await expect(gallery.picture('a red apple')).toBeFocused();
  for (const prompt of ['a red apple', 'a rocket'])
    await gallery.dialog.getByRole('checkbox', { name: `Select: ${prompt}` }).check({ force: true });
  await gallery.dialog.getByRole('button', { name: 'Compare' }).click();
  const slider = gallery.dialog.getByRole('slider');
  await expect(slider).toBeFocused();
  await expect(gallery.dialog.getByRole('img', { name: 'Generated picture' })).toHaveCount(2);
  await page.keyboard.press('ArrowRight');
  await expect(slider).toHaveValue('51');
  await page.keyboard.press('Escape');
  const zip = await gallery.save(gallery.dialog.getByRole('button', { name: 'Download as zip' }));
  expect(Object.keys(unzipSync(zip.bytes))).toHaveLength(2);

  // Everything out, gone, and in again.
  const archive = testInfo.outputPath('emulsion.zip');
  const [exported] = await Promise.all([
    page.waitForEvent('download'),
    gallery.dialog.getByRole('button', { name: 'Export all' }).click(),
  ]);
  await exported.saveAs(archive);
  await expect(gallery.status).toHaveText('3 pictures exported.');
  const files = unzipSync(readFileSync(archive));
  expect(Object.keys(files).filter((name) => name.startsWith('starred/'))).toHaveLength(1);
  expect(strFromU8(Object.values(files)[0]?.subarray(1, 4) ?? new Uint8Array())).toBe('PNG');
  await gallery.dialog.getByRole('button', { name: 'Delete selected' }).click();
  await expect(gallery.dialog.getByRole('listitem')).toHaveCount(1);
  const picker = gallery.dialog.locator('input[type=file]');
  const bad = testInfo.outputPath('bad.zip');
  writeFileSync(bad, 'no zip');
  await picker.setInputFiles([bad, archive, `${OTHERS}/a1111-chinese.png`, `${OTHERS}/plain.png`]);
  await expect(gallery.status).toContainText('3 pictures imported; 1 was here already.');
  await expect(gallery.status).toContainText('Not imported: bad.zip. “bad.zip” cannot be read as a zip file');
  await expect(gallery.status).toContainText('Not imported: plain.png. The picture holds no settings');
  await expect(gallery.dialog.getByRole('listitem')).toHaveCount(4);
  await expect(gallery.picture('一只狐狸 (starred)')).toBeVisible();

  // All settings again: the same picture.
  await gallery.picture('a rocket').click();
  await page.keyboard.press('a');
  await expect(gallery.dialog).toBeHidden();
  await expect(studio.prompt).toHaveValue('a rocket');
  await expect(page.locator('emulsion-notice-list')).toContainText('painted with another model: tiny');

  // A picture to begin from.
  await gallery.open();
  await gallery.picture('a rocket').press('Enter');
  await expect(gallery.dialog.getByRole('button', { name: 'Vary subtly' })).toBeHidden();
  await gallery.dialog.getByRole('button', { name: 'Begin from this' }).press('Enter');
  await expect(gallery.dialog).toBeHidden();
  await expect(page.getByRole('slider', { name: 'Strength' })).toBeFocused();
});

test('takes over the settings of pictures from other programs, and says what it cannot', async ({
  page,
  studio,
}, testInfo) => {
  await studio.open('?backend=wasm');
  const notices = page.locator('emulsion-notice-list');

  await dropFiles(page, `${OTHERS}/a1111-latin.png`);
  await expect(studio.prompt).toHaveValue('a café at night, (warm light:1.2) <lora:ink-style:0.8>');
  await expect(studio.seed).toHaveValue('965400086');
  await expect(page.getByLabel('Steps')).toHaveValue('20');
  await expect(page.getByLabel('Height')).toHaveValue('768');
  await expect(notices).toContainText('painted with another model: sd_xl_base_1.0 (31e35c80fc)');
  await expect(notices).toContainText('Sampler: DPM++ 2M; Schedule type: Karras; VAE: sdxl_vae.safetensors;');
  await expect(notices).toContainText('not on the shelf: ink-style');
  await expect(notices).toContainText('the same seed gives a different picture here');

  await studio.prompt.focus();
  await pasteFiles(page, `${OTHERS}/fooocus-json.png`);
  await expect(notices).toContainText('The settings of “fooocus-json.png” are taken over.');
  await expect(studio.prompt).toHaveValue('a fox in the snow <lora:sdxl_lcm_lora:1>');
  await page.getByText('Advanced').click();
  await expect(page.getByLabel('Sampler')).toHaveValue('lcm');

  await pasteFiles(page, `${OTHERS}/fooocus-a1111.png`);
  await expect(studio.prompt).toHaveValue(/^一座山中的村庄, cinematic still/);
  await expect(studio.seed).toHaveValue('7221153418925160123');
  await expect(notices).toContainText('words that the styles of the other program added');
  await expect(page.getByLabel('Sampler')).toHaveValue('auto');

  await pasteFiles(page, `${OTHERS}/plain.png`);
  await expect(notices).toContainText('“plain.png” holds no settings');

  const damaged = testInfo.outputPath('damaged.png');
  writeFileSync(damaged, readFileSync(`${OTHERS}/a1111-latin.png`).subarray(0, 200));
  await dropFiles(page, damaged);
  await expect(studio.alert).toContainText('image/png-invalid');
  await expect(studio.prompt).toHaveValue(/^一座山中的村庄/);
});

test('opens the model that a picture was painted with, and takes over what depends on it', async ({
  page,
  studio,
}, testInfo) => {
  const picture = testInfo.outputPath('emoji.png');
  const pixels = { width: 1, height: 1, data: new Uint8ClampedArray(4) };
  const parameters =
    'a fox\nSteps: 3, Sampler: Euler a, Seed: 7, Size: 128x128, Model: Emulsion emoji, RNG: CPU';
  writeFileSync(picture, encodePng(pixels, { parameters }));
  await studio.open('?backend=wasm');
  await studio.openModel(TINY_MODEL);
  await dropFiles(page, picture);
  await expect(studio.prompt).toHaveValue('a fox');
  await studio.prompt.fill('a fox and a panda');
  await page.getByRole('button', { name: 'Use that model' }).click();
  await expect(page.locator('emulsion-model-panel')).toContainText('Emulsion emoji');
  await expect(page.locator('emulsion-notice-list')).not.toContainText('another model');
  await expect(page.getByLabel('Steps')).toHaveValue('3');
  await expect(page.getByLabel('Width')).toHaveValue('128');
  await expect(studio.prompt).toHaveValue('a fox and a panda');
});

test('an order waits where there is no room for its pictures, which are not lost', async ({
  context,
  page,
  studio,
}) => {
  const session = await context.newCDPSession(page);
  const { origin } = new URL(siteAddress());
  await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 1 });
  const gallery = new GalleryPage(page);
  const queue = page.getByRole('region', { name: 'Queue' });
  const button = (name: string) => studio.alert.getByRole('button', { name });
  await studio.open('?backend=wasm');
  await studio.openModel(TINY_MODEL);
  await page.getByLabel('Steps').fill('1');
  await page.getByLabel('Number of pictures').fill('3');
  await studio.prompt.fill('a fox');
  await studio.seed.fill('5');
  await studio.generate.click();
  await expect(studio.alert).toContainText('gallery/full', { timeout: 120_000 });
  await expect(queue).toContainText('Paused: 2 pictures to make');
  const saved = await gallery.save(button('Download it'));
  expect(saved.name).toBe('a-fox-5.png');
  expect(await labelOf(saved.bytes)).toEqual([SOURCE_TYPE, '1', 'Emulsion']);

  // On without room: the next one is gathered, too.
  await queue.getByRole('button', { name: 'Go on' }).click();
  await expect(button('Download all 3')).toBeVisible({ timeout: 120_000 });
  await button('Try again').click();
  await expect(studio.alert).toContainText('3 pictures are not kept');
  await button('Make room…').click();
  await expect(gallery.dialog).toBeVisible();
  await session.send('Storage.overrideQuotaForOrigin', { origin });
  await gallery.dialog.getByRole('button', { name: 'Try again' }).click();
  await expect(gallery.dialog.getByRole('listitem')).toHaveCount(3);
  await expect(studio.alert).toBeHidden();

  // Another one like it, of the model that is open.
  await gallery.picture('a fox').first().click();
  await gallery.dialog.getByRole('button', { name: 'Vary strongly' }).click();
  await expect(gallery.dialog).toBeHidden();
  await expect(gallery.strip).toContainText('4 pictures', { timeout: 120_000 });
  await expect(page.locator('emulsion-notice-list')).toContainText('The settings of “a-fox-7.png”');
  await gallery.open();
  await gallery.picture('a fox').first().click();
  await expect(gallery.dialog.getByRole('term').filter({ hasText: 'Variation seed' })).toHaveCount(2);

  // And the same larger.
  const larger = gallery.dialog.getByRole('button', { name: 'Larger 1.5×' });
  await expect(larger).toHaveAccessibleDescription('96×96');
  await larger.click();
  await expect(gallery.dialog).toBeHidden();
  await expect(gallery.strip).toContainText('5 pictures', { timeout: 120_000 });
  await gallery.open();
  await gallery.picture('a fox').first().click();
  await expect(gallery.dialog).toContainText('96 × 96');
});

test('says when the browser keeps nothing, and loses no picture that is shown; on a phone', async ({
  page,
  studio,
}) => {
  await page.setViewportSize({ width: 320, height: 640 });
  await page.addInitScript(() => {
    const put = Reflect.get(IDBObjectStore.prototype, 'put') as (...words: unknown[]) => unknown;
    Reflect.set(IDBObjectStore.prototype, 'put', function (this: IDBObjectStore, ...words: unknown[]) {
      if (this.transaction.db.name === 'emulsion-gallery')
        throw new DOMException('There is no room.', 'QuotaExceededError');
      return put.apply(this, words);
    });
  });
  const gallery = new GalleryPage(page);
  await studio.openTiny('?backend=wasm');
  await paint(studio, 'a red apple', 1);
  await expect(gallery.strip).toContainText(
    'The picture was not kept: the browser has no room for 1 MiB more.',
  );
  await expect(studio.download).toBeVisible();
  await expect(gallery.strip).toContainText('Every finished picture is kept here');

  await gallery.open();
  await gallery.dialog.locator('input[type=file]').setInputFiles(`${OTHERS}/a1111-latin.png`);
  await expect(gallery.status).toContainText('no room');
  const [inner, outer] = await gallery.dialog
    .locator('.body')
    .evaluate(({ scrollWidth, clientWidth }) => [scrollWidth, clientWidth]);
  expect(inner).toBe(outer);
  for (const control of await gallery.dialog.locator('button:visible, input[type=search]:visible').all())
    expect((await control.boundingBox())?.height).toBeGreaterThanOrEqual(24);
});
