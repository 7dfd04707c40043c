/** @file The model that the command line means, as the page knows it. */
import type { ModelReference } from '../../src/engine/protocol/model.ts';
import { referenceOf, type ResolvedModel } from './model.ts';
import type { PageAnswer, PageGlobals, Session } from './session.ts';

/**
 * Serves what is on this disk, and looks up what is only named.
 * @throws AppError `model/unknown`
 */
export function modelInPage(session: Session, { order, folders }: ResolvedModel): Promise<ModelReference> {
  session.serve(folders);
  return referenceOf(order, (id) => session.call(findModel, id));
}

/** Runs inside the page; it can use nothing of this file but types. */
function findModel(id: string | undefined): Promise<PageAnswer<ModelReference>> {
  const { emulsion, emulsionAnswer } = globalThis as unknown as PageGlobals;
  return emulsionAnswer(id === undefined ? emulsion.defaultModel() : emulsion.namedModel(id));
}
