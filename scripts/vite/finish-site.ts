/**
 * @file What is done to the site once all its files are written: weights too large for some hosts are split, anything
 * else too large fails the build, the site's own models get versions, and the service worker gets the list of the files
 * it keeps.
 */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Plugin } from 'vite';
import type { ShellFile } from '../../src/offline/shell.ts';
import { digest, listFiles } from './files.ts';
import { MAX_FILE_BYTES } from './host-limit.ts';
import { splitWeights } from './split-weights.ts';
import { versionModels } from './version-models.ts';

/** Where the bundler puts the service worker: beside the page, because its folder is all it may answer for. */
export const SERVICE_WORKER_FILE = 'service-worker.js';
const SHELL_EXPRESSION = 'self.EMULSION_SHELL';
/** What a page loads; the rest (licences, headers for hosts) is for people and servers. */
const PAGE_FILE = /\.(html|js|css|wasm|svg|png|ico|woff2|json|txt|webmanifest)$/;
/** Models are kept elsewhere, the list of them is part of the page; documents are kept without their large pictures. */
const NOT_KEPT = /^models\/(?!catalog\.json$)|^docs\/.*\.png$/;
const CATALOG_FILE = 'models/catalog.json';
/** Vite puts a digest in these names. */
const HASHED_FILE = /^assets\//;

/** Vite plugin for {@link finishSite}. */
export function finishedSite(): Plugin {
  return {
    name: 'emulsion:finish-site',
    apply: 'build',
    writeBundle: ({ dir }) => finishSite(dir ?? 'dist'),
  };
}

/**
 * Finishes a site in place.
 * @throws Error for a file that some hosts would refuse, or a service worker that takes no list
 */
export function finishSite(dist: string, maxBytes = MAX_FILE_BYTES): void {
  const size = (file: string) => statSync(path.join(dist, file)).size;
  const isTooLarge = (file: string) => size(file) > maxBytes;
  for (const file of listFiles(dist).filter(isTooLarge)) {
    if (file.endsWith('.safetensors')) splitWeights(path.join(dist, file), maxBytes);
  }
  const tooLarge = listFiles(dist).filter(isTooLarge);
  if (tooLarge.length > 0) {
    const list = tooLarge.map((file) => `${file} (${(size(file) / 2 ** 20).toFixed(1)} MiB)`).join(', ');
    throw new Error(`some hosts refuse files over ${maxBytes / 2 ** 20} MiB, which the site has: ${list}`);
  }
  versionModels(path.join(dist, CATALOG_FILE));
  const worker = path.join(dist, SERVICE_WORKER_FILE);
  const [before, after, ...more] = readFileSync(worker, 'utf8').split(SHELL_EXPRESSION);
  if (before === undefined || after === undefined || more.length > 0)
    throw new Error(`${SERVICE_WORKER_FILE} has not exactly one place for its list of files`);
  writeFileSync(worker, before + JSON.stringify(shellFiles(dist)) + after);
}

/** The files a service worker keeps, with what tells their versions apart. */
function shellFiles(dist: string): ShellFile[] {
  return listFiles(dist)
    .filter((file) => PAGE_FILE.test(file) && !NOT_KEPT.test(file) && file !== SERVICE_WORKER_FILE)
    .map((file) => ({ url: file, revision: HASHED_FILE.test(file) ? null : digest(path.join(dist, file)) }));
}
