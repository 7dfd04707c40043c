/**
 * @file Kills a real browser at random moments of a download, again and again, lets the last attempt finish, and finds
 * out what every kill has cost: which bytes the host was asked for a second time.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { VerifyReport } from '../../src/engine/protocol/library.ts';
import { DIST, ensureBuilt } from '../build.ts';
import { ensureBrowser } from '../ensure-browser.ts';
import { Session, type PageGlobals } from '../headless/session.ts';
import { makeCheckpoint } from '../make-checkpoint/make.ts';
import type { SizeName } from '../make-checkpoint/sizes.ts';
import { createSite, listen } from '../site.ts';
import { startBrowser } from './killable-browser.ts';
import { ModelHost, type HostRequest } from './model-host.ts';
import { byteCount, union, within, without, type Range } from './ranges.ts';
import { hashRecords, type RecordLayout } from './source-hashes.ts';

export interface SoakOrder {
  readonly kills: number;
  /** Of the moments of the kills. */
  readonly seed: number;
  readonly size: SizeName;
  /** Of each connection to the host; it must be slow enough for all kills. */
  readonly bytesPerSecond: number;
  readonly log: (line: string) => void;
}

interface Cost {
  readonly ranges: number;
  readonly bytes: number;
}

interface Kill {
  /** Bytes that had left the host by then, each counted once. */
  readonly sentBytes: number;
  /** Asked for, and not sent, or sent so shortly before that the page may not have kept it yet. */
  readonly inFlight: Cost;
  /** What was asked for again because of this kill. */
  readonly again: Cost;
}

export interface SoakResult {
  readonly kills: readonly Kill[];
  /** Size of the weight files. */
  readonly fileBytes: number;
  /** Bytes of weight files asked for twice by one and the same visit. */
  readonly twiceBytes: number;
  readonly verified: VerifyReport;
  /** Files the import compared with their published hash, of so many. */
  readonly checkedFiles: number;
  readonly files: number;
  /** Records whose hash is not that of the files. */
  readonly wrongRecords: number;
}

const ID = 'soak';
/** Kills fall between these parts of the download. */
const [FIRST, LAST] = [0.06, 0.94];
/** A kill is up to so late, to meet every moment of what the page does. */
const JITTER_MS = 300;
/** What was sent so shortly before a kill may still be on its way into the page's store. */
const KEEPING_MS = 1000;
const MERGES = new URL('../../src/tokens/clip-vocabulary/merges.txt', import.meta.url);

