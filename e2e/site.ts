/**
 * @file Serves the built site to all tests, below a path as a static host might: whole under `WHOLE`, without its models
 * under `HOLLOW`, and under `TINY` with the tiny one as its own. Playwright calls the default export before the first test.
 */
import path from 'node:path';
import { DIST, ensureBuilt, PROJECT } from '../scripts/build.ts';
import { createSite, listen } from '../scripts/site.ts';

const WHOLE = '/some/where/';
const HOLLOW = '/hollow/';
const TINY = '/tiny/';
const TINY_FILES = path.join(PROJECT, 'e2e/fixtures/tiny-sdxl');
const ORIGIN_VARIABLE = 'EMULSION_E2E_ORIGIN';

/** Builds the site if need be and serves it until the result is called. */
export default async function serveSite(): Promise<() => void> {
  await ensureBuilt((line) => console.error(line));
  const site = createSite({
    folders: {
      ...{ [WHOLE]: DIST, [HOLLOW]: DIST, [TINY]: DIST },
      [`${HOLLOW}models/`]: `${DIST}/no-such-folder`,
      [`${TINY}models/catalog.json`]: path.join(TINY_FILES, 'catalog.json'),
      [`${TINY}models/tiny/`]: path.join(TINY_FILES, 'model'),
    },
  });
  // The workers inherit the variable.
  process.env[ORIGIN_VARIABLE] = `http://127.0.0.1:${await listen(site, 0)}`;
  return () => {
    site.close();
    site.closeAllConnections();
  };
}

/** The address of the site, with a query. */
export function siteAddress(query = ''): string {
  return `${process.env[ORIGIN_VARIABLE] ?? ''}${WHOLE}${query}`;
}

/** The address of the site without models. */
export function hollowSiteAddress(): string {
  return `${process.env[ORIGIN_VARIABLE] ?? ''}${HOLLOW}`;
}

/** The address of the site whose own model is the tiny one, with a query. */
export function tinySiteAddress(query = ''): string {
  return `${process.env[ORIGIN_VARIABLE] ?? ''}${TINY}${query}`;
}
