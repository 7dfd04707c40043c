/** @file The browser's name and version, for reports; nothing is decided by them. */
import type { DeviceExamination } from './device-report.ts';

interface Brand {
  readonly brand: string;
  readonly version: string;
}

/** What a `Navigator` tells of the browser; the second part in Chromium alone. */
export interface BrowserNavigator {
  readonly userAgent: string;
  readonly userAgentData?: {
    readonly platform: string;
    getHighEntropyValues(hints: readonly string[]): Promise<{ readonly fullVersionList?: readonly Brand[] }>;
  };
}

/** In this order: each calls itself by the names of those below it as well. */
const PRODUCTS: readonly (readonly [name: string, pattern: RegExp])[] = [
  ['Edge', /\bEdg(?:A|iOS)?\/([\d.]+)/],
  ['Opera', /\bOPR\/([\d.]+)/],
  ['Firefox', /\b(?:Firefox|FxiOS)\/([\d.]+)/],
  ['Chromium', /\b(?:HeadlessChrome|Chrome|CriOS)\/([\d.]+)/],
  ['Safari', /\bVersion\/([\d.]+).*\bSafari\//],
];

const PLATFORMS: readonly (readonly [name: string, pattern: RegExp])[] = [
  ['Android', /Android/],
  ['iOS', /iPhone|iPad|iPod/],
  ['Windows', /Windows/],
  ['macOS', /Mac OS X/],
  ['ChromeOS', /CrOS/],
  ['Linux', /Linux/],
];

/** Name, version and platform, by client hints where there are any, else by the user agent string. */
export async function readBrowserName({
  userAgent,
  userAgentData,
}: BrowserNavigator): Promise<DeviceExamination['browser']> {
  // Browsers may refuse; the user agent string then has to do.
  const hints = await userAgentData?.getHighEntropyValues(['fullVersionList']).catch(() => undefined);
  const brands = hints?.fullVersionList?.filter(({ brand }) => !/not.?a.?brand/i.test(brand)) ?? [];
  // A browser made from Chromium lists both, in any order.
  const own = brands.find(({ brand }) => brand !== 'Chromium') ?? brands[0];
  const named = PRODUCTS.flatMap(([name, pattern]) => {
    const version = pattern.exec(userAgent)?.[1];
    return version === undefined ? [] : [{ name, version }];
  })[0];
  const platform =
    userAgentData?.platform || (PLATFORMS.find(([, pattern]) => pattern.test(userAgent))?.[0] ?? '');
  return {
    name: own?.brand ?? named?.name ?? '',
    version: own?.version ?? named?.version ?? '',
    platform,
    userAgent,
  };
}
