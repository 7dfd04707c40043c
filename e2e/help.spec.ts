/** @file What explains the page: the list of its keys, each of which does what is said of it, and the tour of a first visit. */
import { expect, type Locator, type Page } from '@playwright/test';
import { en } from '../src/locale/en/index.ts';
import type { UiText } from '../src/locale/index.ts';
import { KEY_GROUPS } from '../src/ui/parts/key-groups.ts';
import { keyNames } from '../src/ui/parts/key-names.ts';
import type { Chord } from '../src/ui/parts/keys.ts';
import { siteAddress } from './site.ts';
import { Studio, test } from './studio.ts';

const GROUPS = Object.values(KEY_GROUPS);

type Listed = (typeof GROUPS)[number]['rows'][number]['text'];
type Press = (chord: Chord) => Promise<void>;

/** As Playwright writes keys. */
function playwrightKey({ key, command, shift, alt }: Chord): string {
  return [...(command ? ['Control'] : []), ...(alt ? ['Alt'] : []), ...(shift ? ['Shift'] : []), key].join(
    '+',
  );
}

function helpOf(page: Page): Locator {
  return page.getByRole('dialog', { name: 'Keys and help' });
}

test('lists every key, for the button and for the question mark, but not while one writes or a dialog is open', async ({
  page,
  studio,
}) => {
  await studio.open('?backend=wasm');
  const help = helpOf(page);
  const button = page.getByRole('button', { name: 'Keys and help' });
  await button.click();
  for (const { title, rows } of GROUPS) {
    const table = help.getByRole('table', { name: en.ui[title] });
    const expected = rows.map(({ keys, text }) => [
      keys.map((chord) => keyNames(chord, false).join(' ')).join(' '),
      en.ui[text],
    ]);
    const shown = await table
      .locator('tbody tr')
      .evaluateAll((lines) =>
        lines.map(({ children }) =>
          [...children].map((cell) => cell.textContent.replace(/\s+/g, ' ').trim()),
        ),
      );
    expect(shown).toEqual(expected);
  }
  await page.keyboard.press('Escape');
  await expect(help).toBeHidden();
  await expect(button).toBeFocused();
  await page.keyboard.press('?');
  await expect(help).toBeVisible();
  await page.keyboard.press('Escape');

  await studio.prompt.pressSequentially('why?');
  await expect(studio.prompt).toHaveValue('why?');
  await studio.openModels();
  await page.keyboard.press('?');
  await page.keyboard.press('Escape');
  await expect(studio.models).toBeHidden();
  await page.getByRole('button', { name: 'History' }).click();
  await page.keyboard.press('?');
  await page.keyboard.press('Escape');
  await expect(help).toBeHidden();
});

