import { describe, expect, it } from 'vitest';
import { filesForBrowser, isolate } from './shell.ts';

describe('filesForBrowser', () => {
  const names = [
    'index.html',
    'assets/ort-wasm-simd-threaded-DcHrbrbl.wasm',
    'assets/ort-wasm-simd-threaded.jspi-CZzFqCHi.wasm',
    'assets/ort.jspi.bundle.min-2s50uCes.js',
    'assets/ort-wasm-simd-threaded.asyncify.1-of-2-BRCHXHqs.wasm',
    'assets/ort-wasm-simd-threaded.asyncify-DrgNdVRd.js',
  ];
  const files = names.map((url) => ({ url, revision: null }));

  it.each([
    [true, [0, 1, 2, 3]],
    [false, [0, 1, 4, 5]],
  ])('leaves out the build that does not run, with JSPI %s', (jspi, kept) => {
    expect(filesForBrowser(files, jspi).map(({ url }) => url)).toEqual(kept.map((i) => names[i]));
  });
});

describe('isolate', () => {
  const page = () =>
    new Response('<p>', { status: 203, statusText: 'Kept', headers: { 'Content-Type': 'text/html' } });

  it.each(['document', 'worker'] as const)('adds the headers of isolation to a %s', async (destination) => {
    const response = isolate(page(), destination);
    expect(Object.fromEntries(response.headers)).toEqual({
      'content-type': 'text/html',
      'cross-origin-embedder-policy': 'require-corp',
      'cross-origin-opener-policy': 'same-origin',
    });
    expect([response.status, response.statusText, await response.text()]).toEqual([203, 'Kept', '<p>']);
  });

  it('keeps what the host said', () => {
    const own = new Response('', { headers: { 'cross-origin-embedder-policy': 'credentialless' } });
    expect(isolate(own, 'document').headers.get('Cross-Origin-Embedder-Policy')).toBe('credentialless');
  });

  it.each(['', 'script', 'image'] as const)('hands out anything else as it is: %j', (destination) => {
    const response = page();
    expect(isolate(response, destination)).toBe(response);
  });
});
