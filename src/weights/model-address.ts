/**
 * @file From what people copy out of an address bar to where a model's files are; the page and the command line read it
 * alike. Pages of model hubs are not files; the addresses of the files behind them follow a rule.
 */
import { decodePathPart } from './path-part.ts';

/** Hubs that show `/owner/model` as a page and serve its files below `/owner/model/resolve/REVISION/`. */
const HUBS: ReadonlySet<string> = new Set(['huggingface.co', 'hf-mirror.com']);

/**
 * The address of a model's folder, its path ending in `/`, or of its one `.safetensors` file; `undefined` for what is no
 * web address. An address without a scheme is taken as https. A query is kept, because it may be what opens the files;
 * only that of a hub's page says nothing of them.
 */
export function modelAddress(text: string): string | undefined {
  const trimmed = text.trim();
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed) ? trimmed : `https://${trimmed}`;
  if (!URL.canParse(address) || /\s/.test(trimmed)) return undefined;
  const url = new URL(address);
  if (!/^https?:$/.test(url.protocol)) return undefined;
  url.hash = '';
  const files = HUBS.has(url.hostname.replace(/^www\./, '')) ? hubFiles(url.pathname) : undefined;
  url.pathname = files ?? url.pathname;
  if (!/\.safetensors$/i.test(url.pathname)) {
    url.pathname = url.pathname.replace(/(\/model_index\.json)?\/*$/, '/');
    if (files !== undefined) url.search = '';
  }
  return url.href;
}

/** Where the files of `/owner/model` are, and of its `tree` and `blob` pages; `undefined` for any other path. */
function hubFiles(path: string): string | undefined {
  const [owner = '', model = '', page = '', revision = 'main', ...rest] = path.split('/').slice(1);
  if (model === '') return undefined;
  if (page === '') return `/${owner}/${model}/resolve/main/`;
  return ['tree', 'blob'].includes(page)
    ? `/${[owner, model, 'resolve', revision, ...rest].join('/')}`
    : undefined;
}

/**
 * Whether an address leads to a model that is at another one, or to a part of it: to the same folder or file, or into the
 * same repository, whatever its revision, the hub it is mirrored on, and the query.
 */
export function isPartOf(address: string, model: string): boolean {
  return placeOf(address).startsWith(placeOf(model).replace(/\/resolve\/.*$/, '/'));
}

/** Host and path, spelt in one way. */
function placeOf(address: string): string {
  const { host, pathname } = new URL(address);
  const plainHost = host.replace(/^www\./, '');
  const path = decodePathPart(pathname).replace(/\/+/g, '/');
  // Hubs take names in upper and lower case for the same.
  return HUBS.has(plainHost) ? `hub${path.toLowerCase()}` : plainHost + path;
}
