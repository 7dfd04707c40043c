/** @file What axe finds on every view of the page, in both themes and languages: nothing. */
import { expect } from '@playwright/test';
import { violations } from './axe.ts';
import { siteAddress } from './site.ts';
import { Studio, test } from './studio.ts';
import { walkViews } from './views.ts';

/** What is another in another theme, or with words of another length; roles and names come from the same source in both. */
const LOOKS = ['color-contrast', 'link-in-text-block', 'target-size'];

test('axe finds nothing on any view, in both themes and languages', async ({ page, studio: _ }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await walkViews(page, async (view) => {
    for (const [colorScheme, language, rules] of [
      ['light', '中文', undefined],
      ['dark', 'EN', LOOKS],
    ] as const) {
      await page.emulateMedia({ colorScheme });
      // An open dialog covers the button.
      await page
        .getByRole('button', { name: language, exact: true, includeHidden: true })
        .dispatchEvent('click');
      expect.soft(await violations(page, rules), `${view}, ${colorScheme}`).toEqual([]);
    }
  });
});

test('axe finds nothing in the documents', async ({ page }) => {
  for (const file of ['index.html', 'lora.html', 'project/readme.html', 'zh-CN/device.html']) {
    await page.goto(siteAddress(`docs/${file}`));
    for (const [colorScheme, rules] of [
      ['dark', undefined],
      ['light', LOOKS],
    ] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await violations(page, rules), `${file}, ${colorScheme}`).toEqual([]);
    }
  }
});

test.describe('on a first visit', () => {
  test.use({ isFirstVisit: true });

  test('nothing is wrong on a phone, with the tour and without', async ({ page }) => {
    await page.setViewportSize({ width: 390, height: 844 });
    await new Studio(page).open();
    const tour = page.getByRole('region', { name: 'A short tour' });
    for (const colorScheme of ['light', 'dark'] as const) {
      // In between two themes, colours are those of neither.
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await expect(tour).toBeVisible();
      expect(await violations(page), colorScheme).toEqual([]);
    }
    await tour.getByRole('button', { name: 'Skip' }).click();
    expect(await violations(page)).toEqual([]);
  });
});
