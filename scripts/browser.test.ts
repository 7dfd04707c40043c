import { describe, expect, it } from 'vitest';
import { browserFromEnvironment, browserLaunchOptions, findBrowser } from './browser.ts';
import type { Machine } from './browser.ts';

const PLAYWRIGHT = '/cache/ms-playwright/chrome';

function machine(platform: NodeJS.Platform, files: readonly string[], env: Machine['env'] = {}): Machine {
  return { platform, env, isFile: (file) => files.includes(file), playwrightBrowser: () => PLAYWRIGHT };
}

describe('findBrowser', () => {
  it('takes what the environment names, before everything else', () => {
    const files = ['/my/browser', '/usr/bin/google-chrome'];
    expect(findBrowser(machine('linux', files, { CHROME_PATH: '/my/browser' }))).toBe('/my/browser');
    expect(
      findBrowser(machine('linux', files, { EMULSION_BROWSER: '/my/browser', CHROME_PATH: '/other' })),
    ).toBe('/my/browser');
  });

  it('does not quietly take another browser than the one named', () => {
    expect(findBrowser(machine('linux', ['/usr/bin/chromium'], { CHROME_PATH: '/missing' }))).toBeUndefined();
  });

  it.each<[NodeJS.Platform, string, Machine['env']]>([
    ['linux', '/usr/bin/chromium', {}],
    ['linux', '/opt/google/chrome/chrome', {}],
    ['linux', '/home/me/bin/microsoft-edge', { PATH: '/sbin::/home/me/bin' }],
    ['darwin', '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome', { HOME: '/Users/me' }],
    ['darwin', '/Users/me/Applications/Chromium.app/Contents/MacOS/Chromium', { HOME: '/Users/me' }],
    [
      'win32',
      'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
      { PROGRAMFILES: 'C:\\Program Files', LOCALAPPDATA: 'C:\\Local' },
    ],
    [
      'win32',
      'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
      { 'PROGRAMFILES(X86)': 'C:\\Program Files (x86)' },
    ],
  ])('finds on %s: %s', (platform, file, env) => {
    expect(findBrowser(machine(platform, [file], env))).toBe(file);
  });

  it('prefers an installed browser to the one Playwright downloaded, and that to none', () => {
    expect(findBrowser(machine('linux', [PLAYWRIGHT, '/usr/bin/chromium']))).toBe('/usr/bin/chromium');
    expect(findBrowser(machine('linux', [PLAYWRIGHT]))).toBe(PLAYWRIGHT);
    expect(findBrowser(machine('linux', []))).toBeUndefined();
  });
});

describe('browserFromEnvironment', () => {
  it('takes an empty variable for none', () => {
    expect(browserFromEnvironment({ EMULSION_BROWSER: '', CHROME_PATH: '/chrome' })).toBe('/chrome');
    expect(browserFromEnvironment({ EMULSION_BROWSER: '' })).toBeUndefined();
  });
});

describe('browserLaunchOptions', () => {
  it('asks for SwiftShader only when told to', () => {
    const swiftShader = '--use-webgpu-adapter=swiftshader';
    expect(browserLaunchOptions({ software: true }).args).toContain(swiftShader);
    expect(browserLaunchOptions({ software: false }).args).not.toContain(swiftShader);
    expect(browserLaunchOptions({ software: false }).args).toContain('--enable-unsafe-webgpu');
  });
});
