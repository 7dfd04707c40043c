/**
 * @file What `--model` means: an address, a folder or a file on disk, or the id of a stored model or of one in the
 * catalog. What is on disk under that name wins, because the user can see it.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { AppError } from '../../src/error.ts';
import { modelAddress } from '../../src/weights/model-address.ts';
import { ORIGIN } from './page.ts';

const INDEX_FILE = 'model_index.json';
const WEIGHT_FILE = /\.safetensors$/i;
const SIDECAR = 'emulsion.json';
/** What is on this disk is served below this path of the site, under its own whole path. */
const LOCAL_PREFIX = '/local-model/';

/** The model as the page is told of it: by the id of a stored model or of one in the catalog, or by its address. */
export type ModelOrder =
  | { readonly kind: 'default' }
  | { readonly kind: 'named'; readonly id: string }
  | { readonly kind: 'url'; readonly url: string };

export interface ResolvedModel {
  readonly order: ModelOrder;
  /** What the site has to serve for it: folders by address prefix, single files by address. */
  readonly folders: Readonly<Record<string, string>>;
}

/**
 * @param model as typed; absent for the embedded model
 * @param cwd where a relative path starts
 * @throws AppError `model/unknown` for a path where nothing is and for an address that is none, `model/config-missing` for a folder that holds no model
 */
export function resolveModel(model: string | undefined, cwd: string): ResolvedModel {
  if (model === undefined) return { order: { kind: 'default' }, folders: {} };
  if (/^https?:\/\//i.test(model)) {
    const url = modelAddress(model);
    if (url === undefined) throw new AppError('model/unknown', { model });
    return { order: { kind: 'url', url }, folders: {} };
  }
  const file = path.resolve(cwd, model);
  const stats = statSync(file, { throwIfNoEntry: false });
  if (stats?.isDirectory() === true) return localFolder(file);
  if (stats?.isFile() === true && WEIGHT_FILE.test(file)) return localFile(file);
  if (/[/\\]|^\./.test(model) || WEIGHT_FILE.test(model)) throw new AppError('model/unknown', { model });
  return { order: { kind: 'named', id: model }, folders: {} };
}

function localFolder(folder: string): ResolvedModel {
  if (!existsSync(path.join(folder, INDEX_FILE))) {
    throw new AppError('model/config-missing', { file: INDEX_FILE });
  }
  return {
    order: { kind: 'url', url: localAddress(`${folder}/`) },
    folders: { [servedPath(`${folder}/`)]: folder },
  };
}

/** The file, what may say more about it, and what that names; nothing else in its folder is served. */
function localFile(file: string): ResolvedModel {
  const folder = path.dirname(file);
  const sidecars = [file.replace(WEIGHT_FILE, `.${SIDECAR}`), path.join(folder, SIDECAR)];
  const components = sidecars.flatMap(namedComponents).map((name) => path.join(folder, name));
  const served = [file, ...sidecars, ...components];
  return {
    order: { kind: 'url', url: localAddress(file) },
    folders: Object.fromEntries(served.map((name) => [servedPath(name), name])),
  };
}

/** Paths in the `components` of a sidecar; folders end in a slash. What is wrong with it, the engine says. */
function namedComponents(sidecar: string): string[] {
  try {
    const { components = {} } = JSON.parse(readFileSync(sidecar, 'utf8')) as { components?: object };
    return Object.values(components).flatMap((name: unknown) => {
      if (typeof name !== 'string' || URL.canParse(name)) return [];
      const isInside = !path.isAbsolute(name) && !path.normalize(name).startsWith('..');
      return isInside ? [WEIGHT_FILE.test(name) ? name : `${name}/`] : [];
    });
  } catch {
    return [];
  }
}

/** Where a file on this disk, or a folder that ends in a slash, is served: one address for each. */
function localAddress(file: string): string {
  return ORIGIN + servedPath(file).split('/').map(encodeURIComponent).join('/');
}

/** The path on this disk behind the address of a local model; `undefined` for an address on the web. */
export function localPath(address: string): string | undefined {
  const prefix = ORIGIN + LOCAL_PREFIX;
  if (!address.startsWith(prefix)) return undefined;
  const names = address.slice(prefix.length).split('/').map(decodeURIComponent);
  return path.resolve(path.sep, ...names);
}

function servedPath(file: string): string {
  return LOCAL_PREFIX + file.split(path.sep).join('/').replace(/^\//, '');
}
