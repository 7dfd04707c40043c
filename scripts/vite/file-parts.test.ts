import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { cutFile } from './file-parts.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'emulsion-parts-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

it.each([
  [10, 1],
  [11, 2],
  [20, 2],
  [21, 3],
  [95, 10],
])('cuts %i bytes into %i parts of at most 10', (size, count) => {
  const file = path.join(folder, 'whole.wasm');
  const bytes = Uint8Array.from({ length: size }, (_, i) => i);
  writeFileSync(file, bytes);
  const parts = cutFile(file, path.join(folder, 'cache'), 10);
  expect(parts).toHaveLength(count);
  expect(new Set(parts).size).toBe(count);
  for (const part of parts) {
    expect(part).toMatch(/\.wasm$/);
    expect(statSync(part).size).toBeLessThanOrEqual(10);
  }
  expect(Buffer.concat(parts.map((part) => readFileSync(part)))).toEqual(Buffer.from(bytes));
});

it('leaves a file that is small enough where it is', () => {
  const file = path.join(folder, 'small.wasm');
  writeFileSync(file, '0123456789');
  expect(cutFile(file, path.join(folder, 'cache'), 10)).toEqual([file]);
});

it('leaves the parts as they were to who is reading them', () => {
  const file = path.join(folder, 'whole.wasm');
  const cut = (bytes: string): string[] => {
    writeFileSync(file, bytes);
    return cutFile(file, path.join(folder, 'cache'), 10);
  };
  const [part = ''] = cut('a'.repeat(20));
  const reader = openSync(part, 'r');
  cut('b'.repeat(20));
  expect(readFileSync(reader, 'utf8')).toBe('a'.repeat(10));
  expect(readFileSync(part, 'utf8')).toBe('b'.repeat(10));
  closeSync(reader);
});