test('every key of the list does what is said of it', async ({ page, studio }) => {
  const gallery = page.getByRole('dialog', { name: 'Gallery' });
  const open = (prompt: string) => gallery.getByRole('button', { name: `Open: ${prompt}` });
  const queue = page.getByRole('region', { name: 'Queue' }).getByRole('listitem');
  const word = (text: string) => gallery.getByRole('status').filter({ hasText: text });
  const order = async (prompt: string, seed: number, press: Press) => {
    await studio.prompt.fill(prompt);
    await studio.seed.fill(String(seed));
    await press(KEY_GROUPS.page.rows[0].keys[0]);
  };
  const inTurn =
    (...checks: readonly (() => Promise<void>)[]) =>
    async (press: Press, keys: readonly Chord[]) => {
      expect(keys).toHaveLength(checks.length);
      for (const [i, check] of checks.entries()) {
        await press(keys[i] as Chord);
        await check();
      }
    };

  /** What is done before the keys of a row are pressed, and what comes of it. */
  const ACTS: Readonly<Record<Listed, (press: Press, keys: readonly Chord[]) => Promise<void>>> = {
    keyGenerate: async (press) => {
      for (const [i, prompt] of ['a fox', 'a rocket'].entries()) {
        await order(prompt, i + 1, press);
        await expect(page.getByText(`seed ${i + 1} ·`)).toBeVisible();
      }
    },
    keyGenerateNext: async (press, [key]) => {
      // None of these is ever finished.
      for (const side of ['Width', 'Height']) await page.getByLabel(side).fill('512');
      await page.getByLabel('Steps').fill('8');
      for (const [i, prompt] of ['long', 'waits'].entries()) await order(prompt, i + 3, press);
      await studio.prompt.fill('goes first');
      await press(key as Chord);
      await expect(queue.nth(1)).toContainText('goes first');
      await expect(queue.nth(2)).toContainText('waits');
    },
    keyCancel: inTurn(() => expect(queue.first()).toContainText('goes first')),
    keyStopAll: inTurn(async () => {
      await expect(queue).toHaveCount(0);
      await expect(studio.progress).toBeHidden();
    }),
    keyPaste: async (press, [key]) => {
      await studio.seed.fill('99');
      await page.evaluate(async () => {
        const picture = document
          .querySelector('emulsion-app')
          ?.shadowRoot?.querySelector('emulsion-picture-view')
          ?.shadowRoot?.querySelector<HTMLImageElement>('figure img')?.src;
        const file = await (await fetch(picture ?? '')).blob();
        await navigator.clipboard.write([new ClipboardItem({ 'web image/png': file, 'image/png': file })]);
      });
      await page.locator('h1').click();
      await press(key as Chord);
      // A browser strips pictures on its clipboard of their texts, and says so rather than taking over nothing.
      await expect(page.locator('emulsion-notice-list')).toContainText(/image\.png/);
    },
    keyHelp: inTurn(async () => {
      await expect(helpOf(page)).toBeVisible();
      await page.keyboard.press('Escape');
    }),
    keyWeigh: async (press, keys) => {
      await studio.prompt.fill('a red apple');
      await inTurn(
        () => expect(studio.prompt).toHaveValue('a red (apple:1.1)'),
        () => expect(studio.prompt).toHaveValue('a red apple'),
      )(press, keys);
    },
    keyHistory: inTurn(
      () => expect(studio.prompt).toHaveValue('goes first'),
      () => expect(studio.prompt).toHaveValue('a red apple'),
    ),
    keySteps: async (press, keys) => {
      const strip = page.getByRole('toolbar', { name: 'How the picture came about' });
      const buttons = strip.getByRole('button');
      await buttons.last().click();
      const steps = await buttons.count();
      const isShown = (index: number) => () =>
        expect(buttons.nth(index)).toHaveAttribute('aria-pressed', 'true');
      await inTurn(isShown(steps - 2), isShown(steps - 1), isShown(0), isShown(steps - 1))(press, keys);
      await page.locator('emulsion-picture-receipt summary').click();
      const stages = page.getByRole('slider', { name: 'Stage' });
      await stages.focus();
      const last = Number(await stages.getAttribute('max'));
      const place = Number(await stages.inputValue());
      const isAt = (value: number) => () => expect(stages).toHaveValue(String(value));
      await inTurn(isAt(place - 1), isAt(place), isAt(0), isAt(last))(press, keys);
    },
    keyMove: async (press, keys) => {
      await page.getByRole('button', { name: 'Open gallery…' }).click();
      const focused = (prompt: string) => () => expect(open(prompt)).toBeFocused();
      await expect(open('a rocket')).toBeFocused();
      await press(keys[1] as Chord);
      await inTurn(
        focused('a rocket'),
        focused('a fox'),
        // A whole row is the first or the last here.
        focused('a rocket'),
        focused('a fox'),
        focused('a rocket'),
        focused('a fox'),
      )(press, keys);
    },
    keyStar: inTurn(() => expect(open('a fox')).toHaveAccessibleName(/starred/)),
    keyUsePrompt: inTurn(() => expect(word('The prompt is taken over.')).toBeVisible()),
    keyUseSeed: inTurn(() => expect(word('The seed is taken over.')).toBeVisible()),
    keyUseSize: inTurn(() => expect(word('The size is taken over.')).toBeVisible()),
    keyDelete: async (press, keys) => {
      for (const [i, key] of keys.entries()) {
        await press(key);
        await expect(gallery.getByRole('listitem')).toHaveCount(1 - i);
      }
    },
    keyUndo: inTurn(() => expect(gallery.getByRole('listitem')).toHaveCount(1)),
    keyBack: async (press, [key]) => {
      await gallery.getByRole('listitem').getByRole('button').click();
      await expect(gallery.getByText('1 of 1')).toBeVisible();
      await press(key as Chord);
      await expect(gallery.getByRole('listitem')).toHaveCount(1);
      await expect(gallery).toBeVisible();
      await press(key as Chord);
      await expect(gallery).toBeHidden();
    },
    keyUseAll: async (press, [key]) => {
      await page.getByRole('button', { name: 'Open gallery…' }).click();
      await expect(gallery.getByRole('listitem').getByRole('button')).toBeFocused();
      await press(key as Chord);
      await expect(gallery).toBeHidden();
      await expect(studio.seed).toHaveValue(/^[12]$/);
    },
  };

  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await studio.openTiny('?backend=wasm');
  await page.getByLabel('Width').fill('64');
  await page.getByLabel('Height').fill('64');
  const rows = GROUPS.flatMap((group): readonly { text: Listed; keys: readonly Chord[] }[] => group.rows);
  const keysOf = new Map(rows.map(({ text, keys }) => [text, keys]));
  for (const [text, act] of Object.entries(ACTS) as [Listed & UiText, (typeof ACTS)[Listed]][])
    await test.step(en.ui[text], () =>
      act((chord) => page.keyboard.press(playwrightKey(chord)), keysOf.get(text) ?? []),
    );
});

