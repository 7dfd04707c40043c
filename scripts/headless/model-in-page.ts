/** @file The model that the command line means, as the page knows it. */
import type { ModelReference } from '../../src/engine/protocol/model.ts';
import { referenceOf, type ResolvedModel } from './model.ts';
import type { PageAnswer, PageGlobals, Session } from './session.ts';

/** Models whose licences have been looked at. */
const passed = new WeakSet<ResolvedModel>();

/**
 * Serves what is on this disk, looks up what is only named, and refuses what is bound by a licence that is not accepted.
 * @throws AppError `model/unknown`, `model/licence`
 */
export async function modelInPage(session: Session, model: ResolvedModel): Promise<ModelReference> {
  session.serve(model.folders);
  const reference = await referenceOf(model.order, (id) => session.call(findInPage, id));
  // A series of pictures asks only once, because that may take the network.
  if (!passed.has(model)) await requireLicence(session, reference);
  passed.add(model);
  return reference;
}

/** @throws AppError `model/licence` for a licence that limits the use of a model and is not accepted */
export async function requireLicence(session: Session, reference: ModelReference): Promise<void> {
  if (!session.acceptsLicence) await session.call(refuseInPage, reference);
}

/** Runs inside the page; it can use nothing of this file but types. */
function findInPage(id: string | undefined): Promise<PageAnswer<ModelReference>> {
  const { emulsion, emulsionAnswer } = globalThis as unknown as PageGlobals;
  return emulsionAnswer(id === undefined ? emulsion.defaultModel() : emulsion.namedModel(id));
}

/** Runs inside the page, too. */
function refuseInPage(reference: ModelReference): Promise<PageAnswer<void>> {
  const { emulsion, emulsionAnswer } = globalThis as unknown as PageGlobals;
  return emulsionAnswer(emulsion.refuseRestricted(reference));
}
