/**
 * @file Every view in the pseudo-language: what shows without its brackets is no text of a language, brackets in a row are a
 * sentence made of pieces, and what is cut or too wide has no room for a language with longer words than English.
 */
import { readFileSync } from 'node:fs';
import { expect, type Locator, type Page } from '@playwright/test';
import { PRECISIONS } from '../src/engine/precisions.ts';
import { SAMPLERS } from '../src/latents/sampler-names.ts';
import { LANGUAGES } from '../src/locale/languages.ts';
import { pseudo } from '../src/locale/pseudo.ts';
import { misfits } from './misfits.ts';
import { shownTexts } from './shown-text.ts';
import { siteAddress } from './site.ts';
import { test as base } from './studio.ts';

const { ui } = pseudo;
const MODEL = 'e2e/fixtures/tiny-sdxl/model';
const LORA = 'e2e/fixtures/tiny-sdxl/lora_bad_alpha32.safetensors';
const PROMPT = 'a red apple';
/** With what is not honoured, and a LoRA that is not there. */
const NOTED_PROMPT = '[a|b] <lora:nowhere:1>';

/** Every string in a file of data. */
function textsIn(file: string): string[] {
  const texts: string[] = [];
  JSON.parse(readFileSync(file, 'utf8'), (_, value: unknown) => {
    if (typeof value === 'string') texts.push(value);
    return value;
  });
  return texts;
}

/** Names and the like, the same in every language. */
const DATA = new Set([
  ...[
    'Emulsion',
    PROMPT,
    NOTED_PROMPT,
    '[a|b]',
    'WASM',
    'WebGPU',
    'PNG',
    'https://…',
    'model',
    'other-programs',
    'lora_bad_alpha32',
  ],
  ...SAMPLERS,
  ...PRECISIONS,
  ...Object.values(LANGUAGES).map(({ label }) => label),
  ...[
    'public/models/catalog.json',
    'public/models/loras/catalog.json',
    'public/models/emoji/emulsion.json',
    'src/ui/form/styles.json',
    `${MODEL}/emulsion.json`,
  ].flatMap(textsIn),
]);
/** Measures and separators, layers of a network, keys, a browser with its system, dates. */
const DATA_FORMS = [
  /^[\d\s.,:×x%/+−–·-]*( (s|ms|KB|MB|GB|%))?$/,
  /^(unet|text_encoder\w*) [\w.]+$/,
  /^(Ctrl|⌘)( (Shift|⇧|\S))+$/,
  /^\w+ [\d.]+, \w+$/,
  /^\w{3} \d+, \d{4}, \d+:\d+\s[AP]M$/,
];

/** Whether a text is of the language: one pair of brackets around all of it, or facts in a row that are so or are data. */
function isOfLanguage(text: string): boolean {
  let plain = text;
  // From the inside to the outside, brackets become a mark.
  for (let last = ''; last !== plain;) {
    last = plain;
    plain = plain.replace(/⟦[^⟦⟧]*⟧/g, '▢');
  }
  return plain
    .split(' · ')
    .every((fact) => fact === '▢' || DATA.has(fact) || DATA_FORMS.some((form) => form.test(fact)));
}

/** What is wrong with the page as it is now, on a desktop and on a narrow phone. */
async function faults(page: Page): Promise<string[]> {
  const texts = await shownTexts(page);
  const foreign = texts
    .filter(({ text }) => !isOfLanguage(text))
    .map(({ text, place }) => `${place}: ${text}`);
  const { width, height } = page.viewportSize() ?? { width: 0, height: 0 };
  await page.setViewportSize({ width: 320, height: 640 });
  const tight = await misfits(page);
  await page.setViewportSize({ width, height });
  return [...new Set([...foreign, ...tight])];
}

/** The page in the pseudo-language, by the names that things have there. */
class PseudoStudio {
  readonly page: Page;
  readonly dialog: Locator;
  readonly prompt: Locator;
  /** The button, once it can be pressed. */
  readonly ready: Locator;
  readonly alert: Locator;

  constructor(page: Page) {
    this.page = page;
    this.dialog = page.getByRole('dialog');
    this.prompt = page.getByRole('textbox', { name: ui.prompt, exact: true });
    this.ready = page.getByRole('button', { name: ui.generate }).and(page.locator('[aria-disabled=false]'));
    this.alert = page.getByRole('alert').filter({ visible: true });
  }

  async open(): Promise<void> {
    await this.page.goto(siteAddress('?language=pseudo&backend=wasm'));
    await expect(this.ready).toBeVisible();
  }

  button(name: string): Locator {
    return this.page.getByRole('button', { name, exact: true });
  }

  /** Looks for what is wrong with a view. */
  async look(view: string): Promise<void> {
    expect.soft(await faults(this.page), view).toEqual([]);
  }

  async unfoldAll(): Promise<void> {
    const place = (await this.dialog.isVisible()) ? this.dialog : this.page;
    const folded = place.locator('details:not([open]) > summary').filter({ visible: true });
    while ((await folded.count()) > 0) await folded.first().click();
  }

  async closeDialog(): Promise<void> {
    await this.page.keyboard.press('Escape');
    await expect(this.dialog).toBeHidden();
  }

  /** Gives a folder to the dialog of models. */
  async pickFolder(folder: string): Promise<void> {
    await this.dialog.locator('emulsion-model-adder input[webkitdirectory]').setInputFiles(folder);
  }

  async order(prompt: string, side: number, steps: number, count = 1): Promise<void> {
    await this.prompt.fill(prompt);
    await this.page.getByLabel(ui.steps, { exact: true }).fill(String(steps));
    await this.page.getByLabel(ui.width, { exact: true }).fill(String(side));
    await this.page.getByLabel(ui.height, { exact: true }).fill(String(side));
    await this.page.getByTitle(ui.countHint).fill(String(count));
    await this.prompt.press('Control+Enter');
  }
}

