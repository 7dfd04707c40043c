/**
 * @file Finds a browser or installs one: Playwright's own download where it works, else Debian's package when
 * running as root. Refuses with `browser/not-found` and a sentence that says what to do.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { chromium } from 'playwright';
import { AppError } from '../src/error.ts';
import { browserFromEnvironment, findBrowser } from './browser.ts';
import { runChild } from './child.ts';

/** A download that has said nothing for so long is stuck. */
const SILENCE_MS = 60_000;
/** Playwright tries several mirrors; each gets this long to answer. */
const CONNECTION_TIMEOUT_MS = '15000';

/**
 * The path of a browser that can be launched.
 * @param log takes one line for people
 * @throws AppError `browser/not-found`
 */
export async function ensureBrowser(log: (line: string) => void): Promise<string> {
  const found = findBrowser();
  if (found !== undefined) return found;
  const named = browserFromEnvironment();
  if (named !== undefined) throw new AppError('browser/not-found', { reason: `there is no file ${named}` });

  log('no Chrome, Chromium or Edge found; downloading Chromium with Playwright');
  if (await installWithPlaywright()) return chromium.executablePath();
  log('the download did not work');
  if (canUseApt()) {
    log('installing the package chromium with apt-get');
    await installWithApt();
    const installed = findBrowser();
    if (installed !== undefined) return installed;
  }
  throw new AppError('browser/not-found', { reason: 'there is none, and none could be installed' });
}

async function installWithPlaywright(): Promise<boolean> {
  const packageFile = createRequire(import.meta.url).resolve('playwright/package.json');
  const cli = path.join(path.dirname(packageFile), 'cli.js');
  const installed = await runChild(process.execPath, [cli, 'install', 'chromium', '--no-shell'], {
    env: { PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT: CONNECTION_TIMEOUT_MS },
    silenceMs: SILENCE_MS,
  });
  if (installed !== 0) return false;
  // On a bare Linux the download lacks system libraries; elsewhere asking for the version opens a window.
  return process.platform !== 'linux' || (await runChild(chromium.executablePath(), ['--version'])) === 0;
}

function canUseApt(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  try {
    return /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(readFileSync('/etc/os-release', 'utf8'));
  } catch {
    return false;
  }
}

async function installWithApt(): Promise<void> {
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  await runChild('apt-get', ['update'], { env, silenceMs: SILENCE_MS });
  await runChild('apt-get', ['install', '-y', '--no-install-recommends', 'chromium'], {
    env,
    silenceMs: SILENCE_MS,
  });
}
