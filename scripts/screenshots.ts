/**
 * @file `npm run screenshots`: the pictures of the page in `docs/screenshots/`, taken of the built site as it paints with the
 * embedded model: in both themes and languages, on a desktop and on a phone.
 */
import path from 'node:path';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright';
import { browserLaunchOptions } from './browser.ts';
import { DIST, ensureBuilt, PROJECT } from './build.ts';
import { ensureBrowser } from './ensure-browser.ts';
import { describeFailure } from './failure.ts';
import { createSite, listen } from './site.ts';

const FOLDER = path.join(PROJECT, 'docs/screenshots');
const DESKTOP = { viewport: { width: 1280, height: 900 } };
const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };

interface Look {
  readonly name: string;
  readonly screen: Pick<BrowserContextOptions, 'viewport' | 'isMobile' | 'hasTouch'>;
  readonly colorScheme: 'dark' | 'light';
  readonly locale: string;
  readonly prompts: readonly string[];
  /** The button that opens what is shown; absent: the page itself. */
  readonly opens?: string;
}

const ENGLISH = { locale: 'en-US', screen: DESKTOP };
const CHINESE = { locale: 'zh-CN', screen: PHONE };
const PROMPTS = [
  'a red apple',
  'a flat fox on a blue background',
  'a unicorn',
  'a robot on a yellow background',
];

const LOOKS: readonly Look[] = [
  { ...ENGLISH, name: 'first-page', colorScheme: 'dark', prompts: ['a penguin on a blue background'] },
  { ...ENGLISH, name: 'gallery', colorScheme: 'light', prompts: PROMPTS, opens: 'Open gallery…' },
  { ...ENGLISH, name: 'loras', colorScheme: 'dark', prompts: [], opens: 'LoRAs…' },
  { ...ENGLISH, name: 'models', colorScheme: 'light', prompts: [], opens: 'Models…' },
  { ...CHINESE, name: 'phone', colorScheme: 'light', prompts: ['黄色背景上的机器人'] },
  {
    ...CHINESE,
    name: 'phone-gallery',
    colorScheme: 'dark',
    prompts: ['红色苹果', '独角兽'],
    opens: '打开图库…',
  },
];

try {
  await ensureBrowser((line) => console.error(line));
  await ensureBuilt((line) => console.error(line));
  const site = createSite({ folders: { '/': DIST } });
  const address = `http://127.0.0.1:${await listen(site, 0)}/`;
  const browser = await chromium.launch(browserLaunchOptions());
  for (const look of LOOKS) await take(browser, address, look);
  await browser.close();
  site.close();
  site.closeAllConnections();
} catch (error) {
  console.error(describeFailure(error));
  process.exitCode = 1;
}

/** Takes one of them, in a browser that has painted nothing before. */
async function take(browser: Browser, address: string, look: Look): Promise<void> {
  const { name, screen, colorScheme, locale, prompts, opens } = look;
  const context = await browser.newContext({ ...screen, colorScheme, locale, reducedMotion: 'reduce' });
  const page = await context.newPage();
  // The tour would lie over what is to be seen.
  await page.addInitScript(() => localStorage.setItem('emulsion:tour', 'known'));
  await page.goto(`${address}?backend=wasm`);
  await page.locator('button[aria-disabled=false]').first().waitFor();
  for (const [index, prompt] of prompts.entries()) await paint(page, prompt, index + 1);
  if (opens === undefined) await page.locator('h1').click();
  else await show(page, opens);
  await page.screenshot({ path: path.join(FOLDER, `${name}.png`), animations: 'disabled' });
  console.error(`${name}.png`);
  await context.close();
}

/** Opens a dialog and waits for its pictures. */
async function show(page: Page, opens: string): Promise<void> {
  await page.getByRole('button', { name: opens }).click();
  const dialog = page.getByRole('dialog');
  await dialog.waitFor();
  await page.waitForLoadState('networkidle');
  for (const image of await dialog.locator('img').all())
    await image.evaluate((element: HTMLImageElement) => element.decode());
}

async function paint(page: Page, prompt: string, seed: number): Promise<void> {
  await page.locator('#prompt').fill(prompt);
  await page.locator('#seed').fill(String(seed));
  await page.keyboard.press('Control+Enter');
  await page.locator(`figcaption:has-text("${seed} ·") a[download]`).waitFor({ timeout: 300_000 });
}
