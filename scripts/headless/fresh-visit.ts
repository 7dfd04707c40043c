/** @file The page of the built site in a browser that has never seen it, with a server of its own. */
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Page } from 'playwright';
import { DIST } from '../build.ts';
import { ensureBrowser } from '../ensure-browser.ts';
import { createSite, listen } from '../site.ts';
import type { Command } from './command.ts';
import { openHeadlessPage } from './page.ts';

interface VisitOptions {
  readonly needsWebgpu?: boolean;
  /** Whether the site is compressed on its way, as hosts do it. */
  readonly compress?: boolean;
}

/** Uses a page that has been nowhere yet; everything is gone again afterwards. The site has to be built. */
export async function freshVisit<T>(
  { note }: Pick<Command, 'note'>,
  { needsWebgpu = false, compress = false }: VisitOptions,
  use: (page: Page) => Promise<T>,
): Promise<T> {
  const profile = mkdtempSync(path.join(os.tmpdir(), 'emulsion-visit-'));
  const site = createSite({ folders: { '/': `${DIST}/` }, compress });
  try {
    const browser = await openHeadlessPage({
      executablePath: await ensureBrowser(note),
      port: await listen(site, 0),
      profile,
      needsProfile: true,
      needsWebgpu,
      log: note,
    });
    try {
      return await use(browser.page);
    } finally {
      await browser.close();
    }
  } finally {
    site.close();
    site.closeAllConnections();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}
