/**
 * @file Ways through the page on a phone, by touch: examples, styles, drafts, pictures from pictures, links, the queue, the
 * gallery; models, LoRAs and what is told; what is there at first sight, and the documents.
 */
import { expect, type Locator } from '@playwright/test';
import { misfits } from './misfits.ts';
import { test } from './studio.ts';

const TINY_MODEL = 'e2e/fixtures/tiny-sdxl/model';
const REFUSED_LORA = 'e2e/fixtures/tiny-sdxl/lora_bad_alpha32.safetensors';
const PATIENT = { timeout: 120_000 };

test.use({
  viewport: { width: 390, height: 844 },
  deviceScaleFactor: 2,
  hasTouch: true,
  isMobile: true,
  permissions: ['clipboard-read', 'clipboard-write'],
});

test('paints, varies, shares, queues and keeps pictures by touch', async ({ page, studio }) => {
  await studio.open('?backend=wasm');
  const button = (name: string): Locator => page.getByRole('button', { name, exact: true });
  const inputs = async (values: Readonly<Record<string, string>>): Promise<void> => {
    for (const [label, value] of Object.entries(values)) await page.getByLabel(label).fill(value);
  };
  const expectInSight = (target: Locator): Promise<void> => expect(target).toBeInViewport({ ratio: 0.9 });

  // An example, in a style.
  await inputs({ Steps: '1', Width: '128', Height: '128' });
  await page.getByRole('list', { name: 'Examples' }).getByRole('button').first().tap();
  const prompt = await studio.prompt.inputValue();
  expect(prompt).not.toBe('');
  await page.getByText('Style: none').tap();
  const style = page.getByRole('group', { name: 'Styles' }).getByRole('button').first();
  await style.tap();
  await expect(style).toHaveAttribute('aria-pressed', 'true');
  await studio.generate.tap();
  // What is painted is to be seen, not the form that ordered it.
  await expectInSight(page.locator('emulsion-picture-view .frame'));
  await studio.expectPicture();
  await expect(studio.picture).toHaveAccessibleName(/^Generated picture: ./);
  expect(await studio.contrast(studio.picture)).toBeGreaterThan(30);
  await style.tap();
  await expect(page.getByText('Style: none')).toBeVisible();

  // The next one begins from it.
  await button('Begin from this').tap();
  const strength = page.getByRole('slider', { name: 'Strength' });
  await expectInSight(strength);
  await expect(strength).toBeFocused();
  await inputs({ Steps: '2' });
  await strength.fill('0.5');
  const before = await studio.picture.getAttribute('src');
  await studio.generate.tap();
  await expect(studio.picture).not.toHaveAttribute('src', before ?? '', PATIENT);
  await studio.expectPicture();
  await button('Do not begin from it').tap();
  await expect(strength).toBeHidden();

  // Another one like it.
  const begun = await studio.picture.getAttribute('src');
  await button('Vary subtly').tap();
  await expect(studio.picture).not.toHaveAttribute('src', begun ?? '', PATIENT);
  await studio.expectPicture();

  // Drafts while writing.
  const live = page.getByRole('switch', { name: 'Live' });
  await live.tap();
  await studio.prompt.fill('a panda');
  await expect(page.getByText('Draft', { exact: true })).toBeVisible(PATIENT);
  await expect(studio.picture).toHaveAccessibleName('Generated picture: a panda', PATIENT);
  await button('Keep').tap();
  await expect(page.getByText('Draft', { exact: true })).toBeHidden();
  await live.tap();
  await expect(live).not.toBeChecked();

  // A link.
  await button('Copy a link').tap();
  await expect(page.getByText('The link is on the clipboard.')).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toContain('#prompt=a+panda');

  // Orders that wait, and one that cannot be made.
  const queue = page.getByRole('region', { name: 'Queue' });
  await inputs({ Steps: '8', Width: '512', Height: '512' });
  for (const waiting of ['a rocket', 'a fox', 'a unicorn']) {
    await studio.prompt.fill(waiting);
    await page.getByRole('button', { name: /^(Generate|Add to queue)/ }).tap();
  }
  await expect(queue.getByRole('listitem')).toContainText(['a rocket', 'a fox', 'a unicorn']);
  await queue.getByRole('button', { name: 'Earlier: a unicorn' }).tap();
  await expect(queue.getByRole('listitem')).toContainText(['a rocket', 'a unicorn', 'a fox']);
  await queue.getByRole('button', { name: 'Remove: a fox' }).tap();
  await expect(queue.getByRole('listitem')).toHaveCount(2);
  await queue.getByRole('button', { name: 'Stop all' }).tap();
  await expect(queue).toBeHidden(PATIENT);
  await expect(studio.cancel).toBeHidden(PATIENT);
  await inputs({ Width: '8192', Height: '8192' });
  await studio.generate.tap();
  await expect(studio.alert).toContainText('request/heap');
  await expectInSight(studio.alert);
  await studio.alert.getByRole('button', { name: 'Dismiss' }).tap();
  await expect(studio.alert).toBeHidden();

  // The gallery.
  await button('Open gallery…').tap();
  const gallery = page.getByRole('dialog', { name: 'Gallery' });
  await expect(gallery.getByRole('listitem')).toHaveCount(4);
  for (const box of (await gallery.getByRole('checkbox', { name: 'Select:' }).all()).slice(0, 2))
    await box.check({ force: true });
  await gallery.getByRole('button', { name: 'Compare' }).tap();
  await expectInSight(gallery.locator('.pictures'));
  await expectInSight(gallery.getByRole('slider'));
  await gallery.getByRole('button', { name: 'All pictures' }).tap();
  await gallery.getByRole('button', { name: 'Open: a panda' }).tap();
  await expectInSight(gallery.getByRole('img', { name: 'a panda' }));
  await gallery.getByRole('button', { name: 'Star' }).tap();
  await expect(gallery.getByRole('button', { name: 'Star' })).toHaveAttribute('aria-pressed', 'true');
  await gallery.getByRole('button', { name: 'Delete picture' }).tap();
  await expect(gallery).toContainText('1 picture deleted.');
  await gallery.getByRole('button', { name: 'Undo' }).tap();
  await expect(gallery.getByRole('img', { name: 'a panda' })).toBeVisible();
  await gallery.getByRole('button', { name: 'All settings' }).tap();
  await expect(gallery).toBeHidden();
  await expect(studio.prompt).toHaveValue('a panda');
  await expect(page.getByLabel('Width')).toHaveValue('128');
});

