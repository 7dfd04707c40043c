/**
 * @file `npm run screenshots`: the pictures of the page in `docs/screenshots/`, taken of the built site as it paints with the
 * embedded model: its main states in both themes, in English on a desktop and in Chinese on a phone.
 */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright';
import { browserLaunchOptions } from './browser.ts';
import { DIST, ensureBuilt, PROJECT } from './build.ts';
import { ensureBrowser } from './ensure-browser.ts';
import { describeFailure } from './failure.ts';
import { createSite, listen } from './site.ts';

const FOLDER = path.join(PROJECT, 'docs/screenshots');
const DESKTOP = { viewport: { width: 1280, height: 900 }, locale: 'en-US' };
const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, locale: 'zh-CN' };
const THEMES = ['dark', 'light'] as const;
/** Of WebP, which takes a quarter of the bytes of PNG; words stay sharp. */
const QUALITY = 0.9;
/** For a processor that has other things to do. */
const PATIENT = { timeout: 300_000 };

/** A page that is looked at, and an empty one in which its pictures are made smaller. */
interface Camera {
  readonly page: Page;
  readonly darkroom: Page;
}

try {
  await ensureBrowser((line) => console.error(line));
  await ensureBuilt((line) => console.error(line));
  const site = createSite({ folders: { '/': DIST } });
  const address = `http://127.0.0.1:${await listen(site, 0)}/?backend=wasm`;
  const browser = await chromium.launch(browserLaunchOptions());
  await takeFirstVisit(await visit(browser, address, DESKTOP, true));
  await takeDesktop(await visit(browser, address, DESKTOP));
  await takePhone(await visit(browser, address, PHONE));
  await browser.close();
  site.close();
  site.closeAllConnections();
} catch (error) {
  console.error(describeFailure(error));
  process.exitCode = 1;
}

/** Opens the site in a browser that has painted nothing before, and waits for its model. */
async function visit(
  browser: Browser,
  address: string,
  screen: BrowserContextOptions,
  hasTour = false,
): Promise<Camera> {
  const context = await browser.newContext({ ...screen, reducedMotion: 'reduce' });
  const [page, darkroom] = [await context.newPage(), await context.newPage()];
  if (!hasTour) await page.addInitScript(() => localStorage.setItem('emulsion:tour', 'known'));
  await page.goto(address);
  // A page in the background is not painted.
  await page.bringToFront();
  await page.locator('button.primary[aria-disabled=false]').waitFor();
  return { page, darkroom };
}

async function takeFirstVisit(camera: Camera): Promise<void> {
  await camera.page.getByRole('region', { name: 'A short tour' }).waitFor();
  await take(camera, 'first-visit');
}

async function takeDesktop(camera: Camera): Promise<void> {
  const { page } = camera;
  await order(page, 'a unicorn', 3);
  await page.getByRole('button', { name: /^Step 2 of 4/, disabled: false }).waitFor(PATIENT);
  await take(camera, 'developing');
  await expectPainted(page, 3);
  await paint(page, [
    ['a red apple', 1],
    ['a flat fox on a blue background', 2],
    ['a robot on a yellow background', 4],
    ['a penguin on a blue background', 1],
  ]);
  await take(camera, 'picture');
  // The list of models is to be seen at rest.
  await page.getByText('Ready to work offline').waitFor(PATIENT);

  for (const [name, opener] of [
    ['gallery', 'Open gallery…'],
    ['models', 'Models…'],
    ['loras', 'LoRAs…'],
    ['device', 'About this device'],
  ] as const) {
    await show(page, opener);
    await take(camera, name);
    await page.keyboard.press('Escape');
  }

  for (const side of ['Width', 'Height']) await page.getByLabel(side).fill('8192');
  await order(page, 'a rocket', 5);
  await page.getByRole('alert').waitFor();
  await take(camera, 'error');
}

async function takePhone(camera: Camera): Promise<void> {
  const { page } = camera;
  await paint(page, [
    ['红色苹果', 1],
    ['独角兽', 2],
    ['黄色背景上的机器人', 1],
  ]);
  await take(camera, 'phone');
  await show(page, '打开图库…');
  await take(camera, 'phone-gallery');
}

/** Takes what is to be seen now, in each theme. */
async function take({ page, darkroom }: Camera, name: string): Promise<void> {
  for (const colorScheme of THEMES) {
    await page.emulateMedia({ colorScheme });
    const png = await page.screenshot({ animations: 'disabled' });
    const file = `${name}-${colorScheme}.webp`;
    await writeFile(path.join(FOLDER, file), await compress(darkroom, png));
    console.error(file);
  }
}

async function compress(darkroom: Page, png: Buffer): Promise<Buffer> {
  const webp = await darkroom.evaluate(
    async ({ source, quality }) => {
      const picture = await createImageBitmap(await (await fetch(source)).blob());
      const canvas = document.createElement('canvas');
      canvas.width = picture.width;
      canvas.height = picture.height;
      canvas.getContext('2d')?.drawImage(picture, 0, 0);
      return canvas.toDataURL('image/webp', quality);
    },
    { source: `data:image/png;base64,${png.toString('base64')}`, quality: QUALITY },
  );
  return Buffer.from(webp.slice(webp.indexOf(',') + 1), 'base64');
}

/** Opens a dialog and waits for what is in it. */
async function show(page: Page, opener: string): Promise<void> {
  await page.getByRole('button', { name: opener }).click();
  const dialog = page.getByRole('dialog');
  await dialog.waitFor();
  await page.waitForLoadState('networkidle');
  await dialog.locator('[aria-busy=true]').waitFor({ state: 'detached' });
  for (const image of await dialog.locator('img').all())
    await image.evaluate((element: HTMLImageElement) => element.decode());
}

/** Paints one after another, no two in a row with the same seed, and leaves the form. */
async function paint(page: Page, pictures: readonly (readonly [string, number])[]): Promise<void> {
  for (const [prompt, seed] of pictures) {
    await order(page, prompt, seed);
    await expectPainted(page, seed);
  }
  await page.locator('h1').click();
}

async function order(page: Page, prompt: string, seed: number): Promise<void> {
  await page.locator('#prompt').fill(prompt);
  await page.locator('#seed').fill(String(seed));
  await page.keyboard.press('Control+Enter');
}

async function expectPainted(page: Page, seed: number): Promise<void> {
  await page.locator(`figcaption:has-text("${seed} ·") a[download]`).waitFor(PATIENT);
}
