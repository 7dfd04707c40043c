/**
 * @file `npm run bench:gallery`: whether a large gallery stays usable. The page's own database is filled with so many pictures,
 * then the page is used as people use it; the times are those of the page's clock.
 */
import type { Page } from 'playwright';
import { ensureBuilt } from './build.ts';
import { runWithFlags } from './headless/command.ts';
import { freshVisit } from './headless/fresh-visit.ts';
import { ORIGIN } from './headless/page.ts';
import { readInteger } from './headless/words.ts';
import { alignColumns } from './table.ts';

const USAGE = `Usage: npm run bench:gallery -- [--pictures N]

Fills a gallery with N pictures (default 2000) and measures how long the page takes to show it, to open it, to search it, and
to scroll to its end.
`;

await runWithFlags(USAGE, { pictures: { type: 'string' } } as const, async (command, values) => {
  const pictures = readInteger('pictures', values.pictures) ?? 2000;
  await ensureBuilt(command.note);
  await freshVisit(command, {}, async (page) => {
    await page.goto(`${ORIGIN}/?backend=wasm`);
    await page.locator('emulsion-gallery-strip').waitFor();
    await page.evaluate(fill, pictures);
    const rows = await command.unlessStopped(use(page, pictures));
    const table = rows.map(([name, ms]) => [name, ms.toFixed(0)]);
    process.stdout.write(`${alignColumns([[`${pictures} pictures`, 'ms'], ...table]).join('\n')}\n`);
  });
});

async function use(page: Page, pictures: number): Promise<[name: string, ms: number][]> {
  const rows: [string, number][] = [];
  const measure = async (name: string, work: () => Promise<unknown>): Promise<void> => {
    const started = performance.now();
    await work();
    rows.push([name, performance.now() - started]);
  };
  const dialog = page.getByRole('dialog', { name: 'Gallery' });
  const items = dialog.getByRole('listitem');
  await measure('from the address to the newest pictures', async () => {
    await page.reload({ waitUntil: 'commit' });
    await page.getByText(`${pictures} pictures`).waitFor();
  });
  await measure('all pictures opened', async () => {
    await page.getByRole('button', { name: 'Open gallery…' }).click();
    await items.first().waitFor();
  });
  const search = dialog.getByRole('searchbox');
  await measure('a search answered', async () => {
    await search.fill(`picture number ${pictures}`);
    await dialog.getByRole('button', { name: `Open: picture number ${pictures}` }).waitFor();
    await items.nth(1).waitFor({ state: 'detached' });
  });
  await search.fill('');
  await items.nth(1).waitFor();
  await measure('scrolled to the end', () =>
    page.evaluate(async () => {
      const app = document.querySelector('emulsion-app')?.shadowRoot;
      const gallery = app?.querySelector('emulsion-gallery-dialog')?.shadowRoot;
      const body = gallery?.querySelector('.body');
      const grid = gallery?.querySelector('emulsion-gallery-grid')?.shadowRoot;
      do {
        body?.scrollTo(0, body.scrollHeight);
        await new Promise((resolve) => requestAnimationFrame(resolve));
      } while (grid?.querySelector('.more'));
    }),
  );
  await measure('the oldest picture opened', async () => {
    await items.last().getByRole('button').click();
    await dialog.getByRole('img', { name: 'Generated picture: picture number 1' }).waitFor();
  });
  return rows;
}

/** In the page: writes pictures as the gallery keeps them. */
async function fill(pictures: number): Promise<void> {
  const database = await new Promise<IDBDatabase>((resolve, reject) => {
    const opening = indexedDB.open('emulsion-gallery');
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error ?? new Error('the database does not open'));
  });
  for (let number = 1; number <= pictures; number++) {
    const blobs: Blob[] = [];
    for (const [side, type] of [
      [512, 'image/png'],
      [256, 'image/webp'],
    ] as const) {
      const canvas = new OffscreenCanvas(side, side);
      const context = canvas.getContext('2d');
      for (let cell = 0; context && cell < side * side; cell += 64) {
        context.fillStyle = `hsl(${(cell * number) % 360} 60% ${30 + ((cell + number) % 40)}%)`;
        context.fillRect((cell / 8) % side, 8 * Math.floor(cell / 8 / side), 8, 8);
      }
      blobs.push(await canvas.convertToBlob({ type }));
    }
    const [picture = new Blob(), thumbnail] = blobs;
    // What comes after the end of a PNG is no part of it, and makes a file of its own of each.
    const file = new Blob([picture, String(number)], { type: 'image/png' });
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', await file.arrayBuffer()));
    const id = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
    const record = {
      ...{
        id,
        createdAt: number,
        isStarred: false,
        width: 512,
        height: 512,
        sizeBytes: file.size,
        thumbnail,
      },
      ...{
        prompt: `picture number ${number}`,
        negative: '',
        values: { Seed: String(number), Model: 'bench' },
      },
    };
    const transaction = database.transaction('entries', 'readwrite');
    transaction.objectStore('entries').put(file, ['file', id]);
    transaction.objectStore('entries').put(record, ['record', id]);
    await new Promise((resolve) => (transaction.oncomplete = resolve));
  }
  database.close();
}
