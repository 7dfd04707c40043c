/**
 * @file What `--model` and `--component` mean: an address, a folder or a file on disk, or the id of a stored model or of
 * one in the catalog. What is on disk under that name wins, because the user can see it.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { AppError } from '../../src/error.ts';
import type { ComponentName, ModelReference } from '../../src/engine/protocol/model.ts';
import { modelAddress } from '../../src/weights/model-address.ts';
import { ORIGIN } from './page.ts';

const WEIGHT_FILE = /\.safetensors$/i;
/** A file that tells the folder of a model from others, and its usual name. */
const MODEL_FOLDER = { mark: /^model_index\.json$/, usual: 'model_index.json' };
/** The same for the place of a component: a model, or the component's own folder. */
const COMPONENT_FOLDER = { mark: /^(model_index|config)\.json$|\.safetensors$/i, usual: 'config.json' };
const SIDECAR = 'emulsion.json';
/** What is on this disk is served below this path of the site, under its own whole path. */
const LOCAL_PREFIX = '/local-model/';

/** A model as the command line tells it; {@link referenceOf} looks up what it only names. */
export type ModelOrder =
  | { readonly kind: 'default' }
  | { readonly kind: 'named'; readonly id: string }
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'composed'; readonly base: ModelOrder; readonly parts: Parts<ModelOrder> };

export interface ResolvedModel {
  readonly order: ModelOrder;
  /** What the site has to serve for it: folders by address prefix, single files by address. */
  readonly folders: Readonly<Record<string, string>>;
}

type Parts<T> = Readonly<Partial<Record<ComponentName, T>>>;

/**
 * @param model as typed; absent for the embedded model
 * @param cwd where a relative path starts
 * @param components what comes from elsewhere, as typed
 * @throws AppError `model/unknown` for a path where nothing is and for an address that is none, `model/config-missing`
 *   for a folder that holds no model and, where a component is looked for, none of these either
 */
export function resolveModel(
  model: string | undefined,
  cwd: string,
  components: Parts<string> = {},
): ResolvedModel {
  const base: ResolvedModel =
    model === undefined
      ? { order: { kind: 'default' }, folders: {} }
      : resolvePlace(model, cwd, MODEL_FOLDER);
  const parts = mapParts(components, (place) => resolvePlace(place, cwd, COMPONENT_FOLDER));
  const all = Object.values(parts);
  if (all.length === 0) return base;
  return {
    order: { kind: 'composed', base: base.order, parts: mapParts(parts, ({ order }) => order) },
    folders: joined([base, ...all].map(({ folders }) => folders)),
  };
}

/**
 * The model behind an order.
 * @param find looks up the id of a stored model or of one in the catalog; `undefined` is the embedded model
 */
export async function referenceOf(
  order: ModelOrder,
  find: (id: string | undefined) => Promise<ModelReference>,
): Promise<ModelReference> {
  if (order.kind === 'url') return order;
  if (order.kind !== 'composed') return find(order.kind === 'named' ? order.id : undefined);
  const parts: Partial<Record<ComponentName, ModelReference>> = {};
  for (const [component, part] of Object.entries(order.parts) as [ComponentName, ModelOrder][])
    parts[component] = await referenceOf(part, find);
  return { kind: 'composed', base: await referenceOf(order.base, find), parts };
}

/**
 * What the site has to serve for a model that was resolved earlier.
 * @throws AppError as {@link resolveModel}, when it is not on this disk any more
 */
export function servedFor(reference: ModelReference, kind = MODEL_FOLDER): ResolvedModel['folders'] {
  if (reference.kind === 'composed') {
    const parts = Object.values(reference.parts).map((part) => servedFor(part, COMPONENT_FOLDER));
    return joined([servedFor(reference.base, kind), ...parts]);
  }
  const file = reference.kind === 'url' ? localPath(reference.url) : undefined;
  return file === undefined ? {} : resolvePlace(file, file, kind).folders;
}

function resolvePlace(place: string, cwd: string, kind: typeof MODEL_FOLDER): ResolvedModel {
  if (/^https?:\/\//i.test(place)) {
    const url = modelAddress(place);
    if (url === undefined) throw new AppError('model/unknown', { model: place });
    return { order: { kind: 'url', url }, folders: {} };
  }
  const file = path.resolve(cwd, place);
  const stats = statSync(file, { throwIfNoEntry: false });
  if (stats?.isDirectory() === true) return localFolder(file, kind);
  if (stats?.isFile() === true && WEIGHT_FILE.test(file)) return localFile(file);
  if (/[/\\]|^\./.test(place) || WEIGHT_FILE.test(place))
    throw new AppError('model/unknown', { model: place });
  return { order: { kind: 'named', id: place }, folders: {} };
}

function localFolder(folder: string, { mark, usual }: typeof MODEL_FOLDER): ResolvedModel {
  if (!readdirSync(folder).some((name) => mark.test(name)))
    throw new AppError('model/config-missing', { file: path.join(folder, usual) });
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
export function localAddress(file: string): string {
  return ORIGIN + servedPath(file).split('/').map(encodeURIComponent).join('/');
}

/** The path on this disk behind the address of a local model; `undefined` for an address on the web. */
export function localPath(address: string): string | undefined {
  const prefix = ORIGIN + LOCAL_PREFIX;
  if (!address.startsWith(prefix)) return undefined;
  const names = address.slice(prefix.length).split('/').map(decodeURIComponent);
  return path.resolve(path.sep, ...names);
}

/** The path of that address. */
export function servedPath(file: string): string {
  return LOCAL_PREFIX + file.split(path.sep).join('/').replace(/^\//, '');
}

function mapParts<T, U>(parts: Parts<T>, map: (part: T) => U): Parts<U> {
  const entries = Object.entries(parts) as [ComponentName, T][];
  return Object.fromEntries(entries.map(([component, part]) => [component, map(part)]));
}

function joined(folders: readonly ResolvedModel['folders'][]): ResolvedModel['folders'] {
  return Object.fromEntries(folders.flatMap((some) => Object.entries(some)));
}
