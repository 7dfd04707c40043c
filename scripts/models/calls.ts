/** @file The library of stored models in the page, called from here. The functions within run inside the page. */
import type {
  AddOptions,
  Library,
  LibraryListing,
  LibraryProgress,
  StoredModel,
  VerifyReport,
} from '../../src/engine/protocol/library.ts';
import type { ModelReference } from '../../src/engine/protocol/model.ts';
import type { EmulsionScripting } from '../../src/ui/page/scripting.ts';
import type { PageGlobals, Session } from '../headless/session.ts';

type OnProgress = (progress: LibraryProgress) => void;
type VerifyOptions = Parameters<Library['verify']>[1];
type CatalogEntry = Awaited<ReturnType<EmulsionScripting['findInCatalog']>>;

export function listModels(session: Session): Promise<LibraryListing> {
  return session.call(() => {
    const { emulsion, emulsionAnswer } = globalThis as unknown as PageGlobals;
    return emulsionAnswer(emulsion.library.list());
  }, undefined);
}

/** What the catalog says of the model with this id, or at this address. */
export function findInCatalog(session: Session, idOrAddress: string): Promise<CatalogEntry> {
  return session.call((wanted) => {
    const { emulsion, emulsionAnswer } = globalThis as unknown as PageGlobals;
    return emulsionAnswer(emulsion.findInCatalog(wanted));
  }, idOrAddress);
}

export function addModel(
  session: Session,
  reference: ModelReference,
  options: AddOptions,
  onProgress: OnProgress,
): Promise<StoredModel> {
  return withProgress(
    session,
    ({ reference, options }) => {
      const { emulsion, emulsionAnswer, emulsionTell } = globalThis as unknown as PageGlobals;
      const tell = (progress: LibraryProgress) => void emulsionTell({ kind: 'transfer', progress });
      return emulsionAnswer(emulsion.library.add(reference, options, { onProgress: tell }));
    },
    { reference, options },
    onProgress,
  );
}

export function verifyModel(
  session: Session,
  id: string,
  options: VerifyOptions,
  onProgress: OnProgress,
): Promise<VerifyReport> {
  return withProgress(
    session,
    ({ id, options }) => {
      const { emulsion, emulsionAnswer, emulsionTell } = globalThis as unknown as PageGlobals;
      const tell = (progress: LibraryProgress) => void emulsionTell({ kind: 'transfer', progress });
      return emulsionAnswer(emulsion.library.verify(id, options, { onProgress: tell }));
    },
    { id, options },
    onProgress,
  );
}

/** Deletes a model; the bytes that are free again. */
export function removeModel(session: Session, id: string): Promise<number> {
  return session.call((id) => {
    const { emulsion, emulsionAnswer } = globalThis as unknown as PageGlobals;
    return emulsionAnswer(emulsion.library.remove(id));
  }, id);
}

function withProgress<A, T>(
  session: Session,
  inPage: Parameters<typeof session.call<A, T>>[0],
  argument: A,
  onProgress: OnProgress,
): Promise<T> {
  return session.call(inPage, argument, (event) => {
    if (event.kind === 'transfer') onProgress(event.progress);
  });
}
