/** @file Orders that queue up, drafts while writing, and the prompts of before. */
import { expect, test as base, type Page } from '@playwright/test';
import type { GalleryRecord } from '../src/gallery/record.ts';
import { Studio, test } from './studio.ts';

const TINY_MODEL = 'e2e/fixtures/tiny-sdxl/model';

/** For pictures, on a machine that is slow. */
const PATIENT = { timeout: 180_000 };

declare global {
  // Set by a test.
  var alts: Set<string> | undefined;
}

/** What the gallery has, oldest first. */
async function keptOf(page: Page): Promise<{ prompt: string; seed: string; steps: number }[]> {
  const records = await page.evaluate(
    () =>
      new Promise<GalleryRecord[]>((resolve, reject) => {
        const opening = indexedDB.open('emulsion-gallery');
        opening.onerror = () => reject(new Error('the gallery cannot be opened'));
        opening.onsuccess = () => {
          const all = opening.result
            .transaction('entries')
            .objectStore('entries')
            .getAll(IDBKeyRange.bound(['record'], ['record', []]));
          all.onsuccess = () => {
            opening.result.close();
            resolve(all.result as GalleryRecord[]);
          };
        };
      }),
  );
  return records
    .sort((a, b) => a.createdAt - b.createdAt)
    .map(({ prompt, values }) => ({ prompt, seed: values['Seed'] ?? '', steps: Number(values['Steps']) }));
}

const promptsOf = async (page: Page) => (await keptOf(page)).map(({ prompt }) => prompt);

/** Small and quick, or large enough to be stopped. */
async function describe(page: Page, prompt: string, side: number, steps: number, count = 1): Promise<void> {
  await page.getByLabel('Steps').fill(String(steps));
  await page.getByLabel('Width').fill(String(side));
  await page.getByLabel('Height').fill(String(side));
  await page.getByLabel('Number of pictures').fill(String(count));
  await new Studio(page).prompt.fill(prompt);
}

function queueOf(page: Page) {
  const queue = page.getByRole('region', { name: 'Queue' });
  return {
    queue,
    orders: queue.getByRole('listitem'),
    button: (name: string) => queue.getByRole('button', { name, exact: true }),
    status: (text: string | RegExp) => page.getByRole('status').filter({ hasText: text }),
  };
}

test('orders wait for their turn, change places, and are made one after another', async ({
  page,
  studio,
}) => {
  await studio.open('?backend=wasm');
  const { queue, orders, button, status } = queueOf(page);
  await describe(page, 'a red apple', 256, 8);
  await page.keyboard.press('Control+Enter');
  await expect(studio.cancel).toBeVisible();
  await expect(status('Painting begins.')).toBeAttached();
  await expect(queue).toBeHidden();

  await describe(page, 'a fox', 64, 1, 2);
  await page.keyboard.press('Control+Enter');
  await expect(status('Added to the queue: 3 pictures to make.')).toBeAttached();
  await describe(page, 'a panda', 64, 1);
  await page.getByRole('button', { name: 'Add to queue' }).click();
  await studio.prompt.fill('a rocket');
  await page.keyboard.press('Control+Shift+Enter');
  await expect(orders).toContainText(['a red apple', 'a rocket', 'a fox', 'a panda']);
  await expect(orders.nth(2)).toContainText(/seeds from \d+ · 64 × 64 · 2 pictures/);
  await expect(page).toHaveTitle(/^\d+ % · 5 to make · Emulsion$/);

  // Neither is an order.
  for (const count of ['0', '1.5', '']) {
    await page.getByLabel('Number of pictures').fill(count);
    await page.keyboard.press('Control+Enter');
    await expect(studio.alert).toContainText('A whole number from 1 to 100.');
  }
  await page.getByLabel('Number of pictures').fill('1');
  await expect(studio.alert).toBeHidden();
  await expect(orders).toHaveCount(4);

  await page.setViewportSize({ width: 320, height: 640 });
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
  for (const target of await queue.getByRole('button').all()) {
    const { width = 0, height = 0 } = (await target.boundingBox()) ?? {};
    expect(Math.min(width, height)).toBeGreaterThanOrEqual(24);
  }
  await page.setViewportSize({ width: 1280, height: 900 });

  await button('Earlier: a panda').focus();
  await page.keyboard.press('Enter');
  await expect(orders).toContainText(['a red apple', 'a rocket', 'a panda', 'a fox']);
  await expect(button('Earlier: a panda')).toBeFocused();
  await button('Remove: a rocket').click();
  await expect(button('Remove: a panda')).toBeFocused();
  await expect(orders).toHaveCount(3);

  await page.keyboard.press('Escape');
  await expect(status('All 3 pictures are ready.')).toBeAttached(PATIENT);
  await expect.poll(() => promptsOf(page)).toEqual(['a panda', 'a fox', 'a fox']);
  const kept = await keptOf(page);
  expect(BigInt(kept[2]?.seed ?? 0)).toBe(BigInt(kept[1]?.seed ?? 0) + 1n);
  await expect(studio.picture).toHaveAccessibleName('Generated picture: a fox');
  await expect(page).toHaveTitle('Emulsion');
  await expect(queue).toBeHidden();

  // The prompts of before, by key …
  await studio.prompt.fill('what I write');
  for (const prompt of ['a rocket', 'a panda', 'a fox', 'a red apple', 'a red apple']) {
    await studio.prompt.press('Alt+ArrowUp');
    await expect(studio.prompt).toHaveValue(prompt);
  }
  await expect(status('Prompt 4 of 4 back: a red apple')).toBeAttached();
  for (let i = 0; i < 4; i++) await studio.prompt.press('Alt+ArrowDown');
  await expect(studio.prompt).toHaveValue('what I write');
  // … and by menu, whose Escape is its own.
  await describe(page, 'a red apple', 256, 8, 9);
  await page.keyboard.press('Control+Enter');
  const history = page.getByRole('button', { name: 'History', exact: true });
  const menu = page.getByRole('group', { name: 'History' });
  await history.click();
  await expect(menu.getByRole('button').first()).toBeFocused();
  await expect(menu.getByRole('listitem')).toHaveText(['a red apple', 'a rocket', 'a panda', 'a fox']);
  await page.keyboard.press('Escape');
  await expect(menu).toBeHidden();
  await expect(orders).toContainText('0 of 9');
  await history.click();
  await menu.getByRole('button', { name: 'a fox' }).click();
  await expect(studio.prompt).toHaveValue('a fox');
  await expect(studio.prompt).toBeFocused();
  await history.click();
  await menu.getByRole('button', { name: 'Clear the history' }).click();
  await history.click();
  await expect(menu).toContainText('kept here');
  await page.keyboard.press('Escape');

  await expect(status(/^Step \d of 8$/)).toBeAttached(PATIENT);
  await page.keyboard.press('Control+Shift+X');
  await expect(queue).toBeHidden({ timeout: 30_000 });
  await expect(status('Cancelled.')).toBeAttached();
  await expect(studio.generate).toBeVisible();
});

