/**
 * @file A headless browser with the site open in it. The profile persists between runs and the site has the
 * same address in each, whatever port it is served on, so that what the page stores is found again.
 */
import { mkdirSync, mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { chromium } from 'playwright';
import type { BrowserContext, Page } from 'playwright';
import { AppError } from '../../src/error.ts';
import { browserLaunchOptions, hasGpu } from '../browser.ts';
import { tryLock } from '../lock.ts';

/** Where the page finds itself. Names under `localhost` are secure contexts and pass by every proxy. */
export const ORIGIN = 'http://emulsion.localhost';

export interface HeadlessOptions {
  readonly executablePath: string;
  /** Where the site is served on 127.0.0.1. */
  readonly port: number;
  /** Absent: a folder of ours in the user's cache. */
  readonly profile?: string;
  /** The work is on the profile itself, so that another one is no help while it is in use. */
  readonly needsProfile: boolean;
  /** WebGPU was asked for by name: without a GPU that works, SwiftShader takes its place. */
  readonly needsWebgpu: boolean;
  readonly log: (line: string) => void;
}

export interface HeadlessPage {
  readonly page: Page;
  close(): Promise<void>;
}

/** Launches the browser and opens the page, ready to be driven. */
export async function openHeadlessPage(options: HeadlessOptions): Promise<HeadlessPage> {
  const software = !hasGpu();
  const opened = await openPage(options, software);
  if (software || !options.needsWebgpu || (await hasAdapter(opened.page))) return opened;
  await opened.close();
  options.log('the GPU of this machine does not work with WebGPU here; using SwiftShader');
  return openPage(options, true);
}

/** The cache folder for what the browser keeps, by the custom of the platform. */
export function defaultProfile(
  platform: NodeJS.Platform = process.platform,
  env: Readonly<Record<string, string | undefined>> = process.env,
  home = os.homedir(),
): string {
  const cache =
    platform === 'darwin'
      ? path.join(home, 'Library', 'Caches')
      : platform === 'win32'
        ? (env['LOCALAPPDATA'] ?? path.join(home, 'AppData', 'Local'))
        : env['XDG_CACHE_HOME'] || path.join(home, '.cache');
  return path.join(cache, 'emulsion', 'profile');
}

async function openPage(options: HeadlessOptions, software: boolean): Promise<HeadlessPage> {
  const profile = takeProfile(options);
  try {
    const context = await launch(options, profile.folder, software);
    const page = context.pages()[0] ?? (await context.newPage());
    const close = async () => {
      // A browser that died has nothing left to close.
      await context.close().catch(() => undefined);
      await profile.giveBack();
    };
    return { page, close };
  } catch (error) {
    await profile.giveBack();
    throw error;
  }
}

async function launch(options: HeadlessOptions, profile: string, software: boolean): Promise<BrowserContext> {
  const { args } = browserLaunchOptions({ software });
  try {
    const context = await chromium.launchPersistentContext(profile, {
      headless: true,
      executablePath: options.executablePath,
      args: [...args, `--host-resolver-rules=MAP emulsion.localhost:80 127.0.0.1:${options.port}`],
      // The command closes the browser itself, so that it can leave with its own exit code.
      handleSIGINT: false,
      handleSIGTERM: false,
      handleSIGHUP: false,
    });
    context.setDefaultTimeout(0);
    return context;
  } catch (error) {
    const reason = `${options.executablePath} does not start`;
    throw new AppError('browser/not-found', { reason }, error);
  }
}

interface TakenProfile {
  readonly folder: string;
  giveBack(): Promise<void>;
}

/** The profile; while another run uses it, or where it cannot be written, a temporary one if that will do. */
function takeProfile({ profile, needsProfile, log }: HeadlessOptions): TakenProfile {
  const folder = profile ?? defaultProfile();
  let unlock: (() => void) | undefined;
  let reason = `another run uses the browser profile ${folder}`;
  try {
    mkdirSync(folder, { recursive: true });
    unlock = tryLock(path.join(folder, 'emulsion.lock'));
  } catch {
    reason = `the browser profile ${folder} cannot be written`;
  }
  if (unlock) {
    const giveBack = (): Promise<void> => Promise.resolve().then(unlock);
    return { folder, giveBack };
  }
  if (needsProfile) throw new AppError('store/unavailable', { reason });
  log(`${reason}; this one takes a temporary profile`);
  const temporary = mkdtempSync(path.join(os.tmpdir(), 'emulsion-profile-'));
  return {
    folder: temporary,
    giveBack: () => rm(temporary, { recursive: true, force: true, maxRetries: 5 }),
  };
}

async function hasAdapter(page: Page): Promise<boolean> {
  await page.goto(`${ORIGIN}/?headless`);
  return page.evaluate(async () => {
    // The types say that every browser has WebGPU; the platform does not.
    const gpu = navigator.gpu as GPU | undefined;
    return Boolean(await gpu?.requestAdapter());
  });
}
