import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tryLock } from './lock.ts';

let folder = '';
beforeEach(() => (folder = mkdtempSync(path.join(os.tmpdir(), 'emulsion-lock-'))));
afterEach(() => rmSync(folder, { recursive: true }));

describe('tryLock', () => {
  it('is given once, and again after it was given back', () => {
    const file = path.join(folder, 'deep', 'lock');
    const unlock = tryLock(file);
    expect(unlock).toBeTypeOf('function');
    expect(tryLock(file)).toBeUndefined();
    unlock?.();
    expect(tryLock(file)).toBeTypeOf('function');
  });

  it('takes over the lock of a process that ended', () => {
    const file = path.join(folder, 'lock');
    const { pid } = spawnSync(process.execPath, ['--version']);
    writeFileSync(file, String(pid));
    expect(tryLock(file)).toBeTypeOf('function');
  });

  it('respects a lock that is just being written', () => {
    const file = path.join(folder, 'lock');
    writeFileSync(file, '');
    expect(tryLock(file)).toBeUndefined();
  });
});
