/**
 * @file The models that come with the site, as `models/catalog.json` lists them. The only place that knows
 * where they are; which one is embedded is the catalog's business.
 */
import type { ModelReference } from '../engine/protocol.ts';
import { AppError } from '../error.ts';

const CATALOG_FILE = 'models/catalog.json';

export interface Catalog {
  /** Id of the model a visitor starts with. */
  readonly defaultId: string;
  /** Absolute addresses by id, each ending in `/`. */
  readonly urls: ReadonlyMap<string, string>;
}

/** The model a visitor starts with. Throws `weights/…` or `model/config-invalid` when the catalog is no good. */
export async function defaultModel(): Promise<ModelReference> {
  const catalog = await fetchCatalog();
  return modelOf(catalog, catalog.defaultId);
}

/** A model of the catalog; throws `model/unknown` for any other id. */
export async function catalogModel(id: string): Promise<ModelReference> {
  return modelOf(await fetchCatalog(), id);
}

/**
 * Reads a catalog: `{"default": id, "models": [{"id", "url"}]}`. Other fields are left alone.
 * @param address where the catalog came from; the models' addresses are relative to it
 */
export function parseCatalog(text: string, address: string): Catalog {
  try {
    const catalog = JSON.parse(text) as { default: unknown; models: { id: unknown; url: unknown }[] };
    const urls = new Map(
      catalog.models.map(({ id, url }) => [
        asString(id),
        new URL(asString(url).replace(/\/*$/, '/'), address).href,
      ]),
    );
    return { defaultId: asString(catalog.default), urls };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new AppError('model/config-invalid', { file: CATALOG_FILE, reason }, error);
  }
}

/** A catalog's model by its id. */
export function modelOf({ urls }: Catalog, id: string): ModelReference {
  const url = urls.get(id);
  if (url === undefined) throw new AppError('model/unknown', { model: id });
  return { kind: 'url', url };
}

async function fetchCatalog(): Promise<Catalog> {
  const address = new URL(CATALOG_FILE, document.baseURI).href;
  let text: string;
  try {
    const response = await fetch(address);
    if (!response.ok)
      throw new AppError('weights/not-found', { file: CATALOG_FILE, status: response.status });
    text = await response.text();
  } catch (error) {
    if (error instanceof AppError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new AppError('weights/unreachable', { file: CATALOG_FILE, reason }, error);
  }
  return parseCatalog(text, address);
}

function asString(value: unknown): string {
  if (typeof value !== 'string' || value === '')
    throw new TypeError(`${JSON.stringify(value)} is not a name`);
  return value;
}
