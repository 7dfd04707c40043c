/**
 * @file What is done with LoRAs of the shelf beside the model that the page paints with: looked at, repaired, tried out.
 * Every change makes a new {@link WorkshopState}; failures become part of it.
 */
import type { Engine } from '../../engine/protocol/engine.ts';
import type { TrialSettings } from '../../engine/protocol/lora-desk.ts';
import { AppError, isCancelled, toPlainError, type PlainError } from '../../error.ts';
import type { LoraTrial } from '../../lora/trial-report.ts';
import type { LoraVerdict, ScaleRepair } from '../../lora/verdict.ts';
import type { LoraEntry } from '../../store/lora-entry.ts';
import type { LoraShelf } from '../../store/lora-shelf.ts';
import { modelKey, verdictOf } from './lora-findings.ts';
import { LoraMeasuring, type Unmeasured } from './lora-measuring.ts';
import { loraReference } from './lora-reference.ts';
import type { OpenModel } from '../models/model-choice.ts';
import { thumbnailOf } from '../parts/thumbnail.ts';

export interface LoraWork {
  readonly task: 'inspect' | 'repair' | 'test';
  /** 0 … 1. */
  readonly done: number;
}

export interface WorkshopState {
  /** What goes on, by id of the LoRA. */
  readonly works: ReadonlyMap<string, LoraWork>;
  readonly failures: ReadonlyMap<string, PlainError>;
  /** Those that could not be repaired though it looked possible, with the key of the model they were to be repaired for. */
  readonly unrepaired: ReadonlyMap<string, string>;
  /** Those that could not be measured, which changes nothing of their verdict. */
  readonly unmeasured: ReadonlyMap<string, Unmeasured>;
  /** Of this visit, with all their pictures. */
  readonly trials: ReadonlyMap<string, LoraTrial>;
}

interface WorkshopParts {
  readonly engine: () => Engine;
  readonly model: () => OpenModel | undefined;
  readonly shelf: LoraShelf;
  /** Called after every change of the state. */
  readonly onChange: () => void;
}