const test = base.extend<{ pseudo: PseudoStudio }>({
  pseudo: async ({ page, studio: _ }, use) => {
    const studio = new PseudoStudio(page);
    await studio.open();
    await use(studio);
  },
});

test('every text of the page and its dialogs comes from the language, and has room for one with longer words', async ({
  page,
  pseudo,
}) => {
  await pseudo.button(ui.promptHistory).click();
  await pseudo.look('an empty history');
  await page.keyboard.press('Escape');
  await pseudo.unfoldAll();
  await pseudo.look('the page, unfolded');
  await page.getByLabel(ui.seed, { exact: true }).fill('-5');
  await pseudo.prompt.press('Control+Enter');
  await pseudo.look('a wrong seed');

  await pseudo.button(ui.deviceAbout).click();
  await expect(pseudo.button(ui.deviceCopy)).toBeVisible();
  await pseudo.unfoldAll();
  await pseudo.look('the device');
  await pseudo.closeDialog();

  await pseudo.button(ui.lorasOpen).click();
  await pseudo.dialog.locator('input[type=file]').first().setInputFiles(LORA);
  await expect(pseudo.dialog.getByText(ui.loraBeyondRepair)).toBeVisible();
  await pseudo.unfoldAll();
  await pseudo.look('a LoRA that is refused');
  await pseudo.dialog.getByRole('button', { name: ui.loraRemove }).click();
  await pseudo.look('a LoRA to be removed');
  await pseudo.closeDialog();

  await pseudo.button(ui.modelsOpen).click();
  await pseudo.unfoldAll();
  await pseudo.dialog.getByLabel(ui.modelAddress).fill('no address');
  await pseudo.button(ui.modelLook).click();
  await pseudo.look('models');
  await pseudo.pickFolder('e2e/fixtures/other-programs');
  await expect(pseudo.dialog.getByRole('alert').filter({ hasText: 'model/config-missing' })).toBeVisible();
  await pseudo.look('no model');
  await pseudo.button(ui.back).click();
  await pseudo.pickFolder(MODEL);
  await pseudo.button(ui.keepHere).waitFor();
  await pseudo.look('a model that is offered');
  await pseudo.button(ui.keepHere).click();
  const stored = pseudo.dialog.getByRole('article', { name: 'tiny-sdxl' });
  await stored.getByRole('button', { name: ui.verify }).click();
  await stored.getByText(ui.allIntact(0).slice(0, 8)).waitFor();
  await stored.getByRole('button', { name: ui.delete }).click();
  await pseudo.look('a model that is stored');
});

test(
  'and so does every text of pictures, of their queue and of the gallery',
  { tag: '@slow' },
  async ({ page, pseudo }) => {
    await pseudo.button(ui.modelsOpen).click();
    await pseudo.pickFolder(MODEL);
    await pseudo.button(ui.useOnce).click();
    await expect(pseudo.ready).toBeVisible();
    const kept = page.locator('emulsion-gallery-strip').getByRole('listitem');
    await pseudo.unfoldAll();
    await pseudo.order(PROMPT, 64, 1);
    await expect(kept).toHaveCount(1);
    await pseudo.button(ui['vary.subtle']).click();
    await pseudo.button(ui.pictureBegin).click();
    await pseudo.order(NOTED_PROMPT, 64, 2);
    await expect(kept).toHaveCount(3);
    await pseudo.unfoldAll();
    await pseudo.button(ui.share).click();
    await pseudo.look('pictures, notices and a link');
    await pseudo.button(ui.promptHistory).click();
    await pseudo.look('a history');
    await page.keyboard.press('Escape');

    await pseudo.order(PROMPT, 512, 8);
    await pseudo.order(PROMPT, 8192, 1);
    await pseudo.order(PROMPT, 8192, 1);
    await pseudo.order(PROMPT, 64, 1, 2);
    await pseudo.look('a queue');
    await page.keyboard.press('Escape');
    await expect(pseudo.alert).toContainText('request/heap');
    await pseudo.look('a failure');

    await pseudo.button(ui.galleryOpen).click();
    const pictures = pseudo.dialog.getByRole('listitem');
    await pictures.nth(0).getByRole('checkbox').check();
    await pictures.nth(1).getByRole('checkbox').check();
    await pseudo.look('the gallery');
    await pseudo.button(ui.galleryCompare).click();
    await pseudo.look('two pictures');
    await page.keyboard.press('Escape');
    await pictures.first().getByRole('button').click();
    await page.keyboard.press('.');
    await page.keyboard.press('s');
    await pseudo.look('a picture in large');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Delete');
    await pseudo.dialog.getByRole('searchbox').fill('no such thing');
    await pseudo.look('a picture that is deleted, and a search in vain');
  },
);

test('and so does every text of a LoRA that is repaired and tested', { tag: '@slow' }, async ({ pseudo }) => {
  await pseudo.button(ui.modelsOpen).click();
  await pseudo.pickFolder(MODEL);
  await pseudo.button(ui.useOnce).click();
  await pseudo.button(ui.lorasOpen).click();
  await pseudo.dialog.locator('input[type=file]').first().setInputFiles(LORA);
  await pseudo.unfoldAll();
  await pseudo.look('a LoRA that can be repaired');
  await pseudo.button(ui.loraRepair).click();
  await pseudo.dialog.getByRole('button', { name: ui.loraTest }).click();
  await pseudo.look('a LoRA that is being tested');
  await expect(pseudo.dialog.getByText(ui.loraTestFigures)).toBeVisible({ timeout: 180_000 });
  await pseudo.unfoldAll();
  await pseudo.look('a LoRA that is tested');
});
