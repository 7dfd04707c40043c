/**
 * @file What `--model` means: an address, a folder or a file on disk, or the name of a model in the catalog. What is
 * on disk under that name wins over the catalog, because the user can see it.
 */
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { AppError } from '../../src/error.ts';
import type { ModelOrder } from './paint.ts';
import { ORIGIN } from './page.ts';

const INDEX_FILE = 'model_index.json';
const WEIGHT_FILE = /\.safetensors$/i;
const SIDECAR = 'emulsion.json';

export interface ResolvedModel {
  readonly order: ModelOrder;
  /** What the site has to serve for it: folders by address prefix, single files by address. */
  readonly folders: Readonly<Record<string, string>>;
}

/**
 * @param model as typed; absent for the embedded model
 * @param cwd where a relative path starts
 * @throws AppError `model/unknown` for a path where nothing is, `model/config-missing` for a folder that holds no model
 */
export function resolveModel(model: string | undefined, cwd: string): ResolvedModel {
  if (model === undefined) return { order: { kind: 'default' }, folders: {} };
  if (/^https?:\/\//i.test(model)) return { order: { kind: 'url', url: modelAddress(model) }, folders: {} };
  const file = path.resolve(cwd, model);
  const stats = statSync(file, { throwIfNoEntry: false });
  if (stats?.isDirectory() === true) return localFolder(file);
  if (stats?.isFile() === true && WEIGHT_FILE.test(file)) return localFile(file);
  if (/[/\\]|^\./.test(model) || WEIGHT_FILE.test(model)) throw new AppError('model/unknown', { model });
  return { order: { kind: 'catalog', id: model }, folders: {} };
}

/** Folders end in a slash. */
function modelAddress(address: string): string {
  const url = new URL(address);
  if (!url.pathname.endsWith('/') && !WEIGHT_FILE.test(url.pathname)) url.pathname += '/';
  return url.href;
}

function localFolder(folder: string): ResolvedModel {
  if (!existsSync(path.join(folder, INDEX_FILE))) {
    throw new AppError('model/config-missing', { file: INDEX_FILE });
  }
  const name = path.basename(folder) || 'model';
  const url = `${ORIGIN}/local-model/${encodeURIComponent(name)}/`;
  return { order: { kind: 'url', url }, folders: { [`/local-model/${name}/`]: folder } };
}

/** The file and what may say more about it; nothing else in its folder is served. */
function localFile(file: string): ResolvedModel {
  const name = path.basename(file);
  const names = [name, name.replace(WEIGHT_FILE, `.${SIDECAR}`), SIDECAR];
  return {
    order: { kind: 'url', url: `${ORIGIN}/local-model/${encodeURIComponent(name)}` },
    folders: Object.fromEntries(
      names.map((served) => [`/local-model/${served}`, path.join(path.dirname(file), served)]),
    ),
  };
}
