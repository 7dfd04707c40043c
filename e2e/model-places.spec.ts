/** @file Models from other places than one folder on disk, on the command line and in the page. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, type TestInfo } from '@playwright/test';
import { decode } from 'fast-png';
import { DIST } from '../scripts/build.ts';
import { createSite, listen, SITE_HEADERS } from '../scripts/site.ts';
import type { StoredModel } from '../src/engine/protocol/library.ts';
import { generate, run } from './command-line.ts';
import { test as base } from './studio.ts';

const TINY = 'e2e/fixtures/tiny-sdxl';
const MODEL = `${TINY}/model`;

/** The site with the tiny model at two addresses, which other sites may read; it ends in a slash. */
const test = base.extend<{ host: string }>({
  host: async ({}, use) => {
    const shared = { 'Access-Control-Allow-Origin': '*', 'Access-Control-Expose-Headers': 'Content-Range' };
    const model = path.resolve(MODEL);
    const folders = { '/': DIST, '/tiny/': model, '/other/': model };
    const server = createSite({ folders, headers: { ...SITE_HEADERS, ...shared } });
    await use(`http://127.0.0.1:${await listen(server, 0)}/`);
    server.close();
    server.closeAllConnections();
  },
});

/** Paints one small picture on the command line, with the small decoder. */
async function paint(
  testInfo: TestInfo,
  name: string,
  ...flags: readonly string[]
): Promise<ArrayLike<number>> {
  const out = testInfo.outputPath(name);
  const order = ['fox', '--seed', '3', '--steps', '1', '--width', '64', '--height', '64', '--vae', 'tiny'];
  const { code, stderr } = await generate(...order, '--backend', 'wasm', ...flags, '--out', out);
  expect(stderr.filter((line) => line.startsWith('error'))).toEqual([]);
  expect(code).toBe(0);
  return decode(readFileSync(out)).data;
}

/** The tiny model as a single file with its sidecar, which has more to say. */
function writeSingleFile(folder: string, more: object = {}): string {
  const file = path.join(folder, 'tiny.safetensors');
  cpSync(`${TINY}/single_file_ldm.bf16.safetensors`, file);
  const sidecar = JSON.parse(readFileSync(`${TINY}/single_file_ldm.bf16.emulsion.json`, 'utf8')) as object;
  writeFileSync(path.join(folder, 'tiny.emulsion.json'), JSON.stringify({ ...sidecar, ...more }));
  return file;
}

test('one file with its sidecar and a decoder beside it paints what the folder at an address does', async ({
  host,
}, testInfo) => {
  const folder = testInfo.outputPath('one');
  cpSync(`${MODEL}/tiny_vae`, path.join(folder, 'small'), { recursive: true });
  const file = writeSingleFile(folder, { components: { tiny_vae: 'small' } });
  const fromFile = await paint(testInfo, 'file.png', '--model', file);
  expect(fromFile).toEqual(await paint(testInfo, 'address.png', '--model', `${host}tiny`));
});

test(
  'components named on the command line make up the model, which can be stored beside its base',
  { tag: '@slow' },
  async ({ host }, testInfo) => {
    const file = writeSingleFile(testInfo.outputPath('one'));
    const components = [
      ['--component', `unet=${host}tiny`],
      ['--component', `vae=${MODEL}/vae/diffusion_pytorch_model.safetensors`],
      ['--component', `tiny_vae=${MODEL}/tiny_vae`],
    ].flat();
    const whole = await paint(testInfo, 'whole.png', '--model', MODEL);
    expect(await paint(testInfo, 'composed.png', '--model', file, ...components)).toEqual(whole);

    const profile = ['--profile', testInfo.outputPath('profile')];
    const models = async (...args: readonly string[]): Promise<unknown> => {
      const { code, stdout, stderr } = await run('models', [...args, '--json', ...profile]).result;
      expect(stderr.filter((line) => line.startsWith('error'))).toEqual([]);
      expect(code).toBe(0);
      return JSON.parse(stdout);
    };
    const stored = (await models('add', file, ...components)) as StoredModel;
    const id = 'tiny+unet=tiny+vae=vae+tiny_vae=tiny_vae';
    const sources = [
      `unet: ${host}tiny/`,
      `vae: ${path.resolve(MODEL)}/vae/`,
      `tiny_vae: ${path.resolve(MODEL)}`,
    ];
    expect(stored).toMatchObject({ id, state: 'ready' });
    for (const source of [file, ...sources]) expect(stored.source).toContain(source);
    expect(await models('add', id)).toMatchObject({ id, state: 'ready' });
    expect(await models('verify', id, '--repair')).toMatchObject({ id, damaged: [] });
    expect(await paint(testInfo, 'stored.png', '--model', id, ...profile)).toEqual(whole);
  },
);

test('a component that does not exist is refused by its name', async ({}, testInfo) => {
  const out = ['--out', testInfo.outputPath('none.png')];
  const unknown = await generate('fox', '--component', 'decoder=x', ...out);
  expect([unknown.code, unknown.stderr.at(-1)]).toEqual([2, expect.stringContaining('not "decoder=x"')]);
  const nowhere = await generate('fox', '--component', 'vae=./nowhere', ...out);
  expect([nowhere.code, nowhere.stderr.at(-1)]).toEqual([
    1,
    expect.stringMatching(/^error: model\/unknown: .*\.\/nowhere/),
  ]);
});

test('the page takes components from elsewhere, says so, and keeps the model under a name of its own', async ({
  page,
  studio,
  host,
}) => {
  const { models } = studio;
  const vae = models.getByLabel('Address of a VAE');
  await page.goto(`${host}?backend=wasm`);
  await studio.expectReady();
  await studio.openModels();
  await models.getByText('Components from elsewhere').click();
  await vae.fill(`${host}other`);
  await studio.folder.setInputFiles(MODEL);
  await expect(models).toContainText(`model + vae: ${host}other/`);
  await models.getByRole('button', { name: 'Back' }).click();

  await models.getByText('Components from elsewhere').click();
  await vae.fill('no address');
  await models.getByLabel('Address of a model').fill(`${host}tiny`);
  await page.keyboard.press('Enter');
  await expect(studio.alert).toContainText('not a web address');
  await expect(vae).toBeFocused();
  await expect(vae).toHaveAttribute('aria-invalid', 'true');
  await vae.fill(`${host}other`);
  await expect(vae).toHaveAttribute('aria-invalid', 'false');
  await page.keyboard.press('Enter');
  await expect(models).toContainText(`${host}tiny/ + vae: ${host}other/`);
  await models.getByRole('button', { name: 'Download and keep' }).click();

  const name = 'tiny+vae=other';
  const row = models.getByRole('article', { name });
  await expect(row).toContainText(`${host}tiny/ + vae: ${host}other/`);
  await row.getByRole('button', { name: 'Paint with it' }).click();
  await expect(page.locator('emulsion-model-panel .name')).toHaveText(name);
  await page.reload();
  await studio.expectReady();
  await expect(page.locator('emulsion-model-panel .name')).toHaveText(name);
});
