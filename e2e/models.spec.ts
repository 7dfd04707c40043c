/** @file Models in the page: dropped, added by address, paused, checked, repaired, deleted. */
import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import path from 'node:path';
import { expect, type Locator, type Page } from '@playwright/test';
import { DIST } from '../scripts/build.ts';
import { makeCheckpoint } from '../scripts/make-checkpoint/make.ts';
import { createSite, listen } from '../scripts/site.ts';
import { readEmbeddedModelFacts, readModelFacts } from './model-facts.ts';
import { siteAddress } from './site.ts';
import { test as base, type Studio } from './studio.ts';
import { dropFiles } from './transfers.ts';

const TINY_MODEL = 'e2e/fixtures/tiny-sdxl/model';
const MERGE_LIST = 'src/tokens/clip-vocabulary/merges.txt';

/** The site and a model on one host, which the test may slow down. */
const test = base.extend<{ host: string }>({
  host: async ({}, use) => {
    const server: Server = createSite({ folders: { '/': DIST, '/tiny/': path.resolve(TINY_MODEL) } });
    await use(`http://127.0.0.1:${await listen(server, 0)}/`);
    server.close();
    server.closeAllConnections();
  },
});

/** Changes one byte of the largest record of the store. */
async function damage(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const answer = <T>(request: IDBRequest<T>) =>
      new Promise<T>((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(new Error(request.error?.message));
      });
    const database = await answer(indexedDB.open('emulsion-models'));
    const entries = () => database.transaction('entries', 'readwrite').objectStore('entries');
    const keys = (await answer(entries().getAllKeys())).filter((key) => (key as string[])[0] === 'shard');
    const blobs = await Promise.all(keys.map((key) => answer(entries().get(key) as IDBRequest<Blob>)));
    const largest = blobs.reduce((best, { size }, i) => (size > (blobs[best]?.size ?? 0) ? i : best), 0);
    const bytes = new Uint8Array((await blobs[largest]?.arrayBuffer()) ?? []);
    const middle = bytes.length >> 1;
    bytes[middle] = ~(bytes[middle] ?? 0);
    await answer(entries().put(new Blob([bytes]), keys[largest]));
    database.close();
  });
}

function card(studio: Studio, name: string): Locator {
  return studio.models.getByRole('article', { name });
}

async function paint(studio: Studio): Promise<void> {
  await studio.page.getByLabel('Steps').fill('1');
  await studio.page.getByLabel('Width').fill('64');
  await studio.page.getByLabel('Height').fill('64');
  await studio.prompt.fill('a red apple');
  await studio.generate.click();
  await studio.expectPicture();
}

