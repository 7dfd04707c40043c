/**
 * @file The scripting interface of the page, `globalThis.emulsion`: the engine, the models that come with the
 * site, and errors as plain data. The command line paints through it, and so can any script in the page.
 */
import type { DeviceExamination } from '../../engine/device-report.ts';
import type { Engine } from '../../engine/protocol/engine.ts';
import type { ModelReference } from '../../engine/protocol/model.ts';
import { toPlainError, type PlainError } from '../../error.ts';
import type { CatalogEntry } from '../models/catalog.ts';
import { defaultModel, findInCatalog, namedModel } from '../models/default-model.ts';
import { refuseRestricted } from '../models/licences.ts';
import { pageFacts } from '../device/page-facts.ts';

export interface EmulsionScripting extends Engine {
  /** All that can be found out about the browser and its GPU. */
  examine(): Promise<DeviceExamination>;
  /** The model a visitor starts with. */
  defaultModel(): Promise<ModelReference>;
  /** A model by its id: a stored one, else one of the catalog; rejects with `model/unknown`. */
  namedModel(id: string): Promise<ModelReference>;
  /** What the catalog says of the model with this id, or at this address. */
  findInCatalog(idOrAddress: string): Promise<CatalogEntry | undefined>;
  /** Rejects with `model/licence` for a model whose use a licence of the catalog limits. */
  refuseRestricted(model: ModelReference): Promise<void>;
  /** What a method rejected with, as data that survives leaving the page. */
  toPlainError(error: unknown): PlainError;
}

declare global {
  var emulsion: EmulsionScripting;
}

/** The interface over an engine. */
export function createScripting(engine: Engine): EmulsionScripting {
  return {
    ...engine,
    examine: () => engine.examine(pageFacts()),
    // The site's own files are as near as the store.
    defaultModel: () => defaultModel(),
    namedModel: (id) => namedModel(id, engine.library),
    findInCatalog,
    refuseRestricted: (model) => refuseRestricted(model, engine.library),
    toPlainError,
  };
}