test('what is to be written and pressed is in sight, and comes in the order in which it is seen', async ({
  page,
  studio,
}) => {
  await studio.open('?backend=wasm');
  const gallery = page.getByRole('button', { name: 'Open gallery…' });
  const models = page.getByRole('button', { name: 'Models…' });
  const placeOf = async (target: Locator): Promise<number> => (await target.boundingBox())?.y ?? NaN;
  for (const language of ['中文', 'EN']) {
    await page.getByRole('button', { name: language, exact: true }).tap();
    for (const target of [page.locator('#prompt'), page.locator('button.primary')])
      await expect(target, language).toBeInViewport({ ratio: 1 });
  }
  // Nothing is there to be looked at yet, so that comes last.
  expect(await placeOf(models)).toBeLessThan(await placeOf(gallery));
  await models.focus();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await expect(gallery).toBeFocused();

  // The place of a draft is kept free before it comes: what is written on does not move.
  await page.getByRole('switch', { name: 'Live' }).tap();
  const frame = page.locator('emulsion-picture-view .frame');
  await expect.poll(async () => (await frame.boundingBox())?.height).toBeGreaterThan(300);
  expect(await placeOf(gallery)).toBeLessThan(await placeOf(studio.prompt));
});

test('other models, LoRAs, what is to be stayed away from, and what is told, by touch', async ({
  page,
  studio,
}) => {
  await studio.open('?backend=wasm');
  const button = (name: string): Locator => page.getByRole('button', { name, exact: true });
  const dialog = page.getByRole('dialog');
  const expectFitting = async (): Promise<void> => expect(await misfits(page)).toEqual([]);
  const close = async (): Promise<void> => {
    await expectFitting();
    await dialog.getByRole('button', { name: 'Close' }).tap();
    await expect(dialog).toBeHidden();
  };

  // Of earlier prompts there are none; a tap elsewhere leaves the menu.
  const history = page.getByRole('group', { name: 'History' });
  await button('History').tap();
  await expect(history).toContainText('kept here');
  await expectFitting();
  await page.getByRole('heading', { level: 1 }).tap();
  await expect(history).toBeHidden();

  // A folder that is no model, and one that is.
  await button('Models…').tap();
  await expect(dialog).toContainText('No model is stored yet.');
  await studio.folder.setInputFiles('e2e/fixtures/other-programs');
  await expect(studio.alert).toContainText('model/config-missing');
  await expectFitting();
  await dialog.getByRole('button', { name: 'Back' }).tap();
  await studio.folder.setInputFiles(TINY_MODEL);
  await expect(dialog.getByRole('button', { name: 'Keep in this browser' })).toBeVisible();
  await expectFitting();
  await dialog.getByRole('button', { name: 'Use once' }).tap();
  await expect(page.locator('emulsion-model-panel')).toContainText('tiny-sdxl');

  // A LoRA that is refused, and repaired.
  await button('LoRAs…').tap();
  await expect(dialog).toContainText('No LoRA is here yet.');
  await dialog.locator('input[type=file]').first().setInputFiles(REFUSED_LORA);
  const card = dialog.getByRole('article');
  await expect(card).toContainText('Refused');
  await expectFitting();
  await card.getByRole('button', { name: 'Repair' }).tap();
  await expect(card).toContainText('It keeps all rules');
  await card.getByRole('switch').tap();
  await expect(card.getByRole('switch')).toBeChecked();
  await close();
  await expect(page.locator('emulsion-lora-panel')).toContainText('lora_bad_alpha32 × 1');

  // With that, and with guidance.
  await page.getByText('Advanced').tap();
  await page.getByLabel('Guidance', { exact: true }).selectOption('Every step');
  await page.getByLabel('Negative prompt').fill('blue');
  await page.getByLabel('Steps').fill('1');
  await studio.prompt.fill('a fox');
  await studio.generate.tap();
  await studio.expectPicture();
  await expectFitting();
  await studio.prompt.fill('');
  await button('History').tap();
  await history.getByRole('button', { name: 'a fox' }).tap();
  await expect(studio.prompt).toHaveValue('a fox');

  await button('About this device').tap();
  await dialog.getByRole('button', { name: 'Copy report' }).tap();
  await expect(dialog.getByRole('status').filter({ hasText: 'on the clipboard' })).toBeVisible();
  await close();
  await button('Keys and help').tap();
  await expect(dialog.getByRole('table').first()).toBeVisible();
  await close();
});

