/** @file LoRAs on the page: dropped, looked at, repaired, tried out, weighed, painted with, and restored from a picture. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, type Locator, type Page, type Worker } from '@playwright/test';
import { createSite, listen, SITE_HEADERS } from '../scripts/site.ts';
import { encodePng, readPngText } from '../src/image/png.ts';
import { parseF32Safetensors } from '../src/weights/safetensors.ts';
import { test as base, type Studio } from './studio.ts';
import { dropFiles } from './transfers.ts';

const OFFER = {
  file: 'weak.safetensors',
  name: 'Weak',
  base: 'tiny',
  trigger: 'w0rd',
  description: { en: 'Hardly to be seen.', 'zh-CN': '几乎看不出来。' },
  licence: 'Apache-2.0',
};

/** With one LoRA that comes with the site. */
const test = base.extend<{ offered: undefined }>({
  offered: [
    async ({ page }, use) => {
      await page.route('**/models/loras/*', (route) =>
        route.request().url().endsWith('catalog.json')
          ? route.fulfill({ json: [OFFER] })
          : route.fulfill({ path: 'e2e/fixtures/lora/weak.safetensors' }),
      );
      await use(undefined);
    },
    { auto: true },
  ],
});

const FIXTURES = 'e2e/fixtures/tiny-sdxl';
const GOOD = `${FIXTURES}/lora_kohya_r8_a4.safetensors`;
const PEFT = `${FIXTURES}/lora_peft_r8_a4.safetensors`;
const TOO_STRONG = `${FIXTURES}/lora_bad_alpha32.safetensors`;
const ELSEWHERE = `${FIXTURES}/lora_bad_conv_in.safetensors`;

/** The dialog of LoRAs as a user sees it. */
class Loras {
  readonly page: Page;
  readonly dialog: Locator;
  readonly panel: Locator;

  constructor(page: Page) {
    this.page = page;
    this.dialog = page.getByRole('dialog', { name: 'LoRAs' });
    this.panel = page.locator('emulsion-lora-panel');
  }

  async open(): Promise<void> {
    await this.page.getByRole('button', { name: 'LoRAs…' }).click();
    await expect(this.dialog).toBeVisible();
  }

  async close(): Promise<void> {
    await this.dialog.getByRole('button', { name: 'Close' }).click();
    await expect(this.dialog).toBeHidden();
  }

  card(name: string): Locator {
    return this.dialog.getByRole('article', { name });
  }

  weight(name: string): Locator {
    return this.card(name).getByRole('spinbutton', { name: `Weight of ${name}` });
  }

  drop(...files: readonly string[]): Promise<void> {
    return dropFiles(this.page, ...files);
  }
}

async function openTiny(studio: Studio): Promise<Loras> {
  await studio.openTiny('?backend=wasm');
  // What it paints is compared with what it paints, nothing else.
  await studio.page.getByLabel('Steps').fill('1');
  return new Loras(studio.page);
}

/** Paints, and gives the bytes of the picture and what it says of itself. */
async function paint(studio: Studio, prompt: string, seed = '7') {
  const before = (await studio.picture.isVisible()) ? await studio.picture.getAttribute('src') : '';
  await studio.prompt.fill(prompt);
  await studio.seed.fill(seed);
  await studio.generate.click();
  await expect(studio.picture).not.toHaveAttribute('src', before ?? '', { timeout: 60_000 });
  await studio.expectPicture();
  const [download] = await Promise.all([studio.page.waitForEvent('download'), studio.download.click()]);
  const png = readFileSync(await download.path());
  return { png, parameters: readPngText(png)['parameters'] ?? '' };
}

/** A LoRA without its metadata, which say no less than a config. */
function withoutMetadata(file: Buffer): Buffer {
  const begin = 8;
  const end = begin + Number(file.readBigUInt64LE());
  const tensors: unknown = JSON.parse(file.toString('utf8', begin, end), (key, value: unknown) =>
    key === '__metadata__' ? undefined : value,
  );
  const header = Buffer.from(JSON.stringify(tensors));
  const length = Buffer.alloc(begin);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header, file.subarray(end)]);
}

