/**
 * @file Measures how much the LoRAs of the shelf move the open model's weights, which takes reading them all: one LoRA after
 * another, and only while somebody looks.
 */
import type { Engine } from '../../engine/protocol/engine.ts';
import { isCancelled, toPlainError, type PlainError } from '../../error.ts';
import type { LoraEntry } from '../../store/lora-entry.ts';
import type { LoraShelf } from '../../store/lora-shelf.ts';
import { modelKey, verdictOf } from './lora-findings.ts';
import { loraReference } from './lora-reference.ts';
import type { OpenModel } from '../models/model-choice.ts';

/** Why a LoRA could not be measured, and beside which model. */
export interface Unmeasured {
  readonly modelKey: string;
  readonly failure: PlainError;
}

interface MeasuringParts {
  readonly engine: () => Engine;
  readonly model: () => OpenModel | undefined;
  readonly shelf: LoraShelf;
  readonly onFailure: (id: string, unmeasured: Unmeasured) => void;
}

export class LoraMeasuring {
  readonly #parts: MeasuringParts;
  /** Those that failed, so that they are not tried over and over: id and model. */
  readonly #failed = new Set<string>();
  isRunning = false;
  #isWanted = false;
  #now: { readonly id: string; readonly abort: AbortController } | undefined;

  constructor(parts: MeasuringParts) {
    this.#parts = parts;
  }

  /** Measures what is not measured yet, and what comes, until {@link stop} is called. */
  start(): void {
    this.#isWanted = true;
    this.goOn();
  }

  /** To be called when there may be more to measure. */
  goOn(): void {
    if (!this.isRunning) void this.#run();
  }

  /** What is measured in part goes on from there. */
  stop(): void {
    this.#isWanted = false;
    this.#now?.abort.abort();
  }

  /** Stops with this LoRA, or, without an id, with whichever it is; others go on. */
  skip(id = this.#now?.id): void {
    if (this.#now?.id === id) this.#now?.abort.abort();
  }

  async #run(): Promise<void> {
    this.isRunning = true;
    for (let next = this.#next(); next; next = this.#next()) await this.#measure(next.entry, next.model);
    this.isRunning = false;
  }

  #next(): { readonly entry: LoraEntry; readonly model: OpenModel } | undefined {
    const model = this.#parts.model();
    if (!this.#isWanted || !model) return undefined;
    const entry = this.#parts.shelf.state.entries.find(
      (one) => verdictOf(one, model)?.norms === 'due' && !this.#failed.has(failureKey(one, model)),
    );
    return entry && { entry, model };
  }

  async #measure(entry: LoraEntry, model: OpenModel): Promise<void> {
    const { shelf, engine, onFailure } = this.#parts;
    const { id, hash, labelHash } = entry;
    const abort = new AbortController();
    this.#now = { id, abort };
    try {
      const order = { lora: loraReference(entry), model: model.reference };
      const verdict = await engine().lora.measure(order, { signal: abort.signal });
      const now = shelf.find(id);
      const isSame = now?.hash === hash && now.labelHash === labelHash;
      const known = isSame ? verdictOf(now, model) : undefined;
      if (!known) return;
      // A repair in vain found reasons that the file alone does not show.
      const { admitted, reasons } = known;
      shelf.change(id, {
        verdict: { modelKey: modelKey(model), verdict: { ...verdict, admitted, reasons } },
      });
    } catch (error) {
      if (isCancelled(error)) return;
      this.#failed.add(failureKey(entry, model));
      onFailure(id, { modelKey: modelKey(model), failure: toPlainError(error) });
    } finally {
      this.#now = undefined;
    }
  }
}

function failureKey({ id, hash, labelHash }: LoraEntry, model: OpenModel): string {
  return JSON.stringify([id, hash, labelHash, modelKey(model)]);
}