export class LoraWorkshop {
  readonly #parts: WorkshopParts;
  readonly #aborts = new Map<string, AbortController>();
  /** Those to be looked at when the work on them is over. */
  readonly #waiting = new Set<string>();
  /** Goes on while it is wanted, whatever else is done with a LoRA. */
  readonly measuring: LoraMeasuring;
  #state: WorkshopState = {
    works: new Map(),
    failures: new Map(),
    unrepaired: new Map(),
    unmeasured: new Map(),
    trials: new Map(),
  };

  constructor(parts: WorkshopParts) {
    this.#parts = parts;
    const { engine, model, shelf } = parts;
    const onFailure = (id: string, unmeasured: Unmeasured): void =>
      this.#set({ unmeasured: new Map([...this.#state.unmeasured, [id, unmeasured]]) });
    this.measuring = new LoraMeasuring({ engine, model, shelf, onFailure });
  }

  get state(): WorkshopState {
    return this.#state;
  }

  /** Looks at every LoRA of the shelf that was not looked at beside the open model. */
  async inspectAll(): Promise<void> {
    for (const { id } of this.#parts.shelf.state.entries) await this.inspect(id);
  }

  /** Looks at a LoRA, unless that was done beside the open model. */
  async inspect(id: string): Promise<void> {
    const model = this.#parts.model();
    const entry = this.#parts.shelf.find(id);
    if (!model || !entry || verdictOf(entry, model)) return;
    if (this.#aborts.has(id)) {
      this.#waiting.add(id);
      return;
    }
    await this.#work(id, 'inspect', async (signal) => {
      const order = { lora: loraReference(entry), model: model.reference };
      const verdict = await this.#parts.engine().lora.inspect(order, { signal });
      this.#stopUnlessWanted(entry, signal);
      this.#parts.shelf.change(id, { verdict: { modelKey: modelKey(model), verdict } });
    });
  }

  /** Makes a LoRA keep the rules. @returns whether it could be done */
  async repair(id: string, scale: ScaleRepair): Promise<boolean> {
    const model = this.#parts.model();
    const entry = this.#parts.shelf.find(id);
    if (!model || !entry) return false;
    let isRepaired = false;
    await this.#work(id, 'repair', async (signal) => {
      const order = { lora: loraReference(entry), model: model.reference, scale };
      const { verdict, repairs, file } = await this.#parts.engine().lora.adapt(order, { signal });
      this.#stopUnlessWanted(entry, signal);
      if (file) await this.#parts.shelf.replace(id, file, repairs);
      else this.#set({ unrepaired: new Map([...this.#state.unrepaired, [id, modelKey(model)]]) });
      this.#parts.shelf.change(id, { verdict: { modelKey: modelKey(model), verdict } });
      isRepaired = file !== undefined;
    });
    return isRepaired;
  }

  /** Tries a LoRA out, at its weight or, where that is 0, at 1. */
  async test(id: string, settings: TrialSettings): Promise<void> {
    const model = this.#parts.model();
    const entry = this.#parts.shelf.find(id);
    if (!model || !entry) return;
    await this.#work(id, 'test', async (signal, report) => {
      const lora = loraReference(entry);
      const order = { lora, model: model.reference, weight: entry.weight || 1, settings };
      const onProgress = (done: number, total: number): void => report(done / total);
      const { verdict, trial } = await this.#parts.engine().lora.check(order, { signal, onProgress });
      this.#stopUnlessWanted(entry, signal);
      const key = modelKey(model);
      // The same file beside the same model has the same verdict; what it has besides was measured at some cost.
      if (!this.#verdictBeside(id, model))
        this.#parts.shelf.change(id, { verdict: { modelKey: key, verdict } });
      if (!trial) return;
      const { weight, prompt, evaluation, concerns, pairs } = trial;
      const [first] = pairs.map(({ adapted }) => adapted).filter((picture) => 'png' in picture);
      const thumbnail = await thumbnailOf(first?.png);
      this.#stopUnlessWanted(entry, signal);
      this.#set({ trials: new Map([...this.#state.trials, [id, trial]]) });
      this.#parts.shelf.change(id, {
        trial: { modelKey: key, weight, prompt, evaluation, concerns, thumbnail },
      });
    });
  }

  /** Stops what goes on with a LoRA. */
  cancel(id: string): void {
    this.#aborts.get(id)?.abort();
  }

  /** Stops what goes on with a LoRA that is gone, or another one now, and lets go of all that is known of it. */
  forget(id: string): void {
    this.cancel(id);
    this.measuring.skip(id);
    const { failures, trials, unrepaired, unmeasured } = this.#state;
    this.#set({
      failures: without(failures, id),
      trials: without(trials, id),
      unrepaired: without(unrepaired, id),
      unmeasured: without(unmeasured, id),
    });
  }

  #verdictBeside(id: string, model: OpenModel): LoraVerdict | undefined {
    const entry = this.#parts.shelf.find(id);
    return entry && verdictOf(entry, model);
  }

  /** What comes of work that was stopped, or of a file in whose place there is another one, is of no use. */
  #stopUnlessWanted({ id, hash, labelHash }: LoraEntry, signal: AbortSignal): void {
    const now = this.#parts.shelf.find(id);
    const isSame = now?.hash === hash && now.labelHash === labelHash;
    if (signal.aborted || !isSame) throw new AppError('engine/cancelled', {});
  }

  /** One piece of work on a LoRA at a time; its failure becomes state. */
  async #work(
    id: string,
    task: LoraWork['task'],
    start: (signal: AbortSignal, report: (done: number) => void) => Promise<void>,
  ): Promise<void> {
    if (this.#aborts.has(id)) return;
    const abort = new AbortController();
    this.#aborts.set(id, abort);
    const report = (done: number): void =>
      this.#set({ works: new Map([...this.#state.works, [id, { task, done }]]) });
    this.#set({ failures: without(this.#state.failures, id) });
    report(0);
    try {
      await start(abort.signal, report);
    } catch (error) {
      if (!isCancelled(error) && !abort.signal.aborted)
        this.#set({ failures: new Map([...this.#state.failures, [id, toPlainError(error)]]) });
    } finally {
      this.#aborts.delete(id);
      this.#set({ works: without(this.#state.works, id) });
    }
    if (this.#waiting.delete(id)) await this.inspect(id);
    this.measuring.goOn();
  }

  #set(change: Partial<WorkshopState>): void {
    this.#state = { ...this.#state, ...change };
    this.#parts.onChange();
  }
}

function without<T>(map: ReadonlyMap<string, T>, id: string): ReadonlyMap<string, T> {
  return new Map([...map].filter(([key]) => key !== id));
}
