/** @file From a model of the catalog to where it is opened from: the browser's store when it is there, else its address. */
import type { Library, ModelReference } from '../engine/protocol.ts';
import { catalogEntry, entryReference, fetchCatalog, type CatalogEntry } from './catalog.ts';

/** The model a visitor starts with. Throws `weights/…` or `model/config-invalid` when the catalog is no good. */
export async function defaultModel(library?: Library): Promise<ModelReference> {
  const catalog = await fetchCatalog();
  return locateEntry(catalogEntry(catalog, catalog.defaultId), library);
}

/** A model of the catalog; throws `model/unknown` for any other id. */
export async function catalogModel(id: string, library?: Library): Promise<ModelReference> {
  return locateEntry(catalogEntry(await fetchCatalog(), id), library);
}

/** A catalog's model: from the store when that has this edition of it whole, which needs no network. */
export async function locateEntry(entry: CatalogEntry, library?: Library): Promise<ModelReference> {
  const isStored = library !== undefined && (await holds(library, entry));
  return isStored ? { kind: 'stored', id: entry.id } : entryReference(entry);
}

async function holds(library: Library, { id, version }: CatalogEntry): Promise<boolean> {
  try {
    const { models } = await library.list();
    return models.some(
      (model) =>
        model.id === id && model.state === 'ready' && (version === undefined || model.version === version),
    );
  } catch {
    // Without a store everything still comes from its address.
    return false;
  }
}