test('the documents can be read, in the language of the page, and one that does not come takes nothing away', async ({
  page,
  studio,
}) => {
  await studio.open('?backend=wasm');
  await studio.prompt.fill('a fox');
  const link = (name: string | RegExp): Locator => page.getByRole('link', { name }).first();
  const heading = (name: string): Locator => page.getByRole('heading', { level: 1, name, exact: true });
  await page.route('**/docs/index.html', (route) => route.abort());
  await link('Documentation').tap();
  await expect(page).toHaveURL(/^chrome-error:/);
  await page.unroute('**/docs/index.html');
  await page.goBack();
  await expect(studio.prompt).toHaveValue('a fox');

  await page.getByRole('button', { name: '中文', exact: true }).tap();
  await link('文档').tap();
  await link('生成图片').tap();
  await expect(heading('生成图片')).toBeInViewport();
  await expect(page.getByText('就下达一个任务')).toBeVisible();
  expect(await misfits(page)).toEqual([]);

  await link('EN').tap();
  await expect(heading('Making pictures')).toBeInViewport();
  await expect(page.getByText('What you generate is an order')).toBeVisible();
  expect(await misfits(page)).toEqual([]);

  await link('Documentation').tap();
  await link('Hosting').tap();
  await expect(heading('Hosting')).toBeInViewport();
  await link('本文只有英文版').tap();
  await expect(heading('文档')).toBeInViewport();
});