test('keeps a dropped file, remembers it, finds and mends damage, and deletes it', async ({
  page,
  studio,
}, testInfo) => {
  const { path: file } = await makeCheckpoint({
    folder: testInfo.outputPath('checkpoint'),
    size: 'tiny',
    layout: 'single',
    dtype: 'f32',
    seed: 1,
    mergeList: readFileSync(MERGE_LIST, 'utf8'),
  });
  await studio.open('?backend=wasm');
  const storage = studio.models.getByRole('meter');
  const usedBytes = (): Promise<number> => storage.evaluate((meter: HTMLMeterElement) => meter.value);
  await studio.openModels();
  await expect(studio.models).toContainText('No model is stored yet.');
  await expect(storage).toHaveAccessibleName(/\d \S+ of .* of the browser's storage used/);
  const before = await usedBytes();
  await page.keyboard.press('Escape');

  await dropFiles(page, file);
  await expect(studio.models).toContainText(path.basename(file));
  await expect(studio.models.getByText('taken to be as in SDXL')).toBeVisible();
  await studio.models.getByRole('button', { name: 'Keep in this browser' }).click();
  await expect(studio.models.getByText('is stored in this browser')).toBeVisible();
  const row = studio.models.getByRole('article').filter({ hasText: path.basename(file) });
  await row.getByRole('button', { name: 'Paint with it' }).click();
  await expect(studio.models).toBeHidden();
  const panel = page.locator('emulsion-model-panel .name');
  // As it says of itself.
  const name = 'Random SDXL, tiny, seed 1';
  await expect(panel).toHaveText(name);

  await page.reload();
  await expect(panel).toHaveText(name);
  await studio.expectReady();
  await paint(studio);
  await studio.openModels();
  await expect(row.getByText('In use')).toBeVisible();
  await expect(studio.models.getByText('No model is stored yet.')).toBeHidden();
  expect(await usedBytes()).toBeGreaterThan(before);
  await row.getByRole('button', { name: 'Check' }).click();
  await expect(row.getByText(/all \d+ records are as they were stored/)).toBeVisible();

  await damage(page);
  await row.getByRole('button', { name: 'Check' }).click();
  await expect(row.getByText(/1 of \d+ records are damaged/)).toBeVisible();
  await expect(row.getByRole('listitem')).toContainText('changed');
  await row.locator('input[accept]').setInputFiles(file);
  await expect(row.getByText(/1 of \d+ records were damaged and are repaired/)).toBeVisible();

  await row.getByRole('button', { name: 'Delete' }).click();
  const confirm = row.getByRole('button', { name: 'Delete', exact: true });
  await expect(confirm).toBeFocused();
  await confirm.click();
  await expect(studio.models.getByText(/is deleted, .* are free again/)).toBeVisible();
  await expect(row).toHaveCount(0);
  await studio.models.getByRole('button', { name: 'Close' }).click();
  await expect(panel).toHaveText(readEmbeddedModelFacts().name);
});

test('adds a model by its address, with a pause, and a licence to accept', async ({ page, studio, host }) => {
  const { name } = readModelFacts(TINY_MODEL);
  await page.route('**/models/catalog.json', async (route) => {
    const catalog = (await (await route.fetch()).json()) as { models: object[] };
    const licence = { name: 'Research only', url: 'terms.html', restricted: true };
    catalog.models.push({ id: 'tiny', name, url: `${host}tiny/`, licence });
    await route.fulfill({ json: catalog });
  });
  let isSlow = true;
  await page.route('**/tiny/**/*.safetensors', async (route) => {
    if (isSlow) await new Promise((resolve) => setTimeout(resolve, 500));
    await route.continue().catch(() => undefined);
  });
  await page.goto(`${host}?backend=wasm`);
  await studio.expectReady();
  await studio.openModels();
  await expect(card(studio, name).getByText('address not checked')).toBeVisible();
  await studio.models.getByLabel('Address of a model').fill('not an address');
  await page.keyboard.press('Enter');
  await expect(studio.alert).toContainText('not a web address');
  await studio.models.getByLabel('Address of a model').fill(`${host}tiny`);
  await page.keyboard.press('Enter');
  const download = studio.models.getByRole('button', { name: 'Download and keep' });
  await expect(download).toHaveAttribute('aria-disabled', 'true');
  await studio.models.getByLabel('I have read the licence').check();
  await download.click();

  const row = card(studio, name);
  await row.getByRole('button', { name: 'Pause' }).click();
  await expect(row.getByRole('button', { name: 'Resume' })).toBeVisible();
  isSlow = false;
  await row.getByRole('button', { name: 'Resume' }).click();
  await row.getByRole('button', { name: 'Paint with it' }).click();
  await expect(page.locator('emulsion-model-panel .name')).toHaveText(name);
  await page.route('**/tiny/**', (route) => route.abort());
  await paint(studio);
});

test('offers a model whose download finds no room for this visit all the same', async ({
  page,
  context,
  studio,
  host,
}) => {
  const { name } = readModelFacts(TINY_MODEL);
  await page.goto(`${host}?backend=wasm`);
  await studio.expectReady();
  await studio.openModels();
  await studio.models.getByLabel('Address of a model').fill(`${host}tiny`);
  await page.keyboard.press('Enter');
  const download = studio.models.getByRole('button', { name: 'Download and keep' });
  await expect(download).toBeVisible();
  const session = await context.newCDPSession(page);
  await session.send('Storage.overrideQuotaForOrigin', { origin: new URL(host).origin, quotaSize: 2 ** 21 });
  await download.click();
  await expect(studio.alert).toContainText("the browser's storage");
  await studio.models.getByRole('button', { name: /^Use once/ }).click();
  await expect(studio.models).toBeHidden();
  await expect(page.locator('emulsion-model-panel .name')).toHaveText(name);
  await paint(studio);
});

test.describe('left alone', () => {
  test.use({ storesModel: true });

  test('stores its own model by itself, and opens it from there', async ({ page, studio }) => {
    await page.goto(siteAddress('?backend=wasm'));
    await studio.expectReady();
    const { name } = readEmbeddedModelFacts();
    // While the list is looked at, nothing begins in it by itself.
    const isStored = async (): Promise<boolean> => {
      await studio.openModels();
      const stored = await card(studio, name).getByRole('button', { name: 'Check' }).isVisible();
      await page.keyboard.press('Escape');
      return stored;
    };
    await expect.poll(isStored, { timeout: 60_000, intervals: [5000] }).toBe(true);
    await page.route('**/models/*/**', (route) => route.abort());
    await page.reload();
    await studio.expectReady();
    await expect(page.locator('emulsion-model-panel .name')).toHaveText(name);
  });
});

test('remembers a budget, and refuses what does not fit with a way out', async ({ page, studio }) => {
  await studio.openTiny('?backend=webgpu');
  await page.getByText('Advanced').click();
  await page.getByLabel('Automatic: GPU memory').uncheck();
  await page.getByRole('spinbutton', { name: 'GPU memory' }).fill('64');
  await page.reload();
  await studio.expectReady();
  await page.getByText('Advanced').click();
  await expect(page.getByRole('spinbutton', { name: 'GPU memory' })).toHaveValue('64');
  await page.getByLabel('Width').fill('2048');
  await page.getByLabel('Height').fill('2048');
  await studio.generate.click();
  await expect(studio.alert).toContainText('request/budget');
  await expect(studio.alert.getByRole('button', { name: /^Use \d+ MB|^Use .* GB/ })).toBeVisible();
  const size = studio.alert.getByRole('button', { name: /^Use \d+×\d+$/ });
  const [width = ''] = /\d+/.exec((await size.textContent()) ?? '') ?? [];
  await size.click();
  await expect(page.getByLabel('Width')).toHaveValue(width);
  await expect(studio.cancel).toBeVisible();
});
