/**
 * @file Lighthouse's scores of the built site, compressed as hosts do it. It is fetched when it is asked for: far too large
 * to come along with everything else. The last version that runs with Node 20 is 12.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { AppError } from '../../src/error.ts';
import { browserLaunchOptions } from '../browser.ts';
import { DIST } from '../build.ts';
import { runChild } from '../child.ts';
import type { Command } from '../headless/command.ts';
import { createSite, listen } from '../site.ts';

const PACKAGE = 'lighthouse@12';

/** Lighthouse's own presets: a phone with a slow connection, or a desktop. */
export type Preset = 'mobile' | 'desktop';

export interface Scores {
  readonly preset: Preset;
  /** From 0 to 100, by the name of their category. */
  readonly scores: Readonly<Record<string, number>>;
  /** What there is to mend, with Lighthouse's own words for how much. */
  readonly findings: readonly string[];
}

interface LighthouseReport {
  readonly categories: Readonly<
    Record<
      string,
      { title: string; score: number | null; auditRefs: readonly { id: string; weight: number }[] }
    >
  >;
  readonly audits: Readonly<Record<string, { title: string; score: number | null; displayValue?: string }>>;
  readonly runtimeError?: { readonly message: string };
}

/** Visits the site once with Lighthouse. The site has to be built, and to have been visited, so that it is compressed. */
export async function lighthouse({ note }: Pick<Command, 'note'>, preset: Preset): Promise<Scores> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'emulsion-lighthouse-'));
  const file = path.join(folder, 'report.json');
  const site = createSite({ folders: { '/': `${DIST}/` }, compress: true });
  try {
    const address = `http://localhost:${await listen(site, 0)}/`;
    const { executablePath = '' } = browserLaunchOptions();
    note(`Lighthouse, ${preset}`);
    let said = '';
    const code = await runChild(
      'npx',
      [
        ...['--yes', PACKAGE, address, '--quiet', '--output=json', `--output-path=${file}`],
        ...['--only-categories=performance,accessibility,best-practices'],
        ...(preset === 'desktop' ? ['--preset=desktop'] : []),
        '--chrome-flags=--headless=new --no-sandbox --disable-background-networking',
      ],
      { env: { CHROME_PATH: executablePath }, output: (chunk) => (said += chunk.toString()) },
    );
    if (code !== 0) throw new AppError('engine/internal', { reason: `${PACKAGE} does not run: ${said}` });
    const report = JSON.parse(readFileSync(file, 'utf8')) as LighthouseReport;
    if (report.runtimeError) throw new AppError('engine/internal', { reason: report.runtimeError.message });
    return { preset, ...readScores(report) };
  } finally {
    site.close();
    site.closeAllConnections();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

function readScores({ categories, audits }: LighthouseReport): Omit<Scores, 'preset'> {
  const all = Object.values(categories);
  const findings = all.flatMap(({ auditRefs }) =>
    auditRefs.flatMap(({ id, weight }) => {
      const { title, score, displayValue } = audits[id] ?? { title: id, score: null };
      const isFine = score === null || score >= 0.9 || weight === 0;
      return isFine ? [] : [`${title}${displayValue === undefined ? '' : `: ${displayValue}`}`];
    }),
  );
  const scores = all.map(({ title, score }) => [title, Math.round(100 * (score ?? NaN))] as const);
  return { scores: Object.fromEntries(scores), findings };
}