/** Runs the whole of it in a temporary folder. Throws when the download is over before all kills. */
export async function soakDownloads(order: SoakOrder): Promise<SoakResult> {
  const scratch = await mkdtemp(path.join(os.tmpdir(), 'emulsion-soak-'));
  try {
    return await soak(order, scratch);
  } finally {
    await rm(scratch, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function soak(order: SoakOrder, scratch: string): Promise<SoakResult> {
  const { kills, size, log } = order;
  await ensureBuilt(log);
  const executablePath = await ensureBrowser(log);
  const { path: folder } = await makeCheckpoint({
    folder: path.join(scratch, 'model'),
    size,
    layout: 'diffusers',
    dtype: 'bf16',
    seed: 0,
    mergeList: await readFile(MERGES, 'utf8'),
  });
  const sha256 = await publishedHashes(folder);
  const host = await ModelHost.start({ folder, bytesPerSecond: order.bytesPerSecond, sha256 });
  const opened = new Set<string>();
  const site = createSite({ folders: { '/': `${DIST}/` }, post: (pathname) => opened.add(pathname) });
  const flags = [`--host-resolver-rules=MAP emulsion.localhost:80 127.0.0.1:${await listen(site, 0)}`];
  const profile = path.join(scratch, 'profile');
  const random = generator(order.seed);
  const fileBytes = await sizeOfWeights(folder, sha256);
  const moments = Array.from({ length: kills }, () => FIRST + (LAST - FIRST) * random()).sort(
    (a, b) => a - b,
  );
  const atKill: Omit<Kill, 'again'>[] = [];
  /** Does something in a browser, which is then killed. */
  const visit = async <T>(work: (session: Session) => Promise<T>): Promise<T> => {
    const browser = await startBrowser(executablePath, profile, flags);
    try {
      return await work(await Session.start(browser.page, new Map()));
    } finally {
      await browser.kill();
    }
  };
  try {
    for (const [i, moment] of moments.entries()) {
      host.session = i;
      await visit(async (session) => {
        const work = add(session, host.address);
        const over = { is: false };
        work.catch(() => undefined).finally(() => (over.is = true));
        // Before the first journal is written there is no download to go on with.
        const isDue = () => opened.has('/opened') && sentBytes(host) >= moment * fileBytes;
        while (!over.is && !isDue()) await sleep(20);
        await sleep(JITTER_MS * random());
        if (over.is) throw new Error(`the download ended before kill ${i + 1}: ${await outcome(work)}`);
      });
      atKill.push({ sentBytes: sentBytes(host), inFlight: inFlight(host) });
      log(`kill ${i + 1} of ${kills} at ${Math.round((100 * sentBytes(host)) / fileBytes)} %`);
    }
    host.session = kills;
    const { verified, stored } = await visit(async (session) => {
      await add(session, host.address);
      return { verified: await verify(session), stored: await storedRecords(session) };
    });
    const wanted = await hashRecords(folder, stored.records);
    const again = refetched(host.requests);
    return {
      kills: atKill.map((kill, i) => ({ ...kill, again: again.byKill[i] ?? { ranges: 0, bytes: 0 } })),
      fileBytes,
      twiceBytes: again.twiceBytes,
      verified,
      checkedFiles: stored.checkedFiles,
      files: sha256.size,
      wrongRecords: wanted.filter((hash, i) => hash !== stored.hashes[i]).length,
    };
  } finally {
    host.close();
    site.close();
    site.closeAllConnections();
  }
}

/** Starts the download, or goes on with it; tells the site when the model is open. */
function add(session: Session, url: string): Promise<unknown> {
  return session.call(
    ({ id, url: address }) => {
      const { emulsion, emulsionAnswer } = globalThis as unknown as PageGlobals;
      let isOpened = false;
      const work = emulsion.library.add(
        { kind: 'url', url: address },
        { id },
        {
          onProgress({ totalBytes }) {
            if (totalBytes > 0 && !isOpened) void fetch('/opened', { method: 'POST' });
            isOpened ||= totalBytes > 0;
          },
        },
      );
      return emulsionAnswer(work);
    },
    { id: ID, url },
  );
}

function verify(session: Session): Promise<VerifyReport> {
  return session.call((id) => {
    const { emulsion, emulsionAnswer } = globalThis as unknown as PageGlobals;
    return emulsionAnswer(emulsion.library.verify(id, {}, {}));
  }, ID);
}

/** The layout of the stored records, and the hashes that the store has them under. */
function storedRecords(
  session: Session,
): Promise<{ records: RecordLayout[]; hashes: string[]; checkedFiles: number }> {
  return session.call(async (id) => {
    const { emulsionAnswer } = globalThis as unknown as PageGlobals;
    const answer = <T>(request: IDBRequest<T>) =>
      new Promise<T>((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(new Error(request.error?.message));
      });
    const read = async () => {
      const database = await answer(indexedDB.open('emulsion-models'));
      const entries = database.transaction('entries').objectStore('entries');
      const { json } = (await answer(entries.get(['model', id]))) as { json: string };
      const { records, shards, checkedFiles } = JSON.parse(json) as {
        records: RecordLayout[];
        shards: { sha256: string }[];
        checkedFiles: number;
      };
      return { records, hashes: shards.map(({ sha256 }) => sha256), checkedFiles };
    };
    return emulsionAnswer(read());
  }, ID);
}

/** What was asked for again, by the kill that it is owed to: the last one before which it had been asked for. */
function refetched(requests: readonly HostRequest[]): { byKill: Cost[]; twiceBytes: number } {
  const byKill: { ranges: number; bytes: number }[] = [];
  let twiceBytes = 0;
  const seen: HostRequest[] = [];
  for (const request of requests) {
    let rest: Range[] = [request];
    const earlier = seen.filter(({ path: other }) => other === request.path);
    seen.push(request);
    for (const other of earlier.toReversed()) {
      const again = byteCount(rest.flatMap((range) => within([range], other)));
      rest = without(rest, other);
      if (again === 0) continue;
      if (other.session === request.session) {
        if (isWeights(request)) twiceBytes += again;
        continue;
      }
      const cost = (byKill[other.session] ??= { ranges: 0, bytes: 0 });
      cost.ranges++;
      cost.bytes += again;
    }
  }
  return { byKill, twiceBytes };
}

function inFlight({ requests, session }: ModelHost): Cost {
  const since = Date.now() - KEEPING_MS;
  const open = requests.filter(
    (request) => request.session === session && (request.sentAt ?? Infinity) >= since,
  );
  return { ranges: open.length, bytes: byteCount(open) };
}

/** Bytes of weight files that have left the host, each counted once. */
function sentBytes({ requests }: ModelHost): number {
  const weights = requests.filter(isWeights);
  const files = new Set(weights.map(({ path: file }) => file));
  return [...files].reduce((sum, file) => {
    const sent = weights.filter((request) => request.path === file);
    return sum + byteCount(union(sent.map((one) => ({ begin: one.begin, end: one.begin + one.sentBytes }))));
  }, 0);
}

function isWeights({ path: file }: HostRequest): boolean {
  return file.endsWith('.safetensors');
}

/** SHA-256 of every weight file, by its path in the folder. */
async function publishedHashes(folder: string): Promise<Map<string, string>> {
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.safetensors'));
  const hashes = new Map<string, string>();
  for (const name of names) {
    const hash = createHash('sha256');
    await pipeline(createReadStream(path.join(folder, name)), hash);
    hashes.set(name.split(path.sep).join('/'), hash.digest('hex'));
  }
  return hashes;
}

async function sizeOfWeights(folder: string, files: ReadonlyMap<string, string>): Promise<number> {
  let bytes = 0;
  for (const name of files.keys()) bytes += (await stat(path.join(folder, name))).size;
  return bytes;
}

async function outcome(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'it is complete; use a lower rate',
    (error: unknown) => String(error),
  );
}

/** Numbers from 0 to 1, the same for the same seed (Vigna's SplitMix, cut to 32 bits). */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return ((z ^ (z >>> 16)) >>> 0) / 2 ** 32;
  };
}
