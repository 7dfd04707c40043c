/**
 * @file `npm run bench:first-picture`: how long a visitor waits for the first picture. Every round is a first visit in a
 * browser that has never seen the site; the page is used as people use it, and the times are those of the page's clock.
 */
import type { Locator, Page } from 'playwright';
import { ratioOf, spreadOf, type Spread } from './statistics.ts';
import { ensureBuilt } from './build.ts';
import { runWithFlags } from './headless/command.ts';
import { freshVisit } from './headless/fresh-visit.ts';
import { ORIGIN } from './headless/page.ts';
import { readChoice, readInteger } from './headless/words.ts';
import { alignColumns } from './table.ts';

const USAGE = `Usage: npm run bench:first-picture -- [--rounds N] [--backend wasm|webgpu|auto] [--prompt TEXT]

Opens the built site N times (default 3), each time in a new browser profile, and paints with the embedded model: once as
soon as it can be asked for, and once more.
`;

/** Milliseconds after the address was entered, but for the second picture, which counts from its own order. */
interface Visit {
  readonly usable: number;
  readonly picture: number;
  readonly again: number;
}

const TEXT = { type: 'string' } as const;
const FLAGS = { rounds: TEXT, backend: TEXT, prompt: TEXT } as const;

await runWithFlags(USAGE, FLAGS, async (command, values) => {
  const rounds = readInteger('rounds', values.rounds) ?? 3;
  const backend = readChoice('backend', values.backend, ['wasm', 'webgpu', 'auto']) ?? 'wasm';
  const prompt = values.prompt ?? 'a red apple';

  await ensureBuilt(command.note);
  const visits: Visit[] = [];
  for (let round = 0; round < rounds; round++)
    visits.push(
      await command.unlessStopped(
        freshVisit(command, { needsWebgpu: backend === 'webgpu' }, (page) => use(page, backend, prompt)),
      ),
    );

  const column = (of: (visit: Visit) => number): number[] => visits.map(of);
  const seconds = (ms: number): string => (ms / 1000).toFixed(2);
  const row = (name: string, { median, least, most }: Spread, show: (value: number) => string): string[] => [
    ...[name, show(median)],
    `${show(least)}–${show(most)}`,
  ];
  const rows = [
    ['from the address to', 's', 'least–most'],
    row('a prompt can be typed', spreadOf(column(({ usable }) => usable)), seconds),
    row('the first picture', spreadOf(column(({ picture }) => picture)), seconds),
    row('the next picture, from its order', spreadOf(column(({ again }) => again)), seconds),
    row(
      'first : next',
      ratioOf(
        column(({ picture }) => picture),
        column(({ again }) => again),
      ),
      (value) => value.toFixed(2),
    ),
  ];
  process.stdout.write(`${alignColumns(rows).join('\n')}\n`);
});

async function use(page: Page, backend: string, prompt: string): Promise<Visit> {
  const started = performance.now();
  const since = (): number => performance.now() - started;
  await page.goto(`${ORIGIN}/?backend=${backend}`, { waitUntil: 'commit' });
  const field = page.getByLabel('Prompt', { exact: true }).and(page.getByRole('textbox'));
  await field.fill(prompt);
  const usable = since();
  // Asked for before the model is open, a picture is painted as soon as it is.
  await field.press('Control+Enter');
  await finished(page, null);
  const picture = since();
  const first = await pictureOf(page).getAttribute('src');
  await field.press('Control+Enter');
  await finished(page, first);
  return { usable, picture, again: since() - picture };
}

function pictureOf(page: Page): Locator {
  return page.getByRole('img', { name: 'Generated picture' });
}

/** Waits for a picture other than the one before; a failure on the page ends it. */
async function finished(page: Page, before: string | null): Promise<void> {
  const picture = pictureOf(page);
  const alert = page.getByRole('alert').filter({ visible: true });
  const other = before === null ? picture : picture.and(page.locator(`:not([src="${before}"])`));
  await other.or(alert).first().waitFor();
  if (await alert.isVisible()) throw new Error(`the page says: ${await alert.innerText()}`);
}
