import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { defaultProfile } from './page.ts';

describe('defaultProfile', () => {
  it.each<[NodeJS.Platform, Record<string, string>, string[]]>([
    ['linux', {}, ['/home/me', '.cache']],
    ['linux', { XDG_CACHE_HOME: '/caches' }, ['/caches']],
    ['darwin', { XDG_CACHE_HOME: '/caches' }, ['/home/me', 'Library', 'Caches']],
    ['win32', { LOCALAPPDATA: '/local' }, ['/local']],
    ['win32', {}, ['/home/me', 'AppData', 'Local']],
  ])('follows the custom of %s with %j', (platform, env, cache) => {
    expect(defaultProfile(platform, env, '/home/me')).toBe(path.join(...cache, 'emulsion', 'profile'));
  });
});
