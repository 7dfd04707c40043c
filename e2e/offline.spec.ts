/**
 * @file Later visits: without a network after a restart of the browser, from hosts without headers, and when a newer
 * version of the site waits. Each test has a browser profile and a host of its own.
 */
import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import path from 'node:path';
import { chromium, expect, test as base, type BrowserContext, type Page } from '@playwright/test';
import { browserLaunchOptions } from '../scripts/browser.ts';
import { DIST } from '../scripts/build.ts';
import { createSite, listen, type SiteOptions } from '../scripts/site.ts';
import { Studio } from './studio.ts';
import { dropFiles } from './transfers.ts';

/** One file and the config it cannot carry. */
const SINGLE_FILE = [
  'e2e/fixtures/tiny-sdxl/single_file_ldm.bf16.safetensors',
  'e2e/fixtures/tiny-sdxl/single_file_ldm.bf16.emulsion.json',
];

/** One person at one machine: the profile survives the browser. */
class Visitor {
  readonly #profile: string;
  #browser: BrowserContext | undefined;

  constructor(profile: string) {
    this.#profile = profile;
  }

  /** Opens a browser at an address. */
  async visit(address: string): Promise<Studio> {
    const options = { ...browserLaunchOptions(), headless: true, serviceWorkers: 'allow' as const };
    this.#browser = await chromium.launchPersistentContext(this.#profile, options);
    const page = this.#browser.pages()[0] ?? (await this.#browser.newPage());
    await page.goto(address);
    return new Studio(page);
  }

  async leave(): Promise<void> {
    await this.#browser?.close();
  }
}

/** Hosts sites until the test ends; `close` is the network going away. */
class Host {
  readonly #servers = new Set<Server>();

  async serve(options: SiteOptions): Promise<string> {
    const server = createSite(options);
    this.#servers.add(server);
    return `http://127.0.0.1:${await listen(server, 0)}`;
  }

  close(): void {
    for (const server of this.#servers) {
      server.close();
      server.closeAllConnections();
    }
  }
}

const test = base.extend<{ visitor: Visitor; host: Host }>({
  visitor: async ({}, use, testInfo) => {
    const visitor = new Visitor(testInfo.outputPath('profile'));
    await use(visitor);
    await visitor.leave();
  },
  host: async ({}, use) => {
    const host = new Host();
    await use(host);
    host.close();
  },
});

/** The built site in a folder of its own, to be changed; its models are the built ones. */
function copyOfSite(folder: string): string {
  cpSync(DIST, folder, { recursive: true, filter: (file) => file !== path.join(DIST, 'models') });
  symlinkSync(path.join(DIST, 'models'), path.join(folder, 'models'));
  return folder;
}

function edit(file: string, change: (text: string) => string): void {
  const text = readFileSync(file, 'utf8');
  expect(change(text)).not.toBe(text);
  writeFileSync(file, change(text));
}

/** Waits until the service worker keeps the site. */
async function expectKept(page: Page): Promise<void> {
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready;
  });
}

async function paint(studio: Studio): Promise<void> {
  await studio.expectReady();
  for (const [label, value] of Object.entries({ Steps: '1', Width: '64', Height: '64' }))
    await studio.page.getByLabel(label).fill(value);
  await studio.prompt.fill('a red apple');
  await studio.generate.click();
  await studio.expectPicture();
}

test('paints without a network after a restart, from any folder of a host', async ({ visitor, host }) => {
  const address = `${await host.serve({ folders: { '/some/where/': DIST } })}/some/where/?backend=wasm`;
  const first = await visitor.visit(address);
  await first.expectReady();
  await expect(first.page.getByText('Ready to work offline')).toBeVisible({ timeout: 120_000 });
  await visitor.leave();
  host.close();

  const second = await visitor.visit(address);
  await paint(second);
  await expect(second.page.getByText('Ready to work offline')).toBeHidden();
  // The documents are there as well.
  await second.page.getByRole('link', { name: 'Documentation' }).click();
  await expect(second.page.getByRole('heading', { level: 1, name: 'Documentation' })).toBeVisible();
});

for (const [folder, tag] of [
  ['/', ['@slow']],
  ['/some/where/', []],
] as const)
  test(
    `paints with a dropped checkpoint without a network after a restart, from ${folder}`,
    { tag: [...tag] },
    async ({ visitor, host }) => {
      const address = `${await host.serve({ folders: { [folder]: DIST } })}${folder}?backend=wasm`;
      const { page } = await visitor.visit(address);
      await dropFiles(page, ...SINGLE_FILE);
      await page.getByRole('button', { name: 'Keep in this browser' }).click();
      await page.getByRole('button', { name: /^Paint with it: .*tiny/ }).click();
      await expect(page.locator('emulsion-model-panel').getByText('tiny-sdxl')).toBeVisible();
      await expectKept(page);
      await visitor.leave();
      host.close();

      const second = await visitor.visit(address);
      await expect(second.page.locator('emulsion-model-panel').getByText('tiny-sdxl')).toBeVisible();
      await paint(second);
    },
  );

