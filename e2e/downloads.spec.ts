/** @file Downloads and what goes wrong with them: killed browsers, hosts that misbehave, two pages that want the same. */
import { expect } from '@playwright/test';
import { soakFailures } from '../scripts/soak-downloads/report.ts';
import { soakDownloads } from '../scripts/soak-downloads/soak.ts';
import { expectWhole, LibraryPage, test } from './library-page.ts';

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

test('goes on where a body was cut short, and takes nothing from a host that lies', async ({
  context,
  serve,
}) => {
  const fault = { kind: 'none' as 'none' | 'cut' | 'shift' };
  const host = await serve({
    intercept(file, request, response) {
      const [, begin = 0, last = 0] = (/(\d+)-(\d+)/.exec(request.headers.range ?? '') ?? []).map(Number);
      if (file !== UNET || begin === 0) return file;
      if (fault.kind === 'shift') response.setHeader('Content-Range', `bytes ${begin + 1}-${last}/99999999`);
      if (fault.kind !== 'cut') return file;
      fault.kind = 'none';
      response.writeHead(206, { ETag: '"1"', 'Content-Range': `bytes ${begin}-${last}/99999999` });
      response.write(Buffer.alloc(1000), () => response.destroy());
      return undefined;
    },
  });
  const library = await LibraryPage.open(context);
  fault.kind = 'shift';
  const { error } = await library.add(host.address);
  expect(error?.code).toMatch(/^weights\/(changed|unreachable)$/);
  fault.kind = 'none';
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
        if (!file.endsWith('.safetensors')) return file;
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
