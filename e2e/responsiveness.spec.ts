/** @file The page stays responsive, and still, while the worker paints. */
import { expect } from '@playwright/test';
import { traceTasks } from '../scripts/bench-page/tasks.ts';
import { takeWatched, watch } from '../scripts/bench-page/watch.ts';
import { test } from './studio.ts';

// Recording the page for a trace is work for its main thread.
test.use({ trace: 'off' });

const LONG_MS = 50;
/** The browser's own share: digits that change, text that is smoothed in another way. */
const STILL = 0.01;
/** What comes so soon after a command is its answer, as in Cumulative Layout Shift. */
const AT_ONCE_MS = 500;

test('no task of the main thread takes over 50 ms while painting', async ({ page, studio }) => {
  await studio.open('?backend=wasm');
  await studio.prompt.fill('a panda');
  // Of the processor: on a busy machine the clock also counts the time others had it.
  const traced = await traceTasks(page, await page.context().newCDPSession(page));
  await page.keyboard.press('Control+Enter');
  await studio.expectPicture();
  const times = (await traced()).map(({ processorMs }) => processorMs);
  expect(times.filter((time) => time > 0).length).toBeGreaterThan(100);
  expect(times.filter((time) => time > LONG_MS)).toEqual([]);
});

for (const { name, viewport, tag } of [
  { name: 'a desktop', viewport: { width: 1280, height: 900 }, tag: '@slow' },
  { name: 'a phone', viewport: { width: 390, height: 844 }, tag: [] },
])
  test(`nothing moves by itself while pictures develop, on ${name}`, { tag }, async ({ page, studio }) => {
    await page.setViewportSize(viewport);
    await watch(page);
    await studio.open('?backend=wasm');
    await studio.prompt.fill('a panda');
    await page.getByLabel('Steps').fill('2');
    await studio.seed.fill('1');
    await takeWatched(page);
    /** What moved meanwhile, however small a part of the window. */
    const moved = async (since = 0): Promise<readonly string[]> => {
      const { shifts } = await takeWatched(page);
      return shifts
        .filter(({ at, value }) => at > since && value > STILL)
        .map(({ value, moved: parts }) => `${value.toFixed(4)}: ${parts.join('; ')}`);
    };

    // The first order makes room below the stage, at once and for good.
    const ordered = await page.evaluate(() => performance.now());
    await page.keyboard.press('Control+Enter');
    await studio.expectPicture();
    expect(await moved(ordered + AT_ONCE_MS), 'the first picture').toEqual([]);

    await studio.seed.fill('2');
    await page.keyboard.press('Control+Enter');
    await expect(page.getByText('seed 2 ·')).toBeVisible({ timeout: 120_000 });
    expect(await moved(), 'the next picture').toEqual([]);

    await page.keyboard.press('Control+Enter');
    await expect(studio.preview).toBeVisible({ timeout: 120_000 });
    await page.keyboard.press('Escape');
    await expect(studio.progress).toBeHidden();
    expect(await moved(), 'a picture that is cancelled').toEqual([]);
  });
