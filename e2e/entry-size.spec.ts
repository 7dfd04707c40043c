/** @file How much a visitor downloads before the page can be used, and that it can be installed like an app. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { expect, test } from '@playwright/test';
import { DIST } from '../scripts/build.ts';
import { siteAddress } from './site.ts';

const MAX_ENTRY_BYTES = 120 * 1024;
const STATIC_IMPORT = /\b(?:import|from)\s*["'](\.[^"']+)["']/g;

/** The files that `file` needs before it runs: itself, and what it imports statically. */
function staticClosure(file: string, known = new Set<string>()): Set<string> {
  if (known.has(file)) return known;
  known.add(file);
  for (const [, specifier = ''] of readFileSync(file, 'utf8').matchAll(STATIC_IMPORT))
    staticClosure(path.join(path.dirname(file), specifier), known);
  return known;
}

test('the page needs at most 120 KB of JavaScript before it can be used', () => {
  const page = readFileSync(path.join(DIST, 'index.html'), 'utf8');
  const entries = [...page.matchAll(/<(?:script|link)[^>]+(?:src|href)="\.\/([^"]+\.js)"/g)].map(
    ([, file = '']) => path.join(DIST, file),
  );
  expect(entries.length).toBeGreaterThan(0);
  const files = new Set(entries.flatMap((entry) => [...staticClosure(entry)]));
  const bytes = [...files].reduce((sum, file) => sum + brotliCompressSync(readFileSync(file)).length, 0);
  expect(bytes).toBeGreaterThan(1024);
  expect(bytes).toBeLessThanOrEqual(MAX_ENTRY_BYTES);
});

test('the page can be installed', async ({ page }) => {
  await page.goto(siteAddress());
  const session = await page.context().newCDPSession(page);
  const { url, errors, data = '{}' } = await session.send('Page.getAppManifest');
  expect(errors).toEqual([]);
  const manifest = JSON.parse(data) as {
    name: string;
    start_url: string;
    icons: { src: string; sizes: string }[];
  };
  expect(manifest.name).toBe('Emulsion');
  expect(new URL(manifest.start_url, url).href).toBe(siteAddress());
  for (const { src, sizes } of manifest.icons) {
    const icon = await page.request.get(new URL(src, url).href);
    expect(icon.ok()).toBe(true);
    if (sizes === 'any') continue;
    // Width and height of a PNG are at bytes 16 and 20.
    const bytes = await icon.body();
    expect(`${bytes.readUInt32BE(16)}x${bytes.readUInt32BE(20)}`).toBe(sizes);
  }
});