test.describe('on a first visit', () => {
  test.use({ isFirstVisit: true });

  /** Whether the card lies over what it must not. */
  async function covers(tour: Locator, place: Locator): Promise<boolean> {
    const [card, other] = await Promise.all([tour.boundingBox(), place.boundingBox()]);
    if (!card || !other) return false;
    return (
      card.x < other.x + other.width &&
      other.x < card.x + card.width &&
      card.y < other.y + other.height &&
      other.y < card.y + card.height
    );
  }

  // `accessibility.spec.ts` has it on a phone.
  for (const [width, height, tag] of [
    [1280, 900, []],
    [390, 844, ['@slow']],
    [320, 640, []],
  ] as const) {
    const title = `a tour beside the page, which stays as it is, in a window of ${width} pixels`;
    test(title, { tag: [...tag] }, async ({ page, studio }) => {
      await page.setViewportSize({ width, height });
      await studio.open('?backend=wasm');
      const tour = page.getByRole('region', { name: 'A short tour' });
      const generate = page.getByRole('button', { name: /^Generate/ });
      await expect(tour).toBeVisible();
      expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('BODY');
      expect(await page.evaluate(() => scrollY)).toBe(0);
      for (const text of [en.ui.tourWrite, en.ui.tourGenerate, en.ui.tourDevice, en.ui.tourGallery]) {
        await expect(tour.getByRole('status')).toHaveText(text);
        for (const place of [studio.prompt, generate]) expect(await covers(tour, place), text).toBe(false);
        const box = await tour.boundingBox();
        expect(box?.x).toBeGreaterThanOrEqual(0);
        expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(width);
        if (text !== en.ui.tourGallery) await tour.getByRole('button', { name: 'Next' }).click();
      }
      await expect(tour.getByRole('button', { name: 'Got it' })).toBeInViewport();
      await tour.getByRole('button', { name: 'Got it' }).click();
      await expect(tour).toBeHidden();

      // It would be offered once the model is open.
      await page.reload();
      await studio.expectReady();
      await page.getByRole('button', { name: 'Keys and help' }).click();
      await expect(tour).toBeHidden();
      await helpOf(page).getByRole('button', { name: 'Show the tour' }).click();
      await expect(tour).toContainText(en.ui.tourWrite);
      await expect(tour).toBeInViewport();
    });
  }

  test('a tour by the keyboard, which Escape ends for good, as an order does', async ({
    page,
    studio,
    context,
  }) => {
    await studio.open('?backend=wasm');
    const tour = page.getByRole('region', { name: 'A short tour' });
    await expect(tour).toBeVisible();
    const next = tour.getByRole('button', { name: 'Next' });
    await expect(async () => {
      await page.keyboard.press('Tab');
      await expect(next).toBeFocused({ timeout: 100 });
    }).toPass();
    await page.keyboard.press('Enter');
    await expect(tour).toContainText(en.ui.tourGenerate);
    await expect(next).toBeFocused();
    await page.keyboard.press('Escape');
    await expect(tour).toBeHidden();
    await expect(studio.prompt).toBeFocused();
    expect(await page.evaluate(() => localStorage.getItem('emulsion:tour'))).toBe('known');

    await page.evaluate(() => localStorage.removeItem('emulsion:tour'));
    await page.reload();
    await expect(tour).toBeVisible();
    await studio.prompt.fill('a fox');
    await page.keyboard.press('Control+Enter');
    await expect(tour).toBeHidden();
    await studio.cancel.click();
    expect(await page.evaluate(() => localStorage.getItem('emulsion:tour'))).toBe('known');

    await page.evaluate(() => localStorage.removeItem('emulsion:tour'));
    const invited = new Studio(await context.newPage());
    await invited.page.goto(`${siteAddress('?backend=wasm')}#prompt=a+cat`);
    await expect(invited.prompt).toHaveValue('a cat');
    await invited.page.waitForLoadState('networkidle');
    await expect(invited.page.getByRole('region', { name: 'A short tour' })).toBeHidden();
  });
});
