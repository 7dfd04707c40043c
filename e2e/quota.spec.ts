/** @file A browser that gives too little room, before and in the middle of an import: the quota of a real browser. */
import { expect, type BrowserContext } from '@playwright/test';
import { expectWhole, LibraryPage, test } from './library-page.ts';
import { siteAddress } from './site.ts';

const MIB = 2 ** 20;

/** Sets what the browser gives the site, in bytes; without a number as much as it would. */
async function setQuota(context: BrowserContext, { page }: LibraryPage, quotaSize?: number): Promise<void> {
  const session = await context.newCDPSession(page);
  const { origin } = new URL(siteAddress());
  await session.send('Storage.overrideQuotaForOrigin', {
    origin,
    ...(quotaSize !== undefined && { quotaSize }),
  });
}

test('says how much room is missing before it fetches weights, and paints without storing', async ({
  context,
  serve,
}) => {
  const host = await serve();
  const model = { kind: 'url', url: host.address } as const;
  const library = await LibraryPage.open(context);
  await setQuota(context, library, 2 * MIB);
  const { error } = await library.add(host.address);
  expect(error).toMatchObject({ code: 'store/quota' });
  expect(await library.entries()).toEqual({});
  expect(await library.paint(model)).toBe(0);
});

test('stores nothing by halves when the room ends in the middle', async ({ context, serve }) => {
  let asked = 0;
  let fill = (): Promise<void> => Promise.resolve();
  const host = await serve({
    async intercept(file, request) {
      // The files' beginnings come before there is an import.
      const isWeights = file.endsWith('.safetensors') && !request.headers.range?.startsWith('bytes=0-');
      if (isWeights && ++asked === 2) await fill();
      return file;
    },
  });
  const library = await LibraryPage.open(context);
  const needed = await library.inspect(host.address);
  asked = 0;
  // What the estimate asks for; then something else of the site takes most of it.
  const room = Math.ceil(2.1 * needed);
  await setQuota(context, library, room);
  fill = () => library.fill(room - needed);
  const { error } = await library.add(host.address);
  expect(asked).toBeGreaterThan(0);
  expect(error).toMatchObject({ code: 'store/quota' });
  expect(await library.entries()).toEqual({});
  fill = () => Promise.resolve();
  await setQuota(context, library);
  expect((await library.add(host.address)).error).toBeUndefined();
  await expectWhole(library);
});