test('has threads on a host without headers from the second visit on', async ({ visitor, host }) => {
  const address = `${await host.serve({ folders: { '/': DIST }, headers: {} })}/?backend=wasm`;
  const studio = await visitor.visit(address);
  const { page } = studio;
  const isIsolated = () => page.evaluate(() => crossOriginIsolated);
  expect(await isIsolated()).toBe(false);
  await expect(page.getByText('WASM · 1 thread')).toBeVisible();
  await expectKept(page);

  await page.reload();
  expect(await isIsolated()).toBe(true);
  await paint(studio);
});

test('announces an update, and loads it when told to', async ({ visitor, host }, testInfo) => {
  const site = copyOfSite(testInfo.outputPath('site'));
  const address = `${await host.serve({ folders: { '/': site } })}/?backend=wasm`;
  const studio = await visitor.visit(address);
  const { page } = studio;
  const reload = page.getByRole('button', { name: 'Reload' });
  // The model included: a tab that fetches keeps the old version busy, for five minutes where a debugger is attached.
  await expect(page.getByText('Ready to work offline')).toBeVisible({ timeout: 120_000 });
  await expect(reload).toBeHidden();

  edit(path.join(site, 'index.html'), (html) => html.replace('<title>Emulsion', '<title>Emulsion, newer'));
  edit(path.join(site, 'service-worker.js'), (script) =>
    script.replace(/("url":"index\.html","revision":)"\w+"/, '$1"newer"'),
  );
  await page.reload();
  await expect(page.getByText('Update available')).toBeVisible();
  await expect(page).toHaveTitle('Emulsion');
  const other = await page.context().newPage();
  await other.goto(address);
  await expect(other.getByText('Update available')).toBeVisible();
  // A reload would lose the picture being painted.
  await studio.expectReady();
  await studio.generate.click();
  await expect(reload).toBeDisabled();
  await studio.cancel.click();

  await reload.click();
  await expect(page).toHaveTitle('Emulsion, newer');
  await expect(page.getByText('Update available')).toBeHidden();
  await expect(other).toHaveTitle('Emulsion');
  await other.getByRole('button', { name: 'Reload' }).click();
  await expect(other).toHaveTitle('Emulsion, newer');
});

test('keeps no weights, and leaves scripts alone', async ({ visitor, host }) => {
  const address = `${await host.serve({ folders: { '/': DIST } })}/`;
  const { page } = await visitor.visit(`${address}?headless`);
  await page.waitForFunction(() => 'emulsion' in globalThis);
  expect(await page.evaluate(async () => (await navigator.serviceWorker.getRegistrations()).length)).toBe(0);

  await page.goto(address);
  await expectKept(page);
  const kept = await page.evaluate(async () => {
    const names = await caches.keys();
    const requests = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
    return requests.flat().map(({ url }) => new URL(url).pathname);
  });
  expect(kept).toEqual(expect.arrayContaining(['/index.html', '/icon.svg']));
  expect(kept).toEqual(expect.arrayContaining(['/docs/models.html', '/docs/zh-CN/models.html']));
  expect(kept.filter((name) => name.startsWith('/models/'))).toEqual(['/models/catalog.json']);
  // Of ONNX Runtime's builds the one for WASM and one for WebGPU.
  expect(
    kept
      .filter((name) => name.endsWith('.wasm'))
      .map((name) => name.includes('.jspi-'))
      .sort(),
  ).toEqual([false, true]);
});

const SLOW = { tag: '@slow' };

test(
  'starts the larger WebGPU build, which the site has in parts',
  SLOW,
  async ({ visitor, host }, testInfo) => {
    const site = copyOfSite(testInfo.outputPath('site'));
    const worker = /assets\/worker-[\w-]+\.js/.exec(
      readFileSync(path.join(site, 'service-worker.js'), 'utf8'),
    );
    // What a browser looks like whose WebAssembly cannot wait for promises.
    edit(path.join(site, worker?.[0] ?? ''), (script) => `delete WebAssembly.Suspending;${script}`);
    const studio = await visitor.visit(`${await host.serve({ folders: { '/': site } })}/?backend=webgpu`);
    const fetched: string[] = [];
    studio.page.context().on('request', (request) => fetched.push(request.url()));
    await studio.expectReady();
    await studio.generate.click();
    // Past the loading: the runtime works.
    await expect(studio.progress).toHaveAttribute('aria-valuetext', /Reading|Painting/, { timeout: 120_000 });
    // The service worker, which was told nothing, fetches the other build.
    const parts = fetched.flatMap((url) => /asyncify\.(\d-of-\d)-[\w-]+\.wasm$/.exec(url)?.[1] ?? []);
    expect(parts.sort()).toEqual(['1-of-2', '2-of-2']);
  },
);