test('what waits survives a reload, and failures leave the rest', async ({ page, studio }) => {
  await studio.open('?backend=wasm');
  const { queue, orders, button } = queueOf(page);
  await describe(page, 'a red apple', 256, 8);
  await page.keyboard.press('Control+Enter');
  await describe(page, 'a fox', 64, 1, 2);
  await page.keyboard.press('Control+Enter');
  await expect(orders).toHaveCount(2);

  await page.reload();
  await expect(queue).toContainText('Paused: 3 pictures to make');
  await studio.expectReady();
  await button('Remove: a red apple').click();
  await button('Go on').click();
  await expect.poll(() => promptsOf(page), PATIENT).toEqual(['a fox', 'a fox']);

  // All of them wait for the first.
  await describe(page, 'a red apple', 256, 8);
  await page.keyboard.press('Control+Enter');
  for (const prompt of ['too large', 'too large as well']) {
    await describe(page, prompt, 8192, 1);
    await page.keyboard.press('Control+Enter');
  }
  await describe(page, 'a panda', 64, 1);
  await page.keyboard.press('Control+Enter');
  await page.keyboard.press('Escape');
  await expect(studio.alert).toContainText('request/heap');
  await expect(studio.alert).toContainText('“too large”');
  await expect(studio.alert).toContainText('1 more order failed');
  await expect(queue).toContainText('Paused: 1 picture to make');
  await expect(orders).toContainText('a panda');
  await describe(page, 'a bear', 64, 1);
  await page.keyboard.press('Control+Enter');
  await expect(page.getByText('1 picture that waited is being made as well.')).toBeVisible();
  await expect.poll(async () => (await promptsOf(page)).slice(-2), PATIENT).toEqual(['a panda', 'a bear']);
  // They are told of one after another.
  for (const prompt of ['“too large”', '“too large as well”']) {
    await expect(studio.alert).toContainText(prompt);
    await studio.alert.getByRole('button', { name: 'Dismiss' }).click();
  }
  await expect(studio.alert).toBeHidden();
});

base('an engine that crashes takes the queue along no further than its own order', async ({ page }) => {
  const studio = new Studio(page);
  await studio.open('?backend=wasm');
  await describe(page, 'a red apple', 128, 8);
  await page.keyboard.press('Control+Enter');
  await describe(page, 'a fox', 64, 1);
  await page.keyboard.press('Control+Enter');
  await studio.progress.and(page.locator('[aria-valuetext*="step 1 of 8"]')).waitFor();
  const [worker] = page.workers();
  await worker?.evaluate(() => {
    setTimeout(() => {
      throw new Error('crashed for a test');
    });
  });
  await expect(studio.alert).toContainText('“a red apple”');
  await expect(studio.alert).toContainText('engine/crashed');
  await expect.poll(() => promptsOf(page), PATIENT).toEqual(['a fox']);
  // The very same order, whatever the form says now.
  await studio.alert.getByRole('button', { name: 'Try again' }).click();
  await expect(studio.alert).toBeHidden();
  await studio.progress.and(page.locator('[aria-valuetext*="step 1 of 8"]')).waitFor();
  await page.keyboard.press('Escape');
  await expect(studio.progress).toBeHidden();
});

