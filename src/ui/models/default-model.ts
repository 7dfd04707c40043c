/** @file From a model of the catalog to where it is opened from: the browser's store when it is there, else its address. */
import type { Library, StoredModel } from '../../engine/protocol/library.ts';
import type { ModelReference } from '../../engine/protocol/model.ts';
import { catalogEntry, entryReference, fetchCatalog, type CatalogEntry } from './catalog.ts';

/** The model a visitor starts with. Throws `weights/…` or `model/config-invalid` when the catalog is no good. */
export async function defaultModel(library?: Library): Promise<ModelReference> {
  const catalog = await fetchCatalog();
  return locateEntry(catalogEntry(catalog, catalog.defaultId), library);
}

/**
 * A model by its id: what the store has under it, finished or not, else the catalog's; throws `model/unknown` where
 * neither knows it.
 */
export async function namedModel(id: string, library: Library): Promise<ModelReference> {
  if (await storedModel(library, id)) return { kind: 'stored', id };
  return entryReference(catalogEntry(await fetchCatalog(), id));
}

/** What the catalog says of the model with this id, or at this address. */
export async function findInCatalog(idOrAddress: string): Promise<CatalogEntry | undefined> {
  const { entries } = await fetchCatalog();
  return entries.find(({ id, url }) => id === idOrAddress || url === idOrAddress);
}

/** A catalog's model: from the store when that has this edition of it whole, which needs no network. */
export async function locateEntry(entry: CatalogEntry, library?: Library): Promise<ModelReference> {
  const { id, version } = entry;
  const stored = library && (await storedModel(library, id));
  const isWhole = stored?.state === 'ready' && (version === undefined || stored.version === version);
  return isWhole ? { kind: 'stored', id } : entryReference(entry);
}

async function storedModel(library: Library, id: string): Promise<StoredModel | undefined> {
  try {
    return (await library.list()).models.find((model) => model.id === id);
  } catch {
    // Without a store everything still comes from its address.
    return undefined;
  }
}
