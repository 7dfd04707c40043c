/**
 * @file A browser that can be killed as a power cut would: all of its processes at once, without a word before. It is
 * started here and not by Playwright, which only connects to it.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { chromium, type Page } from 'playwright';
import { browserLaunchOptions } from '../browser.ts';

export interface KillableBrowser {
  readonly page: Page;
  /** SIGKILL to all of it; resolves when it is gone. */
  kill(): Promise<void>;
}

/**
 * Starts a headless browser on a profile.
 * @param args more of the browser's own flags
 */
export async function startBrowser(
  executablePath: string,
  profile: string,
  args: readonly string[],
): Promise<KillableBrowser> {
  const flags = [
    ...browserLaunchOptions().args,
    ...args,
    '--headless',
    '--no-sandbox',
    '--no-default-browser-check',
    '--password-store=basic',
    '--use-mock-keychain',
    '--disable-dev-shm-usage',
    '--remote-debugging-port=0',
    `--user-data-dir=${profile}`,
    'about:blank',
  ];
  // A process group of its own, to be killed as one.
  const child = spawn(executablePath, flags, { stdio: ['ignore', 'ignore', 'pipe'], detached: true });
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const kill = () => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL');
    return gone;
  };
  const killAtExit = () => void kill();
  process.once('exit', killAtExit);
  void gone.then(() => process.off('exit', killAtExit));
  try {
    const browser = await chromium.connectOverCDP(await debuggerAddress(child));
    const context = browser.contexts()[0] ?? (await browser.newContext());
    const page = context.pages()[0] ?? (await context.newPage());
    return { page, kill };
  } catch (error) {
    await kill();
    throw error;
  }
}

/** What the browser says of where it listens. */
function debuggerAddress(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.once('exit', (code) => reject(new Error(`the browser ended with ${code}: ${text.slice(-500)}`)));
    child.once('error', reject);
    child.stderr?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const address = /DevTools listening on (ws:\S+)/.exec(text)?.[1];
      if (address !== undefined) resolve(address);
    });
  });
}
