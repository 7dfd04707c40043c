/** @file Models from other places than a folder on disk, on the command line. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@playwright/test';
import { decode } from 'fast-png';
import { createSite, listen, SITE_HEADERS } from '../scripts/site.ts';
import { generate } from './command-line.ts';

const TINY = 'e2e/fixtures/tiny-sdxl';

test('one file with its sidecar and a decoder beside it paints what the folder at an address does', async ({}, testInfo) => {
  const folder = testInfo.outputPath('one');
  cpSync(`${TINY}/single_file_ldm.bf16.safetensors`, path.join(folder, 'tiny.safetensors'));
  cpSync(`${TINY}/model/tiny_vae`, path.join(folder, 'small'), { recursive: true });
  const sidecar = JSON.parse(readFileSync(`${TINY}/single_file_ldm.bf16.emulsion.json`, 'utf8')) as object;
  const composed = { ...sidecar, components: { tiny_vae: 'small' } };
  writeFileSync(path.join(folder, 'tiny.emulsion.json'), JSON.stringify(composed));
  const shared = { 'Access-Control-Allow-Origin': '*', 'Access-Control-Expose-Headers': 'Content-Range' };
  const headers = { ...SITE_HEADERS, ...shared };
  const server = createSite({ folders: { '/models/tiny/': path.resolve(TINY, 'model') }, headers });
  const origin = `http://127.0.0.1:${await listen(server, 0)}`;

  const paint = async (model: string, name: string): Promise<ArrayLike<number>> => {
    const out = testInfo.outputPath(name);
    const order = ['fox', '--seed', '3', '--steps', '1', '--width', '64', '--height', '64', '--vae', 'tiny'];
    const { code } = await generate(...order, '--backend', 'wasm', '--model', model, '--out', out);
    expect(code).toBe(0);
    return decode(readFileSync(out)).data;
  };
  try {
    const fromFile = await paint(path.join(folder, 'tiny.safetensors'), 'file.png');
    expect(fromFile).toEqual(await paint(`${origin}/models/tiny`, 'address.png'));
  } finally {
    server.close();
    server.closeAllConnections();
  }
});
