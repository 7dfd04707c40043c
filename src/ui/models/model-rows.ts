/** @file What the list of models shows: what is stored, what is on its way, and what is on offer besides. */
import type { LibraryProgress, StoredModel, VerifyReport } from '../../engine/protocol/library.ts';
import type { Catalog, CatalogEntry, CatalogLicence } from './catalog.ts';
import type { LibraryState, LibraryWork } from './model-library.ts';

export interface ModelRow {
  readonly id: string;
  readonly name: string;
  readonly licence: (Pick<CatalogLicence, 'name'> & Partial<CatalogLicence>) | undefined;
  /** Where it comes from, in the user's words. */
  readonly source: string | undefined;
  readonly byteLength: number | undefined;
  readonly stored: StoredModel | undefined;
  /** Where the catalog has it. */
  readonly entry: CatalogEntry | undefined;
  /** Whether it came with the site. */
  readonly isEmbedded: boolean;
  readonly work: LibraryWork | undefined;
  /** Another tab's work on it. */
  readonly elsewhere: LibraryProgress | undefined;
  readonly report: VerifyReport | undefined;
}

export interface ModelRows {
  /** In the store, wholly or not. */
  readonly stored: readonly ModelRow[];
  /** In the catalog alone. */
  readonly offered: readonly ModelRow[];
}

/** The rows, the stored ones newest first after those on their way. */
export function modelRows(state: LibraryState, catalog: Catalog | undefined): ModelRows {
  const models = new Map(state.listing?.models.map((model) => [model.id, model]));
  const entries = new Map(catalog?.entries.map((entry) => [entry.id, entry]));
  const begun = [...state.works.keys(), ...state.elsewhere.keys()].filter((id) => !models.has(id));
  const age = (id: string): number => models.get(id)?.addedAt ?? Number.POSITIVE_INFINITY;
  const storedIds = [
    ...new Set(begun),
    ...[...models.keys()].sort((a, b) => (age(a) === age(b) ? 0 : age(b) - age(a))),
  ];
  const row = (id: string): ModelRow => {
    const [stored, entry, work] = [models.get(id), entries.get(id), state.works.get(id)];
    const elsewhere = state.elsewhere.get(id);
    return {
      id,
      name: stored?.name ?? entry?.name ?? work?.name ?? id,
      licence: entry?.licence ?? (stored?.licence === undefined ? undefined : { name: stored.licence }),
      source: stored?.source ?? entry?.url,
      byteLength: stored?.byteLength ?? entry?.byteLength,
      stored,
      entry,
      isEmbedded: id === catalog?.defaultId,
      work,
      elsewhere: work?.state === 'running' ? undefined : elsewhere,
      report: state.reports.get(id),
    };
  };
  return {
    stored: storedIds.map(row),
    offered: [...entries.keys()].filter((id) => !storedIds.includes(id)).map(row),
  };
}
