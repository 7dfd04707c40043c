/** @file The page where there is little room: 320 px, and a laptop's window at 200 %. */
import { expect, type Page } from '@playwright/test';
import { violations } from './axe.ts';
import { misfits } from './misfits.ts';
import { test } from './studio.ts';
import { walkViews } from './views.ts';

const WINDOW = { width: 1280, height: 900 };
const SMALL = [
  { name: '320 px', width: 320, height: 568 },
  { name: '200 %', width: WINDOW.width / 2, height: WINDOW.height / 2 },
];
/** Of what scrolls in a dialog, in CSS pixels. */
const LEAST_BODY = 160;

test.use({ deviceScaleFactor: 2, viewport: WINDOW });

/** What is wrong with the open dialog, if there is one. */
async function dialogFaults(page: Page): Promise<string[]> {
  const dialog = page.getByRole('dialog');
  if (!(await dialog.isVisible())) return [];
  const faults: string[] = [];
  const { height = 0 } = (await dialog.locator('.body').boundingBox()) ?? {};
  if (height < LEAST_BODY) faults.push(`${height} px are left to scroll in`);
  const all = dialog.getByRole('button').filter({ visible: true });
  for (const control of [all.last(), dialog.getByRole('button', { name: 'Close' })]) {
    await control.scrollIntoViewIfNeeded();
    const box = await control.boundingBox();
    const { width, height: bottom } = page.viewportSize() ?? WINDOW;
    if (!box || box.x < 0 || box.y < 0 || box.x + box.width > width || box.y + box.height > bottom)
      faults.push(`${await control.innerText()} cannot be reached`);
  }
  return faults;
}

test(
  'everything fits on small screens, and is large enough for a finger',
  { tag: '@slow' },
  async ({ page, studio: _ }) => {
    await walkViews(page, async (view) => {
      for (const { name, width, height } of SMALL) {
        await page.setViewportSize({ width, height });
        const faults = [
          ...(await misfits(page)),
          ...(await dialogFaults(page)),
          ...(await violations(page, ['target-size', 'scrollable-region-focusable'])),
        ];
        expect.soft(faults, `${view}, ${name}`).toEqual([]);
      }
      await page.setViewportSize(WINDOW);
    });
  },
);