/** Of a PNG, without its text. */
function pixelChunk(png: Buffer): Buffer {
  return png.subarray(png.indexOf('IDAT'));
}

test('from the drop to the picture and back', async ({ page, studio }, testInfo) => {
  const loras = await openTiny(studio);
  const name = 'lora_kohya_r8_a4';
  const plain = await paint(studio, 'a red apple');

  await loras.drop(GOOD);
  const card = loras.card(name);
  await expect(card).toContainText('It keeps all rules');
  await expect(card).toContainText('rank up to 8 · scale up to 0.5 · moves the weights by');
  await card.getByText('Figures of every module').click();
  await expect(card.getByRole('row', { name: /attn1\.to_q/ }).first()).toBeVisible();

  await card.getByRole('button', { name: 'Test' }).click();
  await expect(card.getByRole('progressbar')).toBeVisible();
  await card.getByRole('button', { name: 'Cancel' }).click();
  await card.getByRole('button', { name: 'Test' }).click();
  await expect(card).toContainText('It moves one evaluation of the model by', { timeout: 60_000 });
  await expect(card.getByRole('img', { name: /^Test picture \d with the LoRA/ })).toHaveCount(3);
  await expect(card.getByRole('img', { name: /^Test picture \d without the LoRA/ })).toHaveCount(3);
  await expect(card.getByRole('img', { name: `Test picture of ${name}` })).toBeVisible();

  await expect(card).toContainText('its test gives cause for concern');
  await card.getByRole('slider').fill('1.5');
  await expect(card).toContainText('It keeps all rules and may be used.');
  await card.getByRole('switch').check();
  await card.getByRole('slider').fill('0.5');
  await expect(card).toContainText('its test gives cause for concern');
  await expect(loras.weight(name)).toHaveValue('0.5');
  await loras.close();
  await expect(loras.panel).toContainText(`${name} × 0.5`);
  const half = await paint(studio, 'a red apple');
  expect(pixelChunk(half.png).equals(pixelChunk(plain.png))).toBe(false);
  expect(half.parameters).toContain(`a red apple <lora:${name}:0.5>`);
  await page.locator('emulsion-picture-receipt summary').click();
  await expect(page.getByRole('term').filter({ hasText: `LoRA “${name}”` })).toBeVisible();
  expect(half.parameters).toMatch(new RegExp(`Lora hashes: "${name}: [0-9a-f]{12}"`));

  // A tag says more than the slider, which follows, and the other way round.
  const none = await paint(studio, `a red apple <lora:${name}:0>`);
  expect(pixelChunk(none.png).equals(pixelChunk(plain.png))).toBe(true);
  await expect(loras.panel).toContainText(`${name} × 0`);
  await loras.open();
  await expect(loras.weight(name)).toHaveValue('0');
  await loras.weight(name).fill('-0.25');
  await loras.weight(name).press('Enter');
  await expect(studio.prompt).toHaveValue(`a red apple <lora:${name}:-0.25>`);
  await card.getByRole('switch').uncheck();
  await expect(studio.prompt).toHaveValue('a red apple');
  await card.getByRole('button', { name: `Insert into prompt: ${name}` }).click();
  await expect(studio.prompt).toHaveValue(`a red apple <lora:${name}:-0.25>`);
  await expect(card.getByRole('switch')).toBeChecked();
  await card.getByRole('switch').uncheck();
  await loras.close();

  // The slider of one that is off moves its tag, in whatever case that is.
  await studio.prompt.fill(`a red apple <lora:${name.toUpperCase()}:0.8>`);
  await loras.open();
  await loras.weight(name).fill('0.75');
  await loras.weight(name).press('Enter');
  await expect(studio.prompt).toHaveValue(`a red apple <lora:${name.toUpperCase()}:0.75>`);
  await loras.close();

  const picture = testInfo.outputPath('half.png');
  writeFileSync(picture, half.png);
  await studio.prompt.fill('something else');
  await loras.drop(picture);
  const notices = page.locator('emulsion-notice-list');
  await expect(notices).toContainText('The settings of “half.png” are taken over.');
  await expect(studio.prompt).toHaveValue('a red apple');
  await expect(studio.seed).toHaveValue('7');
  await expect(loras.panel).toContainText(`${name} × 0.5`);
  const again = await paint(studio, 'a red apple');
  expect(again.png.equals(half.png)).toBe(true);
});

