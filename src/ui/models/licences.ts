/**
 * @file Which models of the catalog a model is made of, and so by which licences it is bound: a whole one, a single file of
 * its repository, a component that is named or that a manifest names. The page and the command line both ask here.
 */
import { addressesOf } from '../../engine/model-source.ts';
import type { Library } from '../../engine/protocol/library.ts';
import type { ModelReference } from '../../engine/protocol/model.ts';
import { AppError } from '../../error.ts';
import { isPartOf } from '../../weights/model-address.ts';
import { fetchCatalog, type Catalog, type CatalogEntry, type CatalogLicence } from './catalog.ts';

/** The licences of what is at some addresses, as far as the catalog has it. */
export function licencesAt(addresses: readonly string[], catalog: Catalog | undefined): CatalogLicence[] {
  return entriesAt(addresses, catalog).flatMap(({ licence }) => licence ?? []);
}

/**
 * Lets a model pass whose use no licence of the catalog limits.
 * @throws AppError `model/licence` for any other, and what is wrong with its manifest or with the catalog
 */
export async function refuseRestricted(
  reference: ModelReference,
  library: Pick<Library, 'addresses'>,
): Promise<void> {
  const catalog = await fetchCatalog();
  // What is told by its address is not even asked for its manifest.
  refuseAt(addressesOf(reference), catalog);
  refuseAt(await library.addresses(reference), catalog);
}

function refuseAt(addresses: readonly string[], catalog: Catalog): void {
  const entry = entriesAt(addresses, catalog).find(({ licence }) => licence?.isRestricted);
  if (!entry?.licence) return;
  const { name: licence, url: address = entry.url } = entry.licence;
  throw new AppError('model/licence', { model: entry.name, licence, address });
}

function entriesAt(addresses: readonly string[], catalog: Catalog | undefined): readonly CatalogEntry[] {
  return catalog?.entries.filter(({ url }) => addresses.some((address) => isPartOf(address, url))) ?? [];
}
