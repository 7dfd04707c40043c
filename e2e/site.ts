/**
 * @file Serves the built site to all tests, below a path as a static host might: whole under `WHOLE`, without
 * its models under `HOLLOW`. Playwright calls the default export before the first test.
 */
import { DIST, ensureBuilt } from '../scripts/build.ts';
import { createSite, listen } from '../scripts/site.ts';

const WHOLE = '/some/where/';
const HOLLOW = '/hollow/';
const ORIGIN_VARIABLE = 'EMULSION_E2E_ORIGIN';

/** Builds the site if need be and serves it until the result is called. */
export default async function serveSite(): Promise<() => void> {
  await ensureBuilt((line) => console.error(line));
  const nowhere = `${DIST}/no-such-folder`;
  const site = createSite({ folders: { [WHOLE]: DIST, [HOLLOW]: DIST, [`${HOLLOW}models/`]: nowhere } });
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
