/** @file Where the models are that `npm run models` is told of; what is on this disk is served to the page. */
import { isWhole, sourceName } from '../../src/engine/model-source.ts';
import type { StoredModel } from '../../src/engine/protocol/library.ts';
import type { ModelReference } from '../../src/engine/protocol/model.ts';
import { AppError } from '../../src/error.ts';
import type { ComponentPlaces } from '../headless/components.ts';
import { localPath, referenceOf, resolveModel, servedFor } from '../headless/model.ts';
import type { Session } from '../headless/session.ts';
import { findInCatalog, listModels } from './calls.ts';

/** A model as typed, and what of it comes from elsewhere. */
interface TypedModel {
  readonly model: string;
  readonly components?: ComponentPlaces | undefined;
}

/** Where a model is, and the same in the user's words. */
interface Place {
  readonly reference: ModelReference;
  readonly source: string;
  /** The name it has in the catalog or the store. */
  readonly id?: string;
}

/**
 * A model as typed: a path, an address, the id of one in the catalog, or of one that is stored, perhaps in part, which
 * stands for the place it came from.
 * @throws AppError `model/unknown`, `model/config-missing`, `store/source-needed`
 */
export async function findModel(
  session: Session,
  { model, components }: TypedModel,
  folder: string,
): Promise<Place> {
  const { order, folders } = resolveModel(model, folder, components);
  session.serve(folders);
  const reference = await referenceOf(order, async (id = model) => {
    const entry = await findInCatalog(session, id);
    return entry ? { kind: 'url', url: entry.url } : findOrigin(session, id);
  });
  const source = sourceName(reference, (url) => localPath(url) ?? url);
  return { reference, source, ...(order.kind === 'named' && { id: model }) };
}

/** A stored model, finished or not; throws `model/unknown`. */
export async function findStored(session: Session, id: string): Promise<StoredModel> {
  const { models } = await listModels(session);
  const stored = models.find((model) => model.id === id);
  if (!stored) throw new AppError('model/unknown', { model: id });
  return stored;
}

/**
 * Where a stored model came from.
 * @throws AppError `store/source-needed` when that was on this disk and is there no more
 */
export async function findOrigin(session: Session, id: string): Promise<ModelReference> {
  const { source, reference } = await findStored(session, id);
  const lost = (cause?: unknown) => new AppError('store/source-needed', { model: id, source }, cause);
  if (!isWhole(reference)) throw lost();
  try {
    session.serve(servedFor(reference));
  } catch (error) {
    throw lost(error);
  }
  return reference;
}
