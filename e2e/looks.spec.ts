/**
 * @file How the page looks, read from the pixels of screenshots: surfaces have the colours of the theme, words can be read
 * on them, and the stage shows the picture. Fonts and their smoothing may be any.
 */
import { expect, type Locator, type Page } from '@playwright/test';
import { decode } from 'fast-png';
import { theme } from '../src/ui/page/theme.ts';
import { test } from './studio.ts';

type Colour = readonly [red: number, green: number, blue: number];
type ColorScheme = 'dark' | 'light';

const SCHEMES: readonly ColorScheme[] = ['dark', 'light'];
/** What rounding may make of a colour. */
const ROUNDING = 3;
/** Least contrast of words, as WCAG AA has it. */
const READABLE = 4.5;
const SCALE = 2;
/** Places across a picture at which it is compared with what is shown of it. */
const GRID = 8;

test.use({ deviceScaleFactor: SCALE });

/** Colours of the theme by name, light and dark. */
const TOKENS = new Map(
  [...theme.cssText.matchAll(/--([\w-]+): light-dark\(#([\da-f]{6}), #([\da-f]{6})\);/g)].map(
    ([, name = '', light = '', dark = '']) => [name, { light: parse(light), dark: parse(dark) }],
  ),
);

function parse(hex: string): Colour {
  const [red = 0, green = 0, blue = 0] = Buffer.from(hex, 'hex');
  return [red, green, blue];
}

function token(name: string, scheme: ColorScheme): Colour {
  const colours = TOKENS.get(name);
  if (!colours) throw new Error(`the theme has no ${name}`);
  return colours[scheme];
}

const distance = (a: Colour, b: Colour): number =>
  Math.max(...a.map((value, i) => Math.abs(value - (b[i] ?? 0))));

/** As WCAG defines it, 1 to 21. */
function contrast(a: Colour, b: Colour): number {
  const luminance = (colour: Colour): number =>
    colour
      .map((value) => value / 255)
      .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
      .reduce((sum, value, i) => sum + value * ([0.2126, 0.7152, 0.0722][i] ?? 0), 0);
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

/** What is to be seen of the page now. */
class Look {
  readonly #png;

  private constructor(png: ReturnType<typeof decode>) {
    this.#png = png;
  }

  static async of(page: Page): Promise<Look> {
    return new Look(decode(await page.screenshot({ animations: 'disabled' })));
  }

  /** At a place in CSS pixels. */
  at(x: number, y: number): Colour {
    const { width, data, channels } = this.#png;
    const start = (Math.round(y * SCALE) * width + Math.round(x * SCALE)) * channels;
    return [data[start] ?? 0, data[start + 1] ?? 0, data[start + 2] ?? 0];
  }

  /** The colour that most of an element has, and the one that differs from it the most. */
  async coloursOf(element: Locator): Promise<{ ground: Colour; ink: Colour }> {
    const box = await element.boundingBox();
    if (!box) throw new Error('it is not shown');
    const counts = new Map<number, number>();
    // All of a few words; of a large surface no more than its colour takes.
    const step = Math.max(1 / SCALE, Math.sqrt(box.width * box.height) / 200);
    for (let y = Math.ceil(box.y); y < Math.floor(box.y + box.height); y += step)
      for (let x = Math.ceil(box.x); x < Math.floor(box.x + box.width); x += step) {
        const [red, green, blue] = this.at(x, y);
        const key = (red << 16) | (green << 8) | blue;
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
    const colours = [...counts]
      .sort(([, a], [, b]) => b - a)
      .map(([key]): Colour => [key >> 16, (key >> 8) & 255, key & 255]);
    const [ground = [0, 0, 0]] = colours;
    const ink = colours.reduce(
      (most, colour) => (contrast(colour, ground) > contrast(most, ground) ? colour : most),
      ground,
    );
    return { ground, ink };
  }

  /** Colours at places across an element, row by row. */
  async gridOf(element: Locator): Promise<Colour[]> {
    const { x, y, width, height } = (await element.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
    return Array.from({ length: GRID * GRID }, (_, i) =>
      this.at(x + ((i % GRID) + 0.5) * (width / GRID), y + (Math.floor(i / GRID) + 0.5) * (height / GRID)),
    );
  }
}

const spread = (colours: readonly Colour[]): number =>
  Math.max(...colours.map((colour) => distance(colour, colours[0] ?? colour)));

async function expectGround(look: Look, element: Locator, name: string, scheme: ColorScheme): Promise<void> {
  const { ground } = await look.coloursOf(element);
  expect(
    distance(ground, token(name, scheme)),
    `${ground.join()} for --${name}, ${scheme}`,
  ).toBeLessThanOrEqual(ROUNDING);
}

async function expectReadable(look: Look, ...elements: readonly Locator[]): Promise<void> {
  for (const element of elements) {
    const { ground, ink } = await look.coloursOf(element);
    expect(
      contrast(ground, ink),
      `${await element.innerText()}: ${ink.join()} on ${ground.join()}`,
    ).toBeGreaterThanOrEqual(READABLE);
  }
}

/** Looks at the same in both themes. */
async function inBothThemes(
  page: Page,
  check: (look: Look, scheme: ColorScheme) => Promise<void>,
): Promise<void> {
  for (const colorScheme of SCHEMES) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await test.step(colorScheme, async () => check(await Look.of(page), colorScheme));
  }
}

test('has the colours of its theme, words that can be read, and the picture on its stage', async ({
  page,
  studio,
}) => {
  expect(TOKENS.size).toBeGreaterThan(10);
  await studio.open('?backend=wasm');
  const frame = page.locator('emulsion-picture-view .frame');
  const heading = page.getByRole('heading', { level: 1 });

  await inBothThemes(page, async (look, scheme) => {
    expect(distance(look.at(2, 2), token('ground', scheme))).toBeLessThanOrEqual(ROUNDING);
    await expectGround(look, frame, 'sunken', scheme);
    await expectGround(look, studio.prompt, 'surface', scheme);
    await expectGround(look, studio.generate, 'accent', scheme);
    await expectReadable(look, heading, page.locator('.tagline'), studio.generate, page.locator('#cost'));
    await expectReadable(look, page.getByText('Nothing developed yet'), page.locator('.device > span'));
  });

  await page.getByLabel('Steps').fill('1');
  await page.getByLabel('Width').fill('128');
  await page.getByLabel('Height').fill('128');
  await studio.prompt.fill('a red apple');
  await page.keyboard.press('Control+Enter');
  await studio.expectPicture();

  // The stage has the colours of the file, wherever one looks.
  const file = await studio.picture.evaluate((image: HTMLImageElement, side) => {
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
    const context = canvas.getContext('2d', { willReadFrequently: true });
    context?.drawImage(image, 0, 0);
    return Array.from({ length: side * side }, (_, i) => {
      const [x, y] = [((i % side) + 0.5) / side, (Math.floor(i / side) + 0.5) / side];
      const { data = [] } = context?.getImageData(x * canvas.width, y * canvas.height, 1, 1) ?? {};
      return [data[0] ?? 0, data[1] ?? 0, data[2] ?? 0] as const;
    });
  }, GRID);
  expect(spread(file)).toBeGreaterThan(60);
  await inBothThemes(page, async (look) => {
    const shown = await look.gridOf(studio.picture);
    // A place at an edge of what is painted may be smoothed.
    const same = shown.filter((colour, i) => distance(colour, file[i] ?? [0, 0, 0]) < 24).length;
    expect(same).toBeGreaterThan(0.85 * file.length);
    await expectReadable(look, page.locator('figcaption span'), studio.download);
  });

  // The next one while it develops.
  await page.getByLabel('Steps').fill('8');
  await page.getByLabel('Width').fill('256');
  await page.getByLabel('Height').fill('256');
  await page.keyboard.press('Control+Enter');
  await expect(studio.preview).toBeVisible({ timeout: 120_000 });
  await inBothThemes(page, async (look, scheme) => {
    expect(spread(await look.gridOf(frame))).toBeGreaterThan(30);
    await expectReadable(look, studio.cancel, studio.progress.locator('.label'));
    await expectGround(look, page.locator('emulsion-progress-strip .fill').first(), 'accent', scheme);
  });
  await page.keyboard.press('Escape');
  await expect(studio.progress).toBeHidden();

  // What went wrong.
  await page.getByLabel('Width').fill('8192');
  await page.getByLabel('Height').fill('8192');
  await page.keyboard.press('Control+Enter');
  await expect(studio.alert).toContainText('request/heap');
  await inBothThemes(page, async (look, scheme) => {
    await expectGround(look, studio.alert, 'accent-soft', scheme);
    await expectReadable(
      look,
      studio.alert.locator('p').first(),
      studio.alert.locator('code'),
      studio.alert.getByRole('button').first(),
    );
  });

  // A dialog, above a page that is darker.
  await page.getByRole('button', { name: 'Open gallery…' }).click();
  const dialog = page.getByRole('dialog');
  const kept = dialog.getByRole('listitem').locator('img');
  await expect(kept).toHaveJSProperty('complete', true);
  await inBothThemes(page, async (look, scheme) => {
    await expectGround(look, dialog, 'surface', scheme);
    const [red, green, blue] = token('ground', scheme);
    const dimmed: Colour = [0.4 * red, 0.4 * green, 0.4 * blue];
    expect(distance(look.at(2, 2), dimmed)).toBeLessThanOrEqual(ROUNDING);
    expect(spread(await look.gridOf(kept))).toBeGreaterThan(60);
    await expectReadable(look, dialog.getByRole('heading'), dialog.locator('.keys'));
  });
});
