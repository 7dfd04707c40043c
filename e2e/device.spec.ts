/** @file What is found out about the device: in the page, in the report to copy, and on the command line. */
import { chromium, expect, test as plain, type Page } from '@playwright/test';
import { browserLaunchOptions } from '../scripts/browser.ts';
import type { DeviceExamination } from '../src/engine/device-report.ts';
import { capabilities } from '../src/locale/en/capabilities.ts';
import { generate } from './command-line.ts';
import { siteAddress } from './site.ts';
import { test } from './studio.ts';

const ABOUT = 'About this device';

interface ProbeOutput extends DeviceExamination {
  readonly capabilities: Readonly<Record<string, { state: string; found: string; meaning: string }>>;
}

function dialogOf(page: Page) {
  return page.getByRole('dialog', { name: ABOUT });
}

/** What is found of a capability, as the dialog shows it. */
function found(page: Page, id: keyof typeof capabilities) {
  return page.locator(`tr[data-capability="${id}"] td`).first();
}

async function openAbout(page: Page): Promise<void> {
  await page.getByRole('button', { name: ABOUT }).click();
  await expect(found(page, 'browser')).toBeVisible({ timeout: 120_000 });
}

/** The same facts by the shortest way to them. */
function browserFacts(page: Page) {
  return page.evaluate(async () => {
    // The types say that every browser has WebGPU; the platform does not.
    const adapter = await (navigator.gpu as GPU | undefined)?.requestAdapter();
    const limits = adapter?.limits;
    return {
      vendor: adapter?.info.vendor,
      architecture: adapter?.info.architecture,
      hasF16: adapter?.features.has('shader-f16') ?? false,
      hasTimestamps: adapter?.features.has('timestamp-query') ?? false,
      hasSubgroups: adapter?.features.has('subgroups') ?? false,
      subgroupSize: adapter?.info.subgroupMinSize,
      maxBufferSize: limits?.maxBufferSize ?? 0,
      largest: Math.min(limits?.maxBufferSize ?? 0, limits?.maxStorageBufferBindingSize ?? 0),
      cores: navigator.hardwareConcurrency,
      isIsolated: crossOriginIsolated,
      hasJspi: 'Suspending' in WebAssembly,
      isPersisted: await navigator.storage.persisted(),
      userAgent: navigator.userAgent,
    };
  });
}

const presence = (isPresent: boolean) => (isPresent ? 'there' : 'not there');

test('the page tells what the browser has, and what follows from it', async ({ page, studio }) => {
  await studio.open();
  await openAbout(page);
  const facts = await browserFacts(page);
  await expect(found(page, 'webgpu')).toContainText(`${facts.vendor} ${facts.architecture}`);
  await expect(found(page, 'largest-tensor')).toHaveText(
    facts.largest >= 1000 * 2 ** 20
      ? `${(facts.largest / 2 ** 30).toFixed(2)} GB`
      : `${facts.largest / 2 ** 20} MB`,
  );
  await expect(found(page, 'shader-f16')).toHaveText(presence(facts.hasF16));
  await expect(found(page, 'timestamp-query')).toHaveText(presence(facts.hasTimestamps));
  await expect(found(page, 'subgroups')).toHaveText(
    facts.hasSubgroups ? new RegExp(`^right, ${facts.subgroupSize} together$|^wrong: subgroup`) : 'not there',
  );
  await expect(found(page, 'jspi')).toHaveText(presence(facts.hasJspi));
  const threads = Math.min(8, facts.cores);
  await expect(found(page, 'isolation')).toHaveText(
    facts.isIsolated ? new RegExp(`^yes, ${threads} threads?$`) : 'no',
  );
  await expect(found(page, 'persistence')).toHaveText(facts.isPersisted ? 'yes' : 'no');
  await expect(found(page, 'browser')).toContainText(/Chrom\w+ \d+\.\d+/);
  for (const [id, { name, meanings }] of Object.entries(capabilities)) {
    const row = page.locator(`tr[data-capability="${id}"]`);
    await expect(row.getByRole('rowheader')).toHaveText(name);
    const meaning = (await row.locator('td').nth(1).textContent()) ?? '';
    expect(Object.values<string>(meanings)).toContain(meaning.trim());
  }
});

test('the report is copied, and says so; where that is refused, it is there to be selected', async ({
  page,
  studio,
}) => {
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await studio.open();
  await openAbout(page);
  const dialog = dialogOf(page);
  await dialog.getByRole('button', { name: 'Copy report' }).click();
  await expect(dialog.getByRole('status').filter({ hasText: 'on the clipboard' })).toBeVisible();
  const report = await page.evaluate(() => navigator.clipboard.readText());
  const facts = await browserFacts(page);
  expect(report).toContain(facts.userAgent);
  expect(report).toContain(`maxBufferSize: ${facts.maxBufferSize}`);
  for (const { name } of Object.values(capabilities)) expect(report).toContain(`${name}: `);

  await page.evaluate(() => {
    navigator.clipboard.writeText = () => Promise.reject(new DOMException('no', 'NotAllowedError'));
  });
  await dialog.getByRole('button', { name: 'Copy report' }).click();
  await expect(dialog.getByRole('status').filter({ hasText: 'does not allow copying' })).toBeVisible();
  const text = dialog.getByRole('textbox', { name: 'Report' });
  await expect(text).toBeFocused();
  const [selected, all] = await text.evaluate(
    ({ value, selectionStart, selectionEnd }: HTMLTextAreaElement) => [
      value.slice(selectionStart, selectionEnd),
      value,
    ],
  );
  expect(selected).toBe(all);
  expect(all).toBe(report.replaceAll('\r\n', '\n'));
});

