/** @file The page where there is little room: 320 px, and a laptop's window at 200 %. */
import { expect, type Page } from '@playwright/test';
import { violations } from './axe.ts';
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

/** In the page: what cannot be seen whole because there is no room for it, a line for each. */
function misfits(): string[] {
  const found: string[] = [];
  const { scrollWidth } = document.documentElement;
  if (scrollWidth > innerWidth) found.push(`the page scrolls sideways: ${scrollWidth} px`);
  const roots: ParentNode[] = [document];
  for (let root = roots.pop(); root; root = roots.pop()) {
    for (const element of root.querySelectorAll<HTMLElement>('*')) {
      if (element.shadowRoot) roots.push(element.shadowRoot);
      if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
      const hasText = [...element.childNodes].some(
        (node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim() !== '',
      );
      const isSeen = hasText || element.matches('button, input, select, textarea, summary, img, canvas');
      const { left, right } = element.getBoundingClientRect();
      const isBeyond = isSeen && (left < -1 || right > innerWidth + 1);
      const { overflowX, overflowY, textOverflow, webkitLineClamp } = getComputedStyle(element);
      const isCut =
        (overflowX === 'hidden' && element.scrollWidth > element.clientWidth + 1) ||
        (overflowY === 'hidden' && element.scrollHeight > element.clientHeight + 1);
      const isEnding = textOverflow === 'ellipsis' || webkitLineClamp !== 'none';
      if (!isBeyond && (!isCut || isEnding)) continue;
      // What scrolls, and what is for screen readers alone, may hold more than it shows.
      let mayLeave = false;
      let place: Node | null = element;
      while (place && !mayLeave) {
        if (place instanceof Element) {
          const style = getComputedStyle(place);
          mayLeave = style.clipPath !== 'none' || (place !== element && /auto|scroll/.test(style.overflowX));
        }
        place = place instanceof ShadowRoot ? place.host : place.parentNode;
      }
      if (mayLeave) continue;
      const name = `${element.localName}.${element.className} “${element.textContent.trim().slice(0, 40)}”`;
      found.push(
        isBeyond
          ? `beyond the edge: ${name}, ${Math.round(left)}–${Math.round(right)} px`
          : `cut off: ${name}, ${element.scrollWidth}×${element.scrollHeight} in ${element.clientWidth}×${element.clientHeight}`,
      );
    }
  }
  return found;
}

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
          ...(await page.evaluate(misfits)),
          ...(await dialogFaults(page)),
          ...(await violations(page, ['target-size', 'scrollable-region-focusable'])),
        ];
        expect.soft(faults, `${view}, ${name}`).toEqual([]);
      }
      await page.setViewportSize(WINDOW);
    });
  },
);