test('refuses what breaks a rule, says why, and repairs it as the user chooses', async ({ studio }) => {
  const loras = await openTiny(studio);
  await loras.drop(TOO_STRONG);
  const name = 'lora_bad_alpha32';
  const card = loras.card(name);
  await expect(card).toContainText('Refused, for 2 reasons');
  await expect(card).toContainText('its scale (alpha/rank) is 4, at most 1 is allowed');
  await expect(card.getByRole('switch')).toBeDisabled();
  await expect(card.getByRole('button', { name: 'Test' })).toBeHidden();
  await loras.close();
  await studio.prompt.fill(`a red apple <lora:${name}:1>`);
  await studio.generate.click();
  await expect(studio.alert).toContainText(`The LoRA “${name}.safetensors” is refused`);
  await studio.alert.getByRole('button', { name: 'LoRAs…' }).click();
  await card.getByRole('switch').uncheck();
  await expect(studio.prompt).toHaveValue('a red apple');
  await expect(card.getByRole('radio', { name: 'Fold it in' })).toBeChecked();
  await studio.page.setViewportSize({ width: 320, height: 640 });
  const [inner, outer] = await loras.dialog
    .locator('.body')
    .evaluate(({ scrollWidth, clientWidth }) => [scrollWidth, clientWidth]);
  expect(inner).toBe(outer);
  for (const control of await loras.dialog.locator('button:visible, summary:visible, input:visible').all()) {
    const kind = await control.getAttribute('type');
    if (kind !== 'checkbox' && kind !== 'radio')
      expect((await control.boundingBox())?.height).toBeGreaterThanOrEqual(24);
  }
  await expect(card.getByRole('radio', { name: 'Clamp it' })).toHaveAccessibleDescription(
    /25 % of what it was/,
  );
  await card.getByRole('radio', { name: 'Clamp it' }).check();
  await card.getByRole('button', { name: 'Repair' }).click();
  await expect(card).toContainText('It keeps all rules');
  await expect(card).toContainText(/\d+ modules? with a scale that was clamped to 1/);
  await expect(card).toContainText('scale 4 was clamped to 1; its effect is 25 % of what it was');
  await expect(loras.dialog.getByRole('status').first()).toHaveText(`“${name}” is repaired.`);
  const [download] = await Promise.all([
    studio.page.waitForEvent('download'),
    card.getByRole('button', { name: 'Download repaired file' }).click(),
  ]);
  expect(download.suggestedFilename()).toBe(`${name}.safetensors`);
  const repaired = readFileSync(await download.path());
  expect(repaired.toString('latin1')).toContain('emulsion_repairs');
  expect(parseF32Safetensors(repaired, name).size).toBeGreaterThan(0);

  await loras.drop(ELSEWHERE);
  const other = loras.card('lora_bad_conv_in');
  await expect(other).toContainText('conv_in is a convolution (LoCon), which no LoRA may change');
  await other.getByRole('button', { name: 'Repair' }).click();
  await expect(other).toContainText('1 module left out');
  await expect(other).toContainText('conv_in: left out');

  // The same file again is no second one.
  await loras.drop(ELSEWHERE);
  await expect(loras.dialog.getByRole('status').first()).toHaveText(
    '“lora_bad_conv_in” is on the shelf already.',
  );
  await expect(loras.dialog.getByRole('article')).toHaveCount(2);
  await expect(loras.dialog.getByRole('article').first()).toHaveAccessibleName('lora_bad_conv_in');
  await other.getByRole('button', { name: 'Later' }).press('Enter');
  await expect(loras.dialog.getByRole('article').first()).toHaveAccessibleName(name);
  await expect(other.getByRole('button', { name: 'Later' })).toBeFocused();
  await other.getByRole('button', { name: 'Remove' }).click();
  await other.getByRole('group', { name: 'Remove' }).getByRole('button', { name: 'Remove' }).click();
  await expect(loras.dialog.getByRole('article')).toHaveCount(1);
});

