import { describe, expect, it } from 'vitest';
import { readBrowserName } from './browser-name.ts';

const EDGE =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36 Edg/156.0.0.0';

describe('the name of the browser', () => {
  it.each<[string, string, string, string]>([
    ['Firefox', '140.0', 'Linux', 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'],
    [
      'Safari',
      '26.1',
      'macOS',
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Safari/605.1.15',
    ],
    [
      'Safari',
      '26.0',
      'iOS',
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1',
    ],
    [
      'Chromium',
      '156.0.0.0',
      'Android',
      'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Mobile Safari/537.36',
    ],
    ['Edge', '156.0.0.0', 'Windows', EDGE],
    ['', '', '', 'something else'],
  ])('is %s %s on %s by the user agent', async (name, version, platform, userAgent) => {
    expect(await readBrowserName({ userAgent })).toEqual({ name, version, platform, userAgent });
  });

  it("is the browser's own brand with all of its version, not the engine's", async () => {
    const fullVersionList = [
      { brand: 'Chromium', version: '156.0.8078.108' },
      { brand: 'Not:A-Brand', version: '8.0.0.0' },
      { brand: 'Microsoft Edge', version: '156.0.4000.10' },
    ];
    const userAgentData = {
      platform: 'Windows',
      getHighEntropyValues: () => Promise.resolve({ fullVersionList }),
    };
    expect(await readBrowserName({ userAgent: EDGE, userAgentData })).toMatchObject({
      name: 'Microsoft Edge',
      version: '156.0.4000.10',
    });
  });

  it('is read from the user agent where the browser refuses to say more', async () => {
    const userAgentData = {
      platform: 'Windows',
      getHighEntropyValues: () => Promise.reject(new Error('no')),
    };
    expect(await readBrowserName({ userAgent: EDGE, userAgentData })).toMatchObject({
      name: 'Edge',
      version: '156.0.0.0',
    });
  });
});
