/** @file What `npm run models` does in the open page, and what comes of it. */
import type { DamagedRecord, LibraryProgress } from '../../src/engine/protocol/library.ts';
import type { ModelReference } from '../../src/engine/protocol/model.ts';
import { AppError } from '../../src/error.ts';
import { translate } from '../../src/locale/index.ts';
import { byteSize } from '../../src/ui/parts/byte-size.ts';
import { mendedSentence, roundingSentence } from '../../src/ui/models/model-sentences.ts';
import type { Command } from '../headless/command.ts';
import type { ComponentPlaces } from '../headless/components.ts';
import { requireLicence } from '../headless/model-in-page.ts';
import { describeTransfer } from '../headless/progress.ts';
import type { Session } from '../headless/session.ts';
import { defined } from '../headless/words.ts';
import type { AddCommand, ModelsOrder, RemoveCommand, VerifyCommand } from './arguments.ts';
import { addModel, findInCatalog, listModels, removeModel, verifyModel } from './calls.ts';
import { formatListing, formatReport } from './format.ts';
import { findModel, findOrigin, findStored } from './places.ts';

/** What a task came to. */
export interface Outcome {
  /** For `--json`. */
  readonly result: unknown;
  /** For people. */
  readonly text: string;
  /** The command fails with it after it has told the result. */
  readonly failure?: AppError;
}

/** One task in an open page. */
export class Task {
  readonly #command: Command;
  readonly #session: Session;

  constructor(command: Command, session: Session) {
    this.#command = command;
    this.#session = session;
  }

  run(order: ModelsOrder): Promise<Outcome> {
    switch (order.kind) {
      case 'list':
        return this.#list();
      case 'add':
        return this.#add(order);
      case 'verify':
        return this.#verify(order);
      case 'remove':
        return this.#remove(order);
    }
  }

  async #list(): Promise<Outcome> {
    const listing = await listModels(this.#session);
    return { result: listing, text: formatListing(listing) };
  }

  async #add({ id: wanted, ...typed }: AddCommand): Promise<Outcome> {
    const { reference, source, ...known } = await findModel(this.#session, typed, this.#command.folder);
    await requireLicence(this.#session, reference);
    // A composition is another model than those it is made of.
    const entry = reference.kind === 'url' ? await findInCatalog(this.#session, reference.url) : undefined;
    const id = wanted ?? known.id ?? entry?.id;
    const options = { ...defined('id', id), ...defined('version', entry?.version), source };
    let mended: readonly DamagedRecord[] = [];
    const stored = await addModel(this.#session, reference, options, (progress) => {
      mended = progress.mended ?? mended;
      this.#showProgress(progress);
    });
    if (mended.length > 0) this.#command.note(mendedSentence(mended));
    if (stored.rounding) this.#command.note(roundingSentence(stored.rounding));
    if (stored.assumptions.length > 0)
      this.#command.note(`${translate('assumed')} ${stored.assumptions.join('; ')}`);
    return { result: { ...stored, ...(mended.length > 0 && { mended }) }, text: stored.id };
  }

  async #verify({ id, repair, source, components }: VerifyCommand): Promise<Outcome> {
    const from = repair ? await this.#repairSource(id, source, components) : undefined;
    const options = from ? { repair, source: from } : {};
    const report = await verifyModel(this.#session, id, options, this.#showProgress);
    const damaged = report.damaged.filter(({ repaired }) => !repaired);
    const record = `${damaged.length} of ${report.records} records`;
    return {
      result: report,
      text: formatReport(report),
      ...(damaged.length > 0 && { failure: new AppError('store/damaged', { model: id, record }) }),
    };
  }

  async #remove({ id }: RemoveCommand): Promise<Outcome> {
    await findStored(this.#session, id);
    const freedBytes = await removeModel(this.#session, id);
    return { result: { id, freedBytes }, text: translate('modelRemoved', id, byteSize(freedBytes)) };
  }

  /** What is named, else where the model came from. */
  async #repairSource(
    id: string,
    model: string | undefined,
    components: ComponentPlaces | undefined,
  ): Promise<ModelReference> {
    if (model === undefined) return findOrigin(this.#session, id);
    const { reference } = await findModel(this.#session, { model, components }, this.#command.folder);
    return reference;
  }

  readonly #showProgress = (progress: LibraryProgress): void =>
    this.#command.printer.show(describeTransfer(progress));
}
