import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ModelReference } from '../../src/engine/protocol/model.ts';
import { localPath, referenceOf, resolveModel, servedFor } from './model.ts';

let cwd = '';
beforeAll(() => {
  cwd = mkdtempSync(path.join(os.tmpdir(), 'emulsion-model-'));
  mkdirSync(path.join(cwd, '模型 1'));
  writeFileSync(path.join(cwd, '模型 1', 'model_index.json'), '{}');
  mkdirSync(path.join(cwd, 'empty'));
  writeFileSync(path.join(cwd, 'empty', '单 1.safetensors'), '');
  mkdirSync(path.join(cwd, 'nothing'));
  mkdirSync(path.join(cwd, 'a vae'));
  writeFileSync(path.join(cwd, 'a vae', 'config.json'), '{}');
});
afterAll(() => rmSync(cwd, { recursive: true }));

const local = () => `http://emulsion.localhost/local-model${cwd}`;
const served = (folder: string, ...names: string[]) =>
  Object.fromEntries(
    names.map((name) => [`/local-model${cwd}/${folder}/${name}`, path.join(cwd, folder, name)]),
  );

describe('resolveModel', () => {
  it('takes the embedded model by default', () => {
    expect(resolveModel(undefined, cwd)).toEqual({ order: { kind: 'default' }, folders: {} });
  });

  it.each(['https://host/model', 'https://host/model/'])('takes %s for an address', (address) => {
    expect(resolveModel(address, cwd).order).toEqual({ kind: 'url', url: 'https://host/model/' });
  });

  it.each(['模型 1', './模型 1/'])('serves the folder %s under its whole path', (name) => {
    expect(resolveModel(name, cwd)).toEqual({
      order: { kind: 'url', url: `${local()}/${encodeURIComponent('模型 1')}/` },
      folders: { [`/local-model${cwd}/模型 1/`]: path.join(cwd, '模型 1') },
    });
  });

  it.each([
    'https://host/x.safetensors',
    'https://host/folder/x.SAFETENSORS?download=true',
    'https://host/folder/?token=1',
  ])('keeps the address %s', (address) => {
    expect(resolveModel(address, cwd)).toEqual({ order: { kind: 'url', url: address }, folders: {} });
  });

  it('takes the page of a model on a hub for the address of its files', () => {
    const order = { kind: 'url', url: 'https://huggingface.co/owner/model/resolve/main/' };
    expect(resolveModel('https://huggingface.co/owner/model/tree/main', cwd).order).toEqual(order);
  });

  it('adds the slash of a folder before the query', () => {
    const order = { kind: 'url', url: 'https://host/folder/?token=1' };
    expect(resolveModel('https://host/folder?token=1', cwd).order).toEqual(order);
  });

  it('serves a single file and its sidecars, and nothing beside them', () => {
    const name = encodeURIComponent('单 1.safetensors');
    expect(resolveModel('empty/单 1.safetensors', cwd)).toEqual({
      order: { kind: 'url', url: `${local()}/empty/${name}` },
      folders: served('empty', '单 1.safetensors', '单 1.emulsion.json', 'emulsion.json'),
    });
  });

  it('serves the components that a sidecar names inside the folder', () => {
    const components = {
      ...{ unet: 'parts/unet.safetensors', vae: 'vae', tiny_vae: 'https://host/vae/', text_encoder: 7 },
      ...{ text_encoder_2: '../secret.safetensors' },
    };
    mkdirSync(path.join(cwd, 'composed'));
    writeFileSync(path.join(cwd, 'composed', 'x.safetensors'), '');
    writeFileSync(path.join(cwd, 'composed', 'emulsion.json'), 'not JSON');
    writeFileSync(path.join(cwd, 'composed', 'x.emulsion.json'), JSON.stringify({ components }));
    expect(resolveModel('composed/x.safetensors', cwd).folders).toEqual(
      served(
        'composed',
        ...['x.safetensors', 'x.emulsion.json', 'emulsion.json', 'parts/unet.safetensors', 'vae/'],
      ),
    );
  });

  it('refuses a folder that holds no model', () => {
    expect(() => resolveModel('empty', cwd)).toThrow(
      expect.objectContaining({
        code: 'model/config-missing',
        detail: { file: path.join(cwd, 'empty', 'model_index.json') },
      }),
    );
  });

  it('takes another name for an id', () => {
    expect(resolveModel('sdxl-turbo', cwd).order).toEqual({ kind: 'named', id: 'sdxl-turbo' });
  });

  it.each([
    ...['./missing', 'missing/folder', '/missing', '..\\missing', 'missing.safetensors'],
    ...['https://', 'https://host/a model'],
  ])('refuses %s', (name) => {
    expect(() => resolveModel(name, cwd)).toThrow(expect.objectContaining({ code: 'model/unknown' }));
  });
});

