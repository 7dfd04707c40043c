/** @file `npm run models`: models in the command line's own profile, paused, painted with offline, checked, removed. */
import { cpSync, renameSync } from 'node:fs';
import type { IncomingMessage, RequestListener } from 'node:http';
import path from 'node:path';
import { expect, test as base } from '@playwright/test';
import { createSite, listen, SITE_HEADERS } from '../scripts/site.ts';
import type { LibraryListing, StoredModel } from '../src/engine/protocol/library.ts';
import { generate, run, runByNpm, type CommandResult } from './command-line.ts';

const TINY = 'e2e/fixtures/tiny-sdxl';
const OPENING_BYTES = 2 ** 20;

/** A host of the tiny model that can let the weights of the UNet wait. */
interface Host {
  readonly address: string;
  isStalling: boolean;
  /** Resolves when a request waits. */
  readonly stalled: Promise<void>;
  close(): void;
}

const test = base.extend<{ host: Host; models: (...args: string[]) => ReturnType<typeof run> }>({
  host: async ({}, use) => {
    const shared = { 'Access-Control-Allow-Origin': '*', 'Access-Control-Expose-Headers': 'Content-Range' };
    const folders = { '/tiny/': path.resolve(TINY, 'model') };
    const server = createSite({ folders, headers: { ...SITE_HEADERS, ...shared } });
    const [answer] = server.listeners('request') as [RequestListener];
    server.removeAllListeners('request');
    let noteStall = (): void => undefined;
    const host = {
      address: `http://127.0.0.1:${await listen(server, 0)}/tiny`,
      isStalling: false,
      stalled: new Promise<void>((resolve) => (noteStall = resolve)),
      close: () => {
        server.close();
        server.closeAllConnections();
      },
    };
    server.on('request', ((request, response) => {
      if (host.isStalling && isBulkOfUnet(request)) noteStall();
      else answer(request, response);
    }) satisfies RequestListener);
    await use(host);
    host.close();
  },
  models: async ({}, use, testInfo) => {
    const profile = testInfo.outputPath('profile');
    await use((...args) => run('models', [...args, '--json', '--profile', profile]));
  },
});

/** Whether more of the UNet is asked for than opening it takes. */
function isBulkOfUnet({ url = '', headers }: IncomingMessage): boolean {
  const [, begin, last] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '') ?? [];
  return /\/unet\/.*\.safetensors$/.test(url) && Number(last) - Number(begin) > OPENING_BYTES;
}

/** What a command printed with `--json`. */
function answerOf({ code, stdout, stderr }: CommandResult): unknown {
  expect(stderr.filter((line) => line.startsWith('error'))).toEqual([]);
  expect(code).toBe(0);
  return JSON.parse(stdout);
}

test('a model is paused by Ctrl-C, goes on, paints without its host, and is removed', async ({
  host,
  models,
}, testInfo) => {
  const profile = ['--profile', testInfo.outputPath('profile')];
  host.isStalling = true;
  // npm stands between the terminal and the command.
  const begun = runByNpm('models', ['add', host.address, '--id', 'mine', '--json', ...profile]);
  await host.stalled;
  begun.interrupt();
  const paused = await begun.result;
  expect(paused.stderr.join('\n')).toContain('paused');
  expect(paused.stdout).toBe('');
  const partial = (answerOf(await models('list').result) as LibraryListing).models;
  expect(partial).toMatchObject([{ id: 'mine', state: 'incomplete', source: `${host.address}/` }]);

  host.isStalling = false;
  const stored = answerOf(await models('add', 'mine').result) as StoredModel;
  expect(stored).toMatchObject({ id: 'mine', state: 'ready', storedBytes: stored.byteLength });

  host.close();
  const out = testInfo.outputPath('picture.png');
  const order = ['a fox', '--model', 'mine', '--backend', 'wasm', '--steps', '1', '--out', out];
  const painted = await generate(...order, ...profile, '--json');
  expect(answerOf(painted)).toMatchObject({ model: { id: 'mine' } });

  const removed = answerOf(await models('remove', 'mine').result);
  expect(removed).toEqual({ id: 'mine', freedBytes: stored.ownBytes });
});

test('a model from this disk says where it came from when that is gone; a licence has to be accepted', async ({
  models,
}, testInfo) => {
  const folder = testInfo.outputPath('model');
  cpSync(`${TINY}/model`, folder, { recursive: true });
  const stored = answerOf(await models('add', folder).result) as StoredModel;
  expect(stored).toMatchObject({ id: 'model', source: folder });
  renameSync(folder, `${folder} moved`);
  const lost = await models('verify', 'model', '--repair').result;
  expect(lost.code).toBe(1);
  expect(lost.stderr.at(-1)).toMatch(/^error: store\/source-needed: \S/);
  expect(lost.stderr.at(-1)).toContain(folder);
  const found = await models('verify', 'model', '--repair', '--source', `${folder} moved`).result;
  expect(answerOf(found)).toMatchObject({ id: 'model', byteLength: stored.byteLength, damaged: [] });

  // By its name where it is stored, by its address where it is painted with.
  const file = 'https://huggingface.co/stabilityai/sdxl-turbo/resolve/main/sd_xl_turbo_1.0_fp16.safetensors';
  for (const refused of [
    await models('add', 'sdxl-turbo').result,
    await generate('a fox', '--model', file, '--out', testInfo.outputPath('none.png')),
  ])
    expect([refused.code, refused.stderr.at(-1)]).toEqual([
      1,
      expect.stringMatching(/^error: model\/licence: .*SDXL Turbo.*--accept-licence/),
    ]);
});
