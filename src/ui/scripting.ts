/**
 * @file The scripting interface of the page, `globalThis.emulsion`: the engine, the models that come with the
 * site, and errors as plain data. The command line paints through it, and so can any script in the page.
 */
import type { Engine, ModelReference } from '../engine/protocol.ts';
import { toPlainError, type PlainError } from '../error.ts';
import { catalogModel, defaultModel } from './default-model.ts';

export interface EmulsionScripting extends Engine {
  /** The model a visitor starts with. */
  defaultModel(): Promise<ModelReference>;
  /** A model of the catalog by its id; rejects with `model/unknown`. */
  catalogModel(id: string): Promise<ModelReference>;
  /** What a method rejected with, as data that survives leaving the page. */
  toPlainError(error: unknown): PlainError;
}

declare global {
  var emulsion: EmulsionScripting;
}

/** The interface over an engine. */
export function createScripting(engine: Engine): EmulsionScripting {
  return { ...engine, defaultModel, catalogModel, toPlainError };
}