describe('resolveModel with components', () => {
  const vae = () => ({ kind: 'url', url: `${local()}/a%20vae/` });
  const components = { unet: 'https://host/unet.safetensors', vae: 'a vae', text_encoder: 'other' };

  it('puts them on the model, and serves all that lies on this disk', () => {
    expect(resolveModel('模型 1', cwd, components)).toEqual({
      order: {
        kind: 'composed',
        base: { kind: 'url', url: `${local()}/${encodeURIComponent('模型 1')}/` },
        parts: {
          unet: { kind: 'url', url: 'https://host/unet.safetensors' },
          vae: vae(),
          text_encoder: { kind: 'named', id: 'other' },
        },
      },
      folders: {
        [`/local-model${cwd}/模型 1/`]: path.join(cwd, '模型 1'),
        [`/local-model${cwd}/a vae/`]: path.join(cwd, 'a vae'),
      },
    });
  });

  it('puts them on the embedded model by default', () => {
    const order = { kind: 'composed', base: { kind: 'default' }, parts: { vae: vae() } };
    expect(resolveModel(undefined, cwd, { vae: 'a vae' }).order).toEqual(order);
    expect(resolveModel(undefined, cwd, {}).order).toEqual({ kind: 'default' });
  });

  it.each([
    ['a place where nothing is', './missing', 'model/unknown', () => ({ model: './missing' })],
    [
      'a folder without a config and weights',
      'nothing',
      'model/config-missing',
      () => ({ file: path.join(cwd, 'nothing', 'config.json') }),
    ],
  ])('refuses %s', (_, vae, code, detail) => {
    expect(() => resolveModel('模型 1', cwd, { vae })).toThrow(
      expect.objectContaining({ code, detail: detail() }),
    );
  });

  it.each(['empty', 'empty/单 1.safetensors'])('take %s, which has weights alone', (vae) => {
    const order = resolveModel('模型 1', cwd, { vae }).order;
    expect(order).toMatchObject({ kind: 'composed', parts: { vae: { kind: 'url' } } });
  });

  it("takes no component's folder for a model", () => {
    expect(() => resolveModel('a vae', cwd)).toThrow(
      expect.objectContaining({
        code: 'model/config-missing',
        detail: { file: path.join(cwd, 'a vae', 'model_index.json') },
      }),
    );
  });

  it('has every name looked up', async () => {
    const find = (id: string | undefined): Promise<ModelReference> =>
      Promise.resolve({ kind: 'stored', id: id ?? 'embedded' });
    expect(await referenceOf(resolveModel(undefined, cwd, components).order, find)).toEqual({
      kind: 'composed',
      base: { kind: 'stored', id: 'embedded' },
      parts: {
        unet: { kind: 'url', url: 'https://host/unet.safetensors' },
        vae: vae(),
        text_encoder: { kind: 'stored', id: 'other' },
      },
    });
  });

  it('knows what to serve for it later, and when that is gone', async () => {
    const { order, folders } = resolveModel('模型 1', cwd, components);
    const reference = await referenceOf(order, (id = '') => Promise.resolve({ kind: 'stored', id }));
    expect(servedFor(reference)).toEqual(folders);
    const moved: ModelReference = { kind: 'url', url: `${local()}/moved/` };
    expect(() => servedFor({ kind: 'composed', base: reference, parts: { vae: moved } })).toThrow(
      expect.objectContaining({ code: 'model/unknown' }),
    );
    // As a model it would need an index.
    const part = resolveModel('模型 1', cwd, { vae: 'a vae' }).order;
    expect(() =>
      servedFor(part.kind === 'composed' ? (part.parts.vae as ModelReference) : reference),
    ).toThrow(expect.objectContaining({ code: 'model/config-missing' }));
  });
});

describe('localPath', () => {
  it.each(['模型 1', 'empty/单 1.safetensors'])('leads from the address of %s back to it', (name) => {
    const { order } = resolveModel(name, cwd);
    expect(localPath(order.kind === 'url' ? order.url : '')).toBe(path.join(cwd, name));
  });

  it('is of no address on the web', () => {
    expect(localPath('https://host/local-model/x/')).toBeUndefined();
    expect(localPath('http://emulsion.localhost/models/starter/')).toBeUndefined();
  });
});