test('looks anew at a file whose config comes later', async ({ studio }, testInfo) => {
  const bare = testInfo.outputPath('bare.safetensors');
  writeFileSync(bare, withoutMetadata(readFileSync(PEFT)));
  const config = testInfo.outputPath('adapter_config.json');
  writeFileSync(config, '{"r": 8, "lora_alpha": 4}');
  const loras = await openTiny(studio);
  await loras.drop(bare);
  await expect(loras.card('bare')).toContainText('scale up to 1 ');
  await loras.drop(bare, config);
  await expect(loras.dialog.getByRole('status').first()).toContainText('“bare” was on the shelf with other');
  await expect(loras.card('bare')).toContainText('scale up to 0.5 ');
  await expect(loras.dialog.getByRole('article')).toHaveCount(1);
  await loras.drop(bare, config);
  await expect(loras.dialog.getByRole('status').first()).toHaveText('“bare” is on the shelf already.');
});

test('is empty at first, keeps what it is given, and looks again beside another model', async ({
  page,
  studio,
}, testInfo) => {
  const broken = testInfo.outputPath('broken.safetensors');
  writeFileSync(broken, 'no tensors here');
  await studio.open('?backend=wasm');
  const loras = new Loras(page);
  await expect(loras.panel).toContainText('None is on.');
  await loras.open();
  await expect(loras.dialog).toContainText('No LoRA is here yet.');
  await loras.dialog.getByRole('button', { name: 'Add: Weak' }).click();
  const offered = loras.card('weak');
  await expect(offered).toContainText('made for tiny');
  await offered.getByRole('button', { name: 'Insert into prompt: w0rd' }).click();
  await expect(studio.prompt).toHaveValue('w0rd');
  await loras.drop(broken);
  await expect(loras.card('broken')).toContainText('This is no LoRA that can be read');
  await expect(loras.card('broken')).toContainText('This cannot be repaired');
  await loras.drop(GOOD);
  await expect(loras.card('lora_kohya_r8_a4')).toContainText(/\d+ modules are not in the model/);
  await page.reload();
  await studio.expectReady();
  await loras.open();
  await expect(loras.dialog.getByRole('article')).toHaveCount(3);
  await expect(loras.card('broken')).toContainText('Refused');
});

test('says what a prompt or a picture names and the shelf does not have', async ({
  page,
  studio,
}, testInfo) => {
  await openTiny(studio);
  const loras = new Loras(page);
  const notices = page.locator('emulsion-notice-list');
  await paint(studio, 'a red apple <lora:nobody:0.8>');
  await expect(notices).toContainText('The prompt names LoRAs that are not on the shelf: nobody.');

  const data = new Uint8ClampedArray(4 * 4).fill(200);
  const text =
    'a pear <lora:someone:0.4>\nSteps: 3, Sampler: Euler a, CFG scale: 1, Seed: 11, Size: 128x64, Model: other';
  const picture = testInfo.outputPath('a1111.png');
  writeFileSync(picture, encodePng({ width: 2, height: 2, data }, { parameters: text }));
  await loras.drop(picture);
  await expect(notices).toContainText('LoRAs that are not on the shelf: someone.');
  await expect(notices).toContainText('painted with another model: other');
  await expect(studio.prompt).toHaveValue('a pear <lora:someone:0.4>');
  await expect(studio.seed).toHaveValue('11');
  await expect(page.getByLabel('Steps')).toHaveValue('3');
  await expect(page.getByLabel('Width')).toHaveValue('128');

  const bare = testInfo.outputPath('bare.png');
  writeFileSync(bare, encodePng({ width: 2, height: 2, data }, {}));
  await page.getByLabel('Settings from a PNG…').setInputFiles(bare);
  await expect(notices).toContainText('“bare.png” holds no settings');
});

