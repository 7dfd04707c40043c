/**
 * @file Finds a Chromium-family browser on this machine and says how to launch it headless so that WebGPU
 * works: on the GPU where there is one, else on SwiftShader, Chromium's software Vulkan. Everything here is
 * synchronous, because Vite's configuration needs it; `ensure-browser.ts` installs one where none is found.
 */
import { existsSync, readFileSync, readdirSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { chromium } from 'playwright';

/** What the search looks at; tests give their own. */
export interface Machine {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly isFile: (file: string) => boolean;
  /** Where Playwright keeps the browser it downloads, whether or not it has. */
  readonly playwrightBrowser: () => string;
}

const THIS_MACHINE: Machine = {
  platform: process.platform,
  env: process.env,
  isFile: (file) => statSync(file, { throwIfNoEntry: false })?.isFile() === true && !isSnap(file),
  playwrightBrowser: () => chromium.executablePath(),
};

/** Variables that name a browser outright, the first one set wins. */
const ENVIRONMENT_VARIABLES = ['EMULSION_BROWSER', 'CHROME_PATH'];

const COMMANDS = ['google-chrome', 'google-chrome-stable', 'chromium', 'chromium-browser', 'microsoft-edge'];

/** Path of a browser: the one the environment names, else an installed one, else Playwright's. */
export function findBrowser(machine: Machine = THIS_MACHINE): string | undefined {
  const named = browserFromEnvironment(machine.env);
  if (named !== undefined) return machine.isFile(named) ? named : undefined;
  return [...installedPaths(machine), ...searchPath(machine), machine.playwrightBrowser()].find(
    machine.isFile,
  );
}

/** The path the environment names, whether or not there is anything. */
export function browserFromEnvironment(env: Machine['env'] = process.env): string | undefined {
  return ENVIRONMENT_VARIABLES.map((name) => env[name]).find((value) => value !== undefined && value !== '');
}

/** Launch options for Playwright. */
export interface BrowserLaunchOptions {
  executablePath?: string;
  args: string[];
}

/**
 * How to launch the browser headless, with WebGPU and without background traffic.
 * @param options.software SwiftShader instead of the GPU; by default only where no GPU is to be seen
 */
export function browserLaunchOptions({
  software = !hasGpu(),
}: { software?: boolean } = {}): BrowserLaunchOptions {
  const executablePath = findBrowser();
  const args = [
    ...webgpuFlags(process.platform, software),
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--no-first-run',
  ];
  return executablePath === undefined ? { args } : { executablePath, args };
}

/** Whether the machine seems to have a GPU that a browser can use. Only Linux tells without asking a driver. */
export function hasGpu(): boolean {
  if (process.platform !== 'linux') return true;
  const renderNode =
    existsSync('/dev/dri') && readdirSync('/dev/dri').some((name) => name.startsWith('renderD'));
  return renderNode || existsSync('/dev/nvidia0') || existsSync('/dev/dxg');
}

function webgpuFlags(platform: NodeJS.Platform, software: boolean): string[] {
  if (software) return ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'];
  if (platform !== 'linux') return ['--enable-unsafe-webgpu'];
  // Without a display Chromium falls back to software unless Vulkan is asked for and its surface is not.
  return [
    '--enable-unsafe-webgpu',
    '--enable-features=Vulkan',
    '--use-angle=vulkan',
    '--disable-vulkan-surface',
  ];
}

function installedPaths({ platform, env }: Machine): string[] {
  if (platform === 'darwin') {
    const names = ['Google Chrome', 'Chromium', 'Microsoft Edge'];
    const folders = ['/Applications', path.posix.join(env['HOME'] ?? '', 'Applications')];
    return folders.flatMap((folder) => names.map((name) => `${folder}/${name}.app/Contents/MacOS/${name}`));
  }
  if (platform === 'win32') {
    const roots = ['PROGRAMFILES', 'PROGRAMFILES(X86)', 'LOCALAPPDATA'].flatMap((name) => env[name] ?? []);
    const files = ['Google/Chrome/Application/chrome.exe', 'Microsoft/Edge/Application/msedge.exe'];
    return files.flatMap((file) => roots.map((root) => path.win32.join(root, file)));
  }
  return ['/opt/google/chrome/chrome', ...COMMANDS.map((command) => `/usr/bin/${command}`)];
}

function searchPath({ platform, env }: Machine): string[] {
  if (platform === 'win32') return [];
  const folders = (env['PATH'] ?? '').split(':').filter((folder) => folder !== '');
  return COMMANDS.flatMap((command) => folders.map((folder) => path.posix.join(folder, command)));
}

/** A browser in a snap cannot read profiles and folders outside its own, so it does not count. */
function isSnap(file: string): boolean {
  if (/^\/(snap|var\/lib\/snapd)\/|\/snap$/.test(realpathSync(file))) return true;
  const isScript = statSync(file).size < 64 * 1024;
  return isScript && /\/snap\/bin\//.test(readFileSync(file, 'latin1'));
}
