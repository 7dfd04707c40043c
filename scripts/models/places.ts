/** @file Where the models are that `npm run models` is told of; what is on this disk is served to the page. */
import type { StoredModel } from '../../src/engine/protocol.ts';
import { AppError } from '../../src/error.ts';
import { localPath, resolveModel } from '../headless/model.ts';
import type { Session } from '../headless/session.ts';
import { UsageError } from '../headless/words.ts';
import { findInCatalog, listModels } from './calls.ts';

/** A model's address, and the same in the user's words. */
interface Place {
  readonly reference: { readonly kind: 'url'; readonly url: string };
  readonly source: string;
  /** The name it is stored under already. */
  readonly id?: string;
}

/**
 * A model as typed: a path, an address, the id of one in the catalog, or of one that is stored, perhaps in part.
 * @throws AppError `model/unknown`, `model/config-missing`, `store/source-needed`
 */
export async function findModel(session: Session, model: string, folder: string): Promise<Place> {
  const { order, folders } = resolveModel(model, folder);
  session.serve(folders);
  if (order.kind === 'url') return placeOf(order.url);
  const entry = await findInCatalog(session, model);
  return entry ? placeOf(entry.url) : placeOfStored(session, await findStored(session, model));
}

/** A stored model, finished or not; throws `model/unknown`. */
export async function findStored(session: Session, id: string): Promise<StoredModel> {
  const { models } = await listModels(session);
  const stored = models.find((model) => model.id === id);
  if (!stored) throw new AppError('model/unknown', { model: id });
  return stored;
}

/**
 * Where a stored model is repaired from: what is named, else where it came from.
 * @throws AppError `store/source-needed` when that was on this disk and is there no more
 */
export async function findRepairSource(
  session: Session,
  id: string,
  named: string | undefined,
  folder: string,
): Promise<Place['reference']> {
  const stored = await findStored(session, id);
  if (named === undefined) return placeOfStored(session, stored).reference;
  const { order, folders } = resolveModel(named, folder);
  if (order.kind !== 'url')
    throw new UsageError('--source takes a folder, a .safetensors file or an address');
  session.serve(folders);
  return { kind: 'url', url: order.url };
}

function placeOfStored(session: Session, { id, source, reference }: StoredModel): Place {
  if (reference?.kind !== 'url') throw new AppError('store/source-needed', { model: id, source });
  const file = localPath(reference.url);
  try {
    if (file !== undefined) session.serve(resolveModel(file, file).folders);
  } catch (error) {
    throw new AppError('store/source-needed', { model: id, source }, error);
  }
  return { ...placeOf(reference.url), id };
}

function placeOf(url: string): Place {
  return { reference: { kind: 'url', url }, source: localPath(url) ?? url };
}
