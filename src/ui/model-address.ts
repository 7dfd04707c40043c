/**
 * @file From what people copy out of an address bar to where a model's files are. Pages of model hubs are not files;
 * the addresses of the files behind them follow a rule.
 */

/** Hubs that show `/owner/model` as a page and serve its files below `/owner/model/resolve/REVISION/`. */
const HUBS: ReadonlySet<string> = new Set(['huggingface.co', 'hf-mirror.com']);

/**
 * The address of a model's folder, ending in `/`, or of its one `.safetensors` file; `undefined` for what is no web
 * address. An address without a scheme is taken as https.
 */
export function modelAddress(text: string): string | undefined {
  const trimmed = text.trim();
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed) ? trimmed : `https://${trimmed}`;
  if (!URL.canParse(address) || /\s/.test(trimmed)) return undefined;
  const url = new URL(address);
  if (!/^https?:$/.test(url.protocol)) return undefined;
  url.hash = '';
  if (HUBS.has(url.hostname.replace(/^www\./, ''))) url.pathname = hubFiles(url.pathname);
  if (!url.pathname.endsWith('.safetensors')) {
    url.pathname = url.pathname.replace(/(\/model_index\.json)?\/*$/, '/');
    url.search = '';
  }
  return url.href;
}

/** `/owner/model` and its `tree` and `blob` pages → where the files are. */
function hubFiles(path: string): string {
  const [owner = '', model = '', page, revision = 'main', ...rest] = path.split('/').slice(1);
  if (page === undefined || page === '') return `/${owner}/${model}/resolve/main/`;
  return ['tree', 'blob'].includes(page)
    ? `/${[owner, model, 'resolve', revision, ...rest].join('/')}`
    : path;
}