test('live paints drafts while the prompt is written, and keeps what is asked for', async ({
  page,
  studio,
}) => {
  await studio.open('?backend=wasm');
  const live = page.getByRole('switch', { name: 'Live' });
  const draft = page.getByText('Draft', { exact: true });
  await describe(page, '', 64, 2);
  await expect(page.getByLabel('Random')).toBeChecked();
  await live.check();
  await expect(page.getByLabel('Random')).not.toBeChecked();
  const seed = await studio.seed.inputValue();
  await studio.prompt.pressSequentially('a fox');
  await expect(draft).toBeVisible(PATIENT);
  await expect(studio.picture).toHaveAccessibleName('Generated picture: a fox', PATIENT);
  await expect(page.getByText(`seed ${seed} · 1 step ·`)).toBeVisible();
  await expect(live).toHaveAccessibleDescription(/A draft takes \d+\.\d s/);
  const told = queueOf(page).status('A draft is there.').locator('span');
  await told.evaluate((element) => (element.id = 'heard'));

  // The one that is outdated is not painted to its end; the one before stays.
  await page.evaluate(() => {
    const alts = new Set<string>();
    globalThis.alts = alts;
    const find = (root: ParentNode): HTMLImageElement | null =>
      root.querySelector<HTMLImageElement>('.frame img') ??
      [...root.querySelectorAll('*')].reduce<HTMLImageElement | null>(
        (found, { shadowRoot }) => found ?? (shadowRoot && find(shadowRoot)),
        null,
      );
    setInterval(() => alts.add(find(document)?.alt ?? 'none'), 10);
  });
  await page.getByLabel('Width').fill('512');
  await page.getByLabel('Height').fill('512');
  await studio.prompt.fill('a panda');
  await expect(page.locator('.frame .draft')).toBeVisible();
  await page.getByLabel('Width').fill('64');
  await page.getByLabel('Height').fill('64');
  await studio.prompt.fill('a red apple');
  await expect(studio.picture).toHaveAccessibleName('Generated picture: a red apple', PATIENT);
  expect(await page.evaluate(() => [...(globalThis.alts ?? [])].sort())).toEqual([
    'Generated picture: a fox',
    'Generated picture: a red apple',
  ]);

  // Of another draft the same is said again.
  await expect(told.and(page.locator(':not(#heard)'))).toBeAttached();

  expect(await keptOf(page)).toEqual([]);
  await page.getByRole('button', { name: 'Keep', exact: true }).click();
  await expect(draft).toBeHidden();
  await expect.poll(() => keptOf(page)).toEqual([{ prompt: 'a red apple', seed, steps: 1 }]);

  // An order takes the steps of the form, and the seed of the draft.
  await page.keyboard.press('Control+Enter');
  await expect(page.getByText(`seed ${seed} · 2 steps ·`)).toBeVisible(PATIENT);
  await expect.poll(async () => (await keptOf(page)).map(({ steps }) => steps)).toEqual([1, 2]);
  await live.uncheck();
  await expect(page.getByLabel('Random')).toBeChecked();
  await expect(page.getByLabel('Steps')).toHaveValue('2');
});

test('a draft that fails is told of, and switches live off', async ({ page, studio }) => {
  await studio.open('?backend=wasm');
  const live = page.getByRole('switch', { name: 'Live' });
  await describe(page, '', 8192, 1);
  await live.check();
  await studio.prompt.fill('a fox');
  await expect(studio.alert).toContainText('request/heap');
  await expect(live).not.toBeChecked();
  // Nothing is tried by itself, whatever is written.
  await studio.prompt.fill('a red fox');
  await expect(page.getByText('Nothing developed yet')).toBeVisible();
  await studio.alert.getByRole('button', { name: /^Use \d+×\d+$/ }).click();
  await describe(page, 'a red fox', 64, 1);
  await live.check();
  await expect(studio.picture).toHaveAccessibleName('Generated picture: a red fox', PATIENT);
  await expect(studio.alert).toBeHidden();
});

test('pictures of an order are painted together on a GPU', { tag: '@slow' }, async ({ page, studio }) => {
  await studio.open('?backend=webgpu');
  await studio.openModel(TINY_MODEL);
  await describe(page, 'a red apple', 16, 1, 2);
  await page.keyboard.press('Control+Enter');
  await expect(queueOf(page).orders).toContainText('0 of 2');
  // A model of picked files is gone with the page, and its orders with it.
  const asked = page.waitForEvent('dialog');
  void page.close({ runBeforeUnload: true });
  const question = await asked;
  expect(question.type()).toBe('beforeunload');
  await question.dismiss();
  await expect(queueOf(page).status('All 2 pictures are ready.')).toBeAttached({ timeout: 240_000 });
  await expect(studio.alert).toBeHidden();
  await expect.poll(() => promptsOf(page)).toHaveLength(2);
  const [first, second] = await keptOf(page);
  expect(BigInt(second?.seed ?? 0)).toBe(BigInt(first?.seed ?? 0) + 1n);
});
