/**
 * @file A lock between processes: a file that holds the process number of its owner. The lock of a process that
 * no longer lives is taken over, so that a killed run blocks nobody.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Takes the lock. A function that gives it back, or `undefined` while somebody else has it. */
export function tryLock(file: string): (() => void) | undefined {
  mkdirSync(path.dirname(file), { recursive: true });
  if (!create(file)) {
    if (isOwned(file)) return undefined;
    rmSync(file, { force: true });
    if (!create(file)) return undefined;
  }
  return () => rmSync(file, { force: true });
}

function create(file: string): boolean {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

function isOwned(file: string): boolean {
  try {
    const owner = Number(readFileSync(file, 'utf8'));
    // Signal 0 only asks whether the process is there. A file still empty is just being written.
    return owner === 0 || process.kill(owner, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