test('the keyboard opens and closes it; the focus returns, and the picture being painted goes on', async ({
  page,
  studio,
}) => {
  await studio.open('?backend=wasm');
  await studio.prompt.fill('a fox');
  await page.keyboard.press('Control+Enter');
  await expect(studio.cancel).toBeVisible();
  const button = page.getByRole('button', { name: ABOUT });
  await button.focus();
  await page.keyboard.press('Enter');
  await expect(dialogOf(page)).toBeVisible();
  await expect(dialogOf(page).getByRole('button', { name: 'Close' })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(dialogOf(page)).toBeHidden();
  await expect(button).toBeFocused();
  // Not "Cancelling…", nor over.
  await expect(page.getByRole('button', { name: /^Cancel(?!l)/ })).toBeVisible();
  await studio.cancel.click();
});

test('no GPU device is opened before it is asked for, and one only', async ({ page, studio }) => {
  // Workers have no init script, so that the count is put before the worker's own.
  await page.route(/\/worker-[\w-]+\.js$/, async (route) => {
    const response = await route.fetch();
    const count = `
      globalThis.deviceRequests = [];
      const open = GPUAdapter.prototype.requestDevice;
      GPUAdapter.prototype.requestDevice = function (descriptor) {
        deviceRequests.push([...(descriptor?.requiredFeatures ?? [])]);
        return open.call(this, descriptor);
      };
    `;
    await route.fulfill({ response, body: `${count}${await response.text()}` });
  });
  await studio.open();
  const requests = () =>
    Promise.all(
      page
        .workers()
        .map((worker) => worker.evaluate(() => (globalThis as { deviceRequests?: unknown }).deviceRequests)),
    );
  expect((await requests()).flat()).toEqual([]);
  await openAbout(page);
  const { hasSubgroups } = await browserFacts(page);
  const once = hasSubgroups ? [['subgroups']] : [];
  expect((await requests()).flat()).toEqual(once);
  await page.evaluate(() => emulsion.examine());
  expect((await requests()).flat()).toEqual(once);
});

plain('a browser without a GPU adapter is told of', async () => {
  const { executablePath } = browserLaunchOptions();
  const browser = await chromium.launch({
    ...(executablePath && { executablePath }),
    args: ['--disable-gpu'],
  });
  try {
    const page = await browser.newPage({ locale: 'en-US', serviceWorkers: 'block' });
    await page.goto(siteAddress());
    plain.skip(
      (await browserFacts(page)).vendor !== undefined,
      'this browser has a GPU adapter whatever its flags',
    );
    await openAbout(page);
    await expect(found(page, 'webgpu')).toHaveText(/^no adapter$|^not there$/);
    await expect(found(page, 'backend')).toHaveText('WASM');
    for (const id of ['largest-tensor', 'gpu-budget'] as const)
      await expect(found(page, id)).toHaveText('none');
    await expect(found(page, 'subgroups')).toHaveText('not there');
  } finally {
    await browser.close();
  }
});

plain('a failure to look is told of, and looking again helps', async ({ page }) => {
  await page.route(/\/worker-[\w-]+\.js$/, (route) => route.abort());
  await page.goto(siteAddress());
  await page.getByRole('button', { name: ABOUT }).click();
  const alert = dialogOf(page).getByRole('alert');
  await expect(alert).toContainText('The engine stopped unexpectedly');
  await page.unroute(/\/worker-[\w-]+\.js$/);
  await alert.getByRole('button', { name: 'Try again' }).click();
  await expect(dialogOf(page).getByRole('region', { name: ABOUT })).toBeFocused();
  await expect(found(page, 'browser')).toBeVisible({ timeout: 120_000 });
  await expect(alert).toBeHidden();
});

plain('--probe --json prints one object whose fields stay', async () => {
  const { code, stdout } = await generate('--probe', '--json');
  expect(code).toBe(0);
  expect(stdout).toMatch(/^\{.*\}\n$/);
  const device = JSON.parse(stdout) as ProbeOutput;
  expect(Object.keys(device).sort()).toEqual(
    (
      'adapter backend browser capabilities crossOriginIsolated defaultGpuBudgetBytes defaultGpuBudgetRule ' +
      'defaultRamBudgetBytes defaultRamBudgetRule features indexedDb jspi largestTensorBytes limits locks ' +
      'memoryBytes reason secureContext serviceWorker sharedArrayBuffer software storage subgroups threads ' +
      'version wasmSimd webgpu webgpuInterface wholePictureSide'
    ).split(' '),
  );
  expect(Object.keys(device.capabilities).sort()).toEqual(Object.keys(capabilities).sort());
  for (const { state, found: what, meaning } of Object.values(device.capabilities))
    for (const text of [state, what, meaning]) expect(text).toMatch(/./);
  expect(['webgpu', 'wasm']).toContain(device.backend);
  expect(device.threads).toBeGreaterThanOrEqual(1);
  expect(device.browser.version).toMatch(/^\d+\./);
  expect(device).toMatchObject({ secureContext: true, wasmSimd: true, indexedDb: true, locks: true });
  expect(device.subgroups.result).toMatch(device.features.includes('subgroups') ? /right|wrong/ : /absent/);
});

plain('--probe prints the same to read', async () => {
  const { code, stdout } = await generate('--probe');
  expect(code).toBe(0);
  expect(stdout).toMatch(/^Emulsion \d+\.\d+\.\d+: About this device\n/);
  for (const { name } of Object.values(capabilities)) expect(stdout).toContain(`\n  ${name}: `);
});
