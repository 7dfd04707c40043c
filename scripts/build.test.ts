import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isStale, sourceFingerprint } from './build.ts';

let project = '';
let dist = '';

beforeEach(() => {
  project = mkdtempSync(path.join(os.tmpdir(), 'emulsion-build-'));
  dist = path.join(project, 'dist');
  for (const folder of ['src/ui', 'public', 'dist', 'docs']) {
    mkdirSync(path.join(project, folder), { recursive: true });
  }
  for (const file of ['index.html', 'package.json', 'src/main.ts', 'src/ui/form.ts', 'public/icon.svg']) {
    writeFileSync(path.join(project, file), file);
  }
  writeFileSync(path.join(dist, '.fingerprint'), sourceFingerprint(project));
});

afterEach(() => rmSync(project, { recursive: true }));

describe('isStale', () => {
  it('is false right after a build', () => {
    expect(isStale(project, dist)).toBe(false);
  });

  it.each(['src/ui/form.ts', 'index.html', 'public/icon.svg'])('notices a change in %s', (file) => {
    writeFileSync(path.join(project, file), 'changed');
    expect(isStale(project, dist)).toBe(true);
  });

  it('notices a file that became older, as after a checkout', () => {
    utimesSync(path.join(project, 'src/main.ts'), 1, 1);
    expect(isStale(project, dist)).toBe(true);
  });

  it('notices new and deleted files', () => {
    writeFileSync(path.join(project, 'public/new.txt'), '');
    expect(isStale(project, dist)).toBe(true);
    rmSync(path.join(project, 'public/new.txt'));
    expect(isStale(project, dist)).toBe(false);
    rmSync(path.join(project, 'src/main.ts'));
    expect(isStale(project, dist)).toBe(true);
  });

  it('does not mind tests and what is no source', () => {
    writeFileSync(path.join(project, 'src/main.test.ts'), '');
    writeFileSync(path.join(project, 'docs/page.md'), '');
    expect(isStale(project, dist)).toBe(false);
  });

  it('is true without a finished build', () => {
    rmSync(path.join(dist, '.fingerprint'));
    expect(isStale(project, dist)).toBe(true);
  });
});
