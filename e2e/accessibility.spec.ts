/** @file What axe finds on every view of the page, in both themes and languages: nothing. */
import { createRequire } from 'node:module';
import type { AxeResults, RunOptions } from 'axe-core';
import { expect, type Page } from '@playwright/test';
import { siteAddress } from './site.ts';
import { Studio, test } from './studio.ts';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
/** Buttons that open a dialog, in both languages. */
const DIALOGS = [
  ...[/^(Models|模型管理)…$/, /^(LoRAs|LoRA 管理)…$/, /^(About this device|关于此设备)$/],
  /^(Keys and help|快捷键与帮助)$/,
];
const GALLERY = /^(Open gallery|打开图库)…$/;

declare global {
  // Set by the script that is injected.
  var axe: { run(context: Document, options: RunOptions): Promise<AxeResults> } | undefined;
}

/** What is wrong with the page as it is shown, a line for each place. */
async function violations(page: Page): Promise<string[]> {
  await page.addScriptTag({ path: AXE });
  const results = await page.evaluate(
    (values) => globalThis.axe?.run(document, { runOnly: { type: 'tag', values } }),
    RULES,
  );
  if (!results) throw new Error('axe is not there');
  return results.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${JSON.stringify(target)} ${failureSummary ?? ''}`),
  );
}

async function unfoldAll(page: Page): Promise<void> {
  const folded = page.locator('details:not([open]) > summary').filter({ visible: true });
  while ((await folded.count()) > 0) await folded.first().click();
}

test('axe finds nothing on any view, in both themes and languages', async ({ page, studio }) => {
  await studio.open('?backend=wasm');
  await page.getByLabel('Steps').fill('1');
  await page.getByLabel('Width').fill('128');
  await page.getByLabel('Height').fill('128');
  await studio.prompt.fill('a red apple');
  await page.keyboard.press('Control+Enter');
  await studio.expectPicture();
  await unfoldAll(page);
  for (const [colorScheme, language] of [
    ['dark', 'EN'],
    ['light', '中文'],
    ['light', 'EN'],
    ['dark', '中文'],
  ] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.getByRole('button', { name: language, exact: true }).click();
    await test.step(`${colorScheme}, ${language}`, async () => {
      expect(await violations(page), 'the page').toEqual([]);
      for (const name of [...DIALOGS, GALLERY]) {
        await page.getByRole('button', { name }).click();
        const dialog = page.getByRole('dialog');
        await expect(dialog).toBeVisible();
        expect(await violations(page), String(name)).toEqual([]);
        await page.keyboard.press('Escape');
        await expect(dialog).toBeHidden();
      }
    });
  }
});

test('axe finds nothing in the documents', async ({ page }) => {
  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme });
    for (const file of ['index.html', 'lora.html', 'project/readme.html']) {
      await page.goto(siteAddress(`docs/${file}`));
      expect(await violations(page), file).toEqual([]);
    }
  }
});

test('nothing is wrong on a phone before there is a picture', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await new Studio(page).open();
  expect(await violations(page)).toEqual([]);
});