test('lasts for the visit where the browser keeps nothing, and says so', async ({ page, studio }) => {
  await page.addInitScript(() => {
    const open = Reflect.get(IDBFactory.prototype, 'open') as (...words: unknown[]) => unknown;
    Reflect.set(IDBFactory.prototype, 'open', function (this: IDBFactory, name: string, ...rest: unknown[]) {
      if (name === 'emulsion-loras') throw new DOMException('The database is blocked.', 'UnknownError');
      return open.call(this, name, ...rest);
    });
  });
  await studio.open('?backend=wasm');
  const loras = new Loras(page);
  await loras.drop(GOOD);
  await expect(loras.card('lora_kohya_r8_a4')).toContainText('Refused');
  await expect(loras.dialog.getByRole('alert')).toContainText('LoRAs stay for this visit only');
});

test(
  'paints with a LoRA on a stored model what it paints on the same from another host, which is not measured',
  { tag: '@slow' },
  async ({ page, studio }) => {
    const shared = { 'Access-Control-Allow-Origin': '*', 'Access-Control-Expose-Headers': 'Content-Range' };
    const host = createSite({
      folders: { '/tiny/': path.resolve(FIXTURES, 'model') },
      headers: { ...SITE_HEADERS, ...shared },
    });
    const address = `http://127.0.0.1:${await listen(host, 0)}/tiny/`;
    const look = async (): Promise<void> => {
      await studio.openModels();
      await studio.models.getByLabel('Address of a model folder').fill(address);
      await page.keyboard.press('Enter');
    };
    await studio.open('?backend=wasm');
    await look();
    await studio.models.getByRole('button', { name: 'Use once' }).click();
    await expect(studio.models).toBeHidden();
    const loras = new Loras(page);
    await loras.drop(GOOD);
    const card = loras.card('lora_kohya_r8_a4');
    await expect(card).toContainText('is not measured: they lie on another host');
    await loras.close();
    const prompt = 'a red apple <lora:lora_kohya_r8_a4:0.75>';
    const once = await paint(studio, prompt);

    await look();
    await studio.models.getByRole('button', { name: 'Download and keep' }).click();
    await studio.models.getByRole('button', { name: /^Paint with it: .*tiny/ }).click();
    await expect(studio.models).toBeHidden();
    host.close();
    host.closeAllConnections();
    await loras.open();
    await expect(card).toContainText('moves the weights by');
    await loras.close();
    const stored = await paint(studio, prompt);
    expect(pixelChunk(stored.png).equals(pixelChunk(once.png))).toBe(true);
  },
);

test(
  'a trial whose GPU is lost says so, leaves all as it was, and can be begun anew',
  { tag: '@slow' },
  async ({ page, studio }) => {
    await page.route(/\/worker-[\w-]+\.js$/, async (route) => {
      const response = await route.fetch();
      const keep = `
      const open = GPUAdapter.prototype.requestDevice;
      GPUAdapter.prototype.requestDevice = async function (...words) {
        return (globalThis.lastDevice = await open.apply(this, words));
      };
    `;
      await route.fulfill({ response, body: `${keep}${await response.text()}` });
    });
    await studio.openTiny('?backend=webgpu');
    const loras = new Loras(page);
    await loras.drop(GOOD);
    const card = loras.card('lora_kohya_r8_a4');
    await card.getByRole('button', { name: 'Test' }).click();
    const lose = (worker: Worker) =>
      worker.evaluate(() => {
        const { lastDevice } = globalThis as { lastDevice?: GPUDevice };
        lastDevice?.destroy();
        return lastDevice !== undefined;
      });
    await expect(async () => {
      expect(await Promise.all(page.workers().map(lose))).toContain(true);
    }).toPass();
    await expect(card.getByRole('alert')).toContainText('GPU', { timeout: 60_000 });
    await expect(card).toContainText('It keeps all rules and may be used. Test it to see its effect.');
    await expect(card).not.toContainText('Tested:');
    await card.getByRole('button', { name: 'Test' }).click();
    await expect(card.getByRole('alert')).toBeHidden();
    // An evaluation on another device is done.
    await expect(card.getByText(/^Testing: (2[5-9]|[3-9]\d) %/)).toBeVisible({ timeout: 120_000 });
    await card.getByRole('button', { name: 'Cancel' }).click();
    await expect(card.getByRole('button', { name: 'Test' })).toBeVisible({ timeout: 60_000 });
    await expect(card.getByRole('alert')).toBeHidden();
  },
);
