/** @file What axe finds on a page: the rules of WCAG 2.2 AA, and what is good practice besides. */
import { createRequire } from 'node:module';
import type { AxeResults, RunOptions } from 'axe-core';
import type { Locator, Page } from '@playwright/test';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

declare global {
  // Set by the script that is injected.
  var axe: { run(context: Document, options: RunOptions): Promise<AxeResults> } | undefined;
}

/**
 * What is wrong with the page as it is shown, a line for each place.
 * @param rules some of axe's alone
 */
export async function violations(page: Page, rules?: readonly string[]): Promise<string[]> {
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.addScriptTag({ path: AXE });
  const runOnly: RunOptions['runOnly'] = rules
    ? { type: 'rule', values: [...rules] }
    : { type: 'tag', values: TAGS };
  const results = await page.evaluate((options) => globalThis.axe?.run(document, options), {
    runOnly,
    resultTypes: ['violations'],
  } satisfies RunOptions);
  if (!results) throw new Error('axe is not there');
  return results.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${JSON.stringify(target)} ${failureSummary ?? ''}`),
  );
}

/** Unfolds everything in a place that can be. */
export async function unfoldAll(place: Page | Locator): Promise<void> {
  const folded = place.locator('details:not([open]) > summary').filter({ visible: true });
  while ((await folded.count()) > 0) await folded.first().click();
}
