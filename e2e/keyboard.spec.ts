/** @file Everything by keyboard alone; and whatever has the focus can be seen, with a mark that says so. */
import { expect, type Locator, type Page } from '@playwright/test';
import { test } from './studio.ts';

/** Presses of Tab until something is not to be reached. */
const MOST_STOPS = 80;

/** In the page: what is wrong with the focus. */
function focusFault(): string | undefined {
  let element = document.activeElement;
  while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
  // Past the last stop the focus is the browser's own.
  if (!element || element === document.body) return undefined;
  const name = `${element.localName} “${element.ariaLabel ?? element.textContent.trim().slice(0, 40)}”`;
  const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
  const isMarked = (outlineStyle !== 'none' && parseFloat(outlineWidth) > 0) || boxShadow !== 'none';
  if (!isMarked) return `${name} has no mark`;
  const { left, top, right, bottom } = element.getBoundingClientRect();
  const [x0, x1] = [Math.max(left, 0), Math.min(right, innerWidth)];
  const [y0, y1] = [Math.max(top, 0), Math.min(bottom, innerHeight)];
  if (x1 - x0 < 4 || y1 - y0 < 4) return `${name} is out of sight`;
  const [x, y] = [(x0 + x1) / 2, (y0 + y1) / 2];
  let over = document.elementFromPoint(x, y);
  while (over?.shadowRoot) {
    const inner = over.shadowRoot.elementFromPoint(x, y);
    if (!inner || inner === over) break;
    over = inner;
  }
  for (
    let place: Node | null = over;
    place;
    place = place instanceof ShadowRoot ? place.host : place.parentNode
  )
    if (place === element) return undefined;
  return `${name} is covered by ${over?.localName}`;
}

class Keyboard {
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
  }

  /** Presses a key, and looks where the focus is then. */
  async press(...keys: readonly string[]): Promise<void> {
    for (const key of keys) {
      await this.#page.keyboard.press(key);
      await expect.poll(() => this.#page.evaluate(focusFault), `after ${key}`).toBeUndefined();
    }
  }

  /** Tabs on until the target has the focus. */
  async reach(target: Locator, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<void> {
    for (let stops = 0; stops < MOST_STOPS; stops++) {
      await this.press(key);
      if (await target.evaluate((element) => element.matches(':focus'))) return;
    }
    throw new Error(`${String(target)} is not to be reached with ${key}`);
  }
}

test('from the prompt to a picture, the gallery and back without a mouse', async ({ page, studio }) => {
  await studio.open('?backend=wasm');
  const keys = new Keyboard(page);
  const gallery = page.getByRole('dialog', { name: 'Gallery' });
  const status = gallery.getByRole('status').first();
  const width = page.getByLabel('Width');
  const steps = page.getByLabel('Steps');

  // A prompt, an example in its place, which leads on to the button.
  await keys.reach(studio.prompt);
  await page.keyboard.type('what I write');
  await expect(studio.prompt).toHaveValue('what I write');
  const example = page.getByRole('list', { name: 'Examples' }).getByRole('button').nth(1);
  const words = await example.innerText();
  await keys.reach(example);
  await keys.press('Enter');
  await expect(studio.generate).toBeFocused();
  await expect(studio.prompt).toHaveValue(words);

  // More than is waited for: cancelled, with the focus on what comes next.
  await keys.reach(steps);
  await keys.press('End');
  await expect(steps).toHaveValue('8');
  await keys.reach(studio.generate, 'Shift+Tab');
  await keys.press('Enter');
  await expect(studio.cancel).toBeVisible();
  await keys.reach(studio.cancel);
  await keys.press('Enter');
  await expect(studio.cancel).toBeHidden({ timeout: 60_000 });
  await expect(studio.generate).toBeFocused();

  // Less, and painted.
  await keys.reach(steps);
  await keys.press('Home');
  await expect(steps).toHaveValue('1');
  await keys.reach(width);
  await page.keyboard.type('128');
  await keys.press('Tab');
  await page.keyboard.type('128');
  await keys.press('Control+Enter');
  await studio.expectPicture();
  await expect(page.getByText('128 × 128 ·')).toBeVisible();
  const seed = await studio.seed.inputValue();
  await expect(page.getByLabel('Random')).toBeChecked();

  // Kept, looked at, starred, its settings taken over.
  const opener = page.getByRole('button', { name: 'Open gallery…' });
  await keys.reach(opener, 'Shift+Tab');
  await keys.press('Enter');
  const picture = gallery.getByRole('button', { name: `Open: ${words}` });
  await expect(picture).toBeFocused();
  await keys.press('ArrowRight', 'Enter');
  await expect(gallery.getByRole('img', { name: words })).toBeVisible();
  await keys.press('.');
  await expect(gallery.getByRole('button', { name: 'Star' })).toHaveAttribute('aria-pressed', 'true');
  await keys.press('s');
  await expect(status).toHaveText('The seed is taken over.');
  await keys.reach(gallery.getByRole('button', { name: 'All settings' }));
  await keys.press('Enter');
  await expect(gallery).toBeHidden();
  await expect(opener).toBeFocused();
  await expect(studio.seed).toHaveValue(seed);
  await expect(page.getByLabel('Random')).not.toBeChecked();

  // Deleted, and brought back; Escape leads out step by step.
  await keys.press('Enter');
  await expect(picture).toBeFocused();
  await keys.press('Delete');
  await expect(gallery.getByRole('listitem')).toHaveCount(0);
  await keys.press('Control+z');
  await expect(gallery.getByRole('listitem')).toHaveCount(1);
  await expect(picture).toBeFocused();
  await keys.press('Enter', 'Escape');
  await expect(picture).toBeFocused();
  await keys.press('Escape');
  await expect(gallery).toBeHidden();
  await expect(opener).toBeFocused();
});

test('the other dialogs and the fields that unfold can be reached, seen and left', async ({
  page,
  studio,
}) => {
  await studio.open('?backend=wasm');
  const keys = new Keyboard(page);
  for (const folded of ['Style: none', 'Advanced']) {
    const summary = page.locator('summary').filter({ hasText: folded });
    await keys.reach(summary);
    await keys.press('Enter');
  }
  for (const [name, title] of [
    ['LoRAs…', 'LoRAs'],
    ['Models…', 'Models'],
    ['About this device', 'About this device'],
  ] as const) {
    const opener = page.getByRole('button', { name, exact: true });
    await keys.reach(opener, 'Shift+Tab');
    await keys.press('Enter');
    const dialog = page.getByRole('dialog', { name: title });
    await expect(dialog).toBeVisible();
    // Once around.
    await keys.reach(dialog.getByRole('button', { name: 'Close' }), 'Shift+Tab');
    await keys.press('Escape');
    await expect(dialog).toBeHidden();
    await expect(opener).toBeFocused();
  }
});
