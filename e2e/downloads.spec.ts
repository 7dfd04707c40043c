/** @file Downloads and what goes wrong with them: killed browsers, hosts that misbehave, two pages that want the same. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from '@playwright/test';
import type { HostRequest } from '../scripts/soak-downloads/model-host.ts';
import { soakFailures } from '../scripts/soak-downloads/report.ts';
import { soakDownloads } from '../scripts/soak-downloads/soak.ts';
import { expectWhole, LibraryPage, test, TINY_MODEL } from './library-page.ts';

const UNET = 'unet/diffusion_pytorch_model.safetensors';
/** Slow enough to do something meanwhile. */
const SLOW = { bytesPerSecond: 2 ** 20 };

/** Waits until something of a model's weights has arrived. */
async function expectParts(library: LibraryPage): Promise<void> {
  // The files' beginnings are kept first, one part for each.
  await expect.poll(async () => (await library.entries())['part'] ?? 0).toBeGreaterThan(3);
}

test('loses no more than the ranges in flight when the browser is killed', async () => {
  const order = { kills: 3, seed: 5, size: 'tiny', bytesPerSecond: 2 ** 20, log: () => undefined } as const;
  const result = await soakDownloads(order);
  expect(result.kills).toHaveLength(3);
  expect(soakFailures(result)).toEqual([]);
});

test('joins no two versions of a file over an interruption', async ({ context, serve }) => {
  const host = await serve(SLOW);
  const first = await LibraryPage.open(context);
  const work = first.add(host.address).catch(() => undefined);
  await expectParts(first);
  await first.page.close();
  await work;

  const second = await LibraryPage.open(context);
  expect((await second.list()).map(({ state }) => state)).toEqual(['incomplete']);
  host.version = '2';
  const { error } = await second.add(host.address);
  expect(error).toMatchObject({ code: 'weights/changed' });
  expect(await second.entries()).toEqual({});
  expect((await second.add(host.address)).error).toBeUndefined();
  await expectWhole(second);
});

/** A byte of the UNet's weights that opening the model does not reach; it reads their beginning and middle. */
const CUT = 5 * 2 ** 20;

/** The hash that a host publishes for the UNet's weights, so that they are compared with it. */
function publishedHash(): Map<string, string> {
  const bytes = readFileSync(path.join(TINY_MODEL, UNET));
  return new Map([[UNET, createHash('sha256').update(bytes).digest('hex')]]);
}

test('goes on where a body was cut short', async ({ context, serve }) => {
  let cut: HostRequest | undefined;
  const host = await serve({
    ...SLOW,
    sha256: publishedHash(),
    cutAt(request) {
      if (cut || request.path !== UNET || request.begin >= CUT || request.end <= CUT) return undefined;
      cut = request;
      return CUT;
    },
  });
  const library = await LibraryPage.open(context);
  expect(await library.add(host.address)).toMatchObject({ value: { checkedFiles: 1 } });
  const [first, rest, ...others] = host.requests.filter(
    (request) => request.path === UNET && request.end === cut?.end,
  );
  expect(first).toBe(cut);
  expect(first?.sentBytes).toBe(CUT - (first?.begin ?? 0));
  expect(rest?.begin).toBeGreaterThan(first?.begin ?? Infinity);
  expect(rest?.begin).toBeLessThanOrEqual(CUT);
  expect(others).toEqual([]);
  await expectWhole(library);
});

// Some 40 seconds of pauses between attempts; `http-source.test.ts` has the same with short ones.
test(
  'gives up a file whose bodies always end at the same byte, and keeps what is right',
  { tag: '@slow' },
  async ({ context, serve }) => {
    let isCut = true;
    const host = await serve({
      sha256: publishedHash(),
      cutAt: ({ path: file }) => (isCut && file === UNET ? CUT : undefined),
    });
    const library = await LibraryPage.open(context);
    const { error } = await library.add(host.address);
    expect(error).toMatchObject({ code: 'weights/unreachable', detail: { file: UNET } });
    expect((await library.list()).map(({ state }) => state)).toEqual(['incomplete']);
    expect((await library.entries())['part']).toBeGreaterThan(0);
    expect(await library.damagedEntries()).toBe(0);

    isCut = false;
    expect(await library.add(host.address)).toMatchObject({ value: { checkedFiles: 1 } });
    await expectWhole(library);
  },
);

test('takes nothing from a host whose answers are other ranges than those asked for', async ({
  context,
  serve,
}) => {
  let isShifted = true;
  const host = await serve({
    intercept(file, request, response) {
      const [, begin = 0, last = 0] = (/(\d+)-(\d+)/.exec(request.headers.range ?? '') ?? []).map(Number);
      if (isShifted && file === UNET && begin > 0)
        response.setHeader('Content-Range', `bytes ${begin + 1}-${last}/99999999`);
      return file;
    },
  });
  const library = await LibraryPage.open(context);
  const { error } = await library.add(host.address);
  expect(error?.code).toMatch(/^weights\/(changed|unreachable)$/);
  expect(await library.damagedEntries()).toBe(0);
  isShifted = false;
  expect((await library.add(host.address)).error).toBeUndefined();
  await expectWhole(library);
});

test('asks the original address again when what it led to has expired', async ({ context, serve }) => {
  let redirects = 0;
  let refused = 0;
  /** What earlier redirects led to is of no use any more. */
  let age = 0;
  const host = await serve({
    ...SLOW,
    intercept(file, _, response) {
      const [, signed, name] = /^cdn\/(\d+)\/(.*)$/.exec(file) ?? [];
      if (name === undefined) {
        // Hubs lead nowhere for what they do not have.
        if (!file.endsWith('.safetensors') || file.endsWith('.fp16.safetensors')) return file;
        // Every third redirect comes too late.
        const isStale = ++redirects % 3 === 0;
        response.writeHead(302, { Location: `/cdn/${isStale ? 0 : age + 1}/${file}` }).end();
        return undefined;
      }
      if (Number(signed) === age + 1) return name;
      refused++;
      response.writeHead(403).end();
      return undefined;
    },
  });
  const first = await LibraryPage.open(context);
  const work = first.add(host.address).catch(() => undefined);
  await expectParts(first);
  await first.page.close();
  await work;
  age++;
  const second = await LibraryPage.open(context);
  expect((await second.add(host.address)).error).toBeUndefined();
  expect(refused).toBeGreaterThan(2);
  await expectWhole(second);
});

test('is fetched once for two pages, and both see how far it is', async ({ context, serve }) => {
  const host = await serve(SLOW);
  const [first, second] = [await LibraryPage.open(context), await LibraryPage.open(context)];
  const both = Promise.all([first.add(host.address), second.add(host.address)]);
  for (const library of [first, second])
    await expect.poll(async () => (await library.progress())?.totalBytes ?? 0).toBeGreaterThan(0);
  const progress = [await first.progress(), await second.progress()];
  expect(progress.map((one) => one?.elsewhere).sort()).toEqual([false, true]);
  const [one, two] = await both;
  expect(one.value).toEqual(two.value);
  const asked = host.requests.map(({ path: file, begin, end }) => `${file} ${begin}-${end}`);
  expect(asked).toHaveLength(new Set(asked).size);
  await expectWhole(second);
});
