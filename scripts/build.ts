/**
 * @file Keeps `dist/` up to date: a build leaves a fingerprint of its sources beside its output, and the
 * commands build again when the two no longer agree. One build at a time, whoever asks for it.
 */
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Plugin } from 'vite';
import { AppError } from '../src/error.ts';
import { runChild } from './child.ts';
import { tryLock } from './lock.ts';

/** The folder of the project. */
export const PROJECT = path.resolve(import.meta.dirname, '..');
/** The built site. */
export const DIST = path.join(PROJECT, 'dist');

const SOURCES = [
  'src',
  'public',
  'scripts/vite',
  'index.html',
  'vite.config.ts',
  'tsconfig.json',
  'package.json',
  'package-lock.json',
];
const FINGERPRINT_FILE = '.fingerprint';
const POLL_MS = 250;

/** Builds the site unless `dist/` is what the sources would give. Building is told to `log`. */
export async function ensureBuilt(log: (line: string) => void): Promise<void> {
  while (isStale(PROJECT, DIST)) {
    const unlock = tryLock(path.join(PROJECT, '.cache', 'build.lock'));
    if (unlock === undefined) {
      await sleep(POLL_MS);
      continue;
    }
    try {
      // Somebody else may have built between the two looks.
      if (isStale(PROJECT, DIST)) await build(log);
      return;
    } finally {
      unlock();
    }
  }
}

/** Whether the site in `dist` was built from other sources than those in `project`, or not at all. */
export function isStale(project: string, dist: string): boolean {
  try {
    return readFileSync(path.join(dist, FINGERPRINT_FILE), 'utf8') !== sourceFingerprint(project);
  } catch {
    return true;
  }
}

/** Vite plugin: writes the fingerprint that {@link isStale} compares, as the sources were when the build began. */
export function stampBuild(project = PROJECT, dist = DIST): Plugin {
  let fingerprint = '';
  return {
    name: 'emulsion:stamp-build',
    apply: 'build',
    buildStart() {
      fingerprint ||= sourceFingerprint(project);
    },
    closeBundle(error) {
      if (error === undefined) writeFileSync(path.join(dist, FINGERPRINT_FILE), fingerprint);
    },
  };
}

/** A digest of names, sizes and times of all sources; tests are not among them. */
export function sourceFingerprint(project: string): string {
  const digest = createHash('sha256');
  for (const file of SOURCES.flatMap((source) => listFiles(path.join(project, source))).sort()) {
    const { size, mtimeMs } = statSync(file);
    digest.update(`${path.relative(project, file)}\0${size}\0${mtimeMs}\n`);
  }
  return digest.digest('hex');
}

async function build(log: (line: string) => void): Promise<void> {
  log('building the site');
  const packageFile = createRequire(import.meta.url).resolve('vite/package.json');
  const vite = path.join(path.dirname(packageFile), 'bin', 'vite.js');
  const code = await runChild(process.execPath, [vite, 'build', '--logLevel', 'warn'], { cwd: PROJECT });
  if (code !== 0) throw new AppError('engine/internal', { reason: 'the site could not be built; see above' });
}

function listFiles(entry: string): string[] {
  const stat = statSync(entry, { throwIfNoEntry: false });
  if (stat === undefined) return [];
  if (!stat.isDirectory()) return /\.test\.ts$/.test(entry) ? [] : [entry];
  const names = readdirSync(entry).filter((name) => name !== 'golden');
  return names.flatMap((name) => listFiles(path.join(entry, name)));
}
