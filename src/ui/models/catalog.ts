/**
 * @file The models on offer, as `models/catalog.json` lists them: the one a visitor starts with and others known by
 * their address, with size and licence to be read before anything is fetched. Addresses nobody has tried are marked.
 */
import type { ModelReference } from '../../engine/protocol/model.ts';
import { AppError } from '../../error.ts';

const CATALOG_FILE = 'models/catalog.json';

export interface CatalogLicence {
  readonly name: string;
  /** Where its text can be read. */
  readonly url: string | undefined;
  /** Whether it limits what the model may be used for, so that it has to be accepted first. */
  readonly isRestricted: boolean;
}

/** A model that can be had from its address. */
export interface CatalogEntry {
  readonly id: string;
  readonly name: string;
  /** Absolute; of a folder, ending in `/`, or of one `.safetensors` file. */
  readonly url: string;
  /** Tells one edition from the next. */
  readonly version: string | undefined;
  /** Size in the store, in bfloat16. */
  readonly byteLength: number | undefined;
  readonly licence: CatalogLicence | undefined;
  /** Whether the address was tried when the catalog was written. */
  readonly isVerified: boolean;
}

export interface Catalog {
  /** Id of the model a visitor starts with. */
  readonly defaultId: string;
  readonly entries: readonly CatalogEntry[];
}

/** Fetches the catalog of this site. Throws `weights/…`, or `model/config-invalid` when it is no good. */
export async function fetchCatalog(): Promise<Catalog> {
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

/**
 * Reads a catalog: `{"default": id, "models": [{"id", "url", "name"?, "version"?, "bytes"?, "licence"?: {"name",
 * "url"?, "restricted"?}, "verified"?}]}`. Other fields are left alone.
 * @param address where the catalog came from; the models' addresses are relative to it
 */
export function parseCatalog(text: string, address: string): Catalog {
  try {
    const catalog = JSON.parse(text) as { default: unknown; models: Record<string, unknown>[] };
    return {
      defaultId: asText(catalog.default),
      entries: catalog.models.map((model) => parseEntry(model, address)),
    };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new AppError('model/config-invalid', { file: CATALOG_FILE, reason }, error);
  }
}

/** A catalog's model by its id; throws `model/unknown`. */
export function catalogEntry(catalog: Catalog, id: string): CatalogEntry {
  const entry = catalog.entries.find((candidate) => candidate.id === id);
  if (!entry) throw new AppError('model/unknown', { model: id });
  return entry;
}

/** Where an entry's files are. */
export function entryReference({ url }: CatalogEntry): ModelReference {
  return { kind: 'url', url };
}

function parseEntry(model: Record<string, unknown>, address: string): CatalogEntry {
  const id = asText(model['id']);
  const url = new URL(asText(model['url']), address);
  if (!url.pathname.endsWith('.safetensors')) url.pathname = url.pathname.replace(/\/*$/, '/');
  const licence = model['licence'] as Record<string, unknown> | undefined;
  return {
    id,
    name: optional(model['name'], asText) ?? id,
    url: url.href,
    version: optional(model['version'], asText),
    byteLength: optional(model['bytes'], asCount),
    licence: licence && {
      name: asText(licence['name']),
      url: optional(licence['url'], (value) => new URL(asText(value), address).href),
      isRestricted: licence['restricted'] === true,
    },
    isVerified: model['verified'] === true,
  };
}

function optional<T>(value: unknown, read: (value: unknown) => T): T | undefined {
  return value === undefined ? undefined : read(value);
}

function asText(value: unknown): string {
  if (typeof value !== 'string' || value === '')
    throw new TypeError(`${JSON.stringify(value)} is not a text`);
  return value;
}

function asCount(value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0)
    throw new TypeError(`${JSON.stringify(value)} is not a number of bytes`);
  return value as number;
}
