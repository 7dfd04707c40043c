/**
 * @file The LoRAs of the page: the shelf, the work on it, and what goes with a picture. Prompts and shelf are kept in step: a
 * tag switches its LoRA on at its weight for as long as it stands there, and moving the slider rewrites the tag.
 */
import type { ReactiveController, ReactiveControllerHost } from 'lit';
import type { Engine } from '../../engine/protocol/engine.ts';
import type { LoraUse } from '../../engine/protocol/lora.ts';
import { loraName } from '../../lora/lora-name.ts';
import type { ScaleRepair } from '../../lora/verdict.ts';
import { LoraShelf, type AddedLora, type GivenLora, type LoraChange } from '../../store/lora-shelf.ts';
import { fetchOfferedFile, fetchOfferedLoras, type OfferedLora } from './lora-catalog.ts';
import { modelKey } from './lora-findings.ts';
import { changeTag, readPromptLoras, withTag } from './lora-prompt.ts';
import { loraReference } from './lora-reference.ts';
import { LoraWorkshop } from './lora-workshop.ts';
import type { OpenModel } from '../models/model-choice.ts';
import type { PageNotice } from '../parts/page-notice.ts';
import type { PictureSettings } from '../settings/picture-settings.ts';

/** What was done last, to be told once. */
export interface LoraOutcome {
  readonly kind: AddedLora['kind'] | 'removed' | 'inserted' | 'repaired';
  readonly name: string;
}

interface ControlParts {
  readonly engine: () => Engine;
  readonly model: () => OpenModel | undefined;
  /** Writes the prompt anew, from what it is. */
  readonly editPrompt: (edit: (prompt: string) => string) => void;
}

export class LoraControl implements ReactiveController {
  readonly shelf: LoraShelf;
  readonly workshop: LoraWorkshop;
  offered: readonly OfferedLora[] = [];
  outcome: LoraOutcome | undefined;
  /** When the shelf of earlier visits is there. */
  loaded: Promise<void> = Promise.resolve();

  readonly #host: ReactiveControllerHost;
  readonly #parts: ControlParts;
  /** Key of the model that the LoRAs were looked at beside. */
  #inspectedFor: string | undefined;
  /** Those that are on because the last prompt said so. */
  readonly #fromPrompt = new Set<string>();

  constructor(host: ReactiveControllerHost, parts: ControlParts) {
    this.#host = host;
    this.#parts = parts;
    const onChange = (): void => this.#host.requestUpdate();
    this.shelf = new LoraShelf(onChange);
    this.workshop = new LoraWorkshop({ ...parts, shelf: this.shelf, onChange });
    host.addController(this);
  }

  hostConnected(): void {
    void this.#begin();
  }

  hostUpdated(): void {
    const model = this.#parts.model();
    const key = model && modelKey(model);
    if (key === this.#inspectedFor) return;
    this.#inspectedFor = key;
    this.workshop.measuring.skip();
    void this.workshop.inspectAll();
  }

  async #begin(): Promise<void> {
    this.loaded = this.shelf.load();
    await this.loaded;
    await this.workshop.inspectAll();
  }

  /** Looks at what comes with the site, at what was not looked at beside the open model, and measures it. */
  async browse(): Promise<void> {
    this.workshop.measuring.start();
    void this.workshop.inspectAll();
    if (this.offered.length > 0) return;
    this.offered = await fetchOfferedLoras();
    this.#host.requestUpdate();
  }

  /** Puts LoRAs on the shelf and looks at them. */
  async add(given: readonly GivenLora[]): Promise<void> {
    for (const one of given) {
      const { entry, kind } = await this.shelf.add(one);
      if (kind === 'updated') this.workshop.forget(entry.id);
      this.tell({ kind, name: entry.name });
      await this.workshop.inspect(entry.id);
    }
  }

  /** Adds one that comes with the site. @throws AppError as {@link fetchOfferedFile} */
  async addOffered(offer: OfferedLora): Promise<void> {
    const { base, trigger, weight } = offer;
    const known = {
      ...(base !== undefined && { base }),
      ...(trigger !== undefined && { triggers: [trigger] }),
      ...(weight !== undefined && { weight }),
    };
    const weights = await fetchOfferedFile(offer);
    await this.add([{ name: loraName(offer.file), weights, config: undefined, known }]);
  }

  /** Switches or weighs a LoRA. */
  change(id: string, change: Pick<LoraChange, 'isOn' | 'weight'>): void {
    this.shelf.change(id, change);
    // From now on it is the user's own word whether it is on.
    if (change.isOn !== undefined) this.#fromPrompt.delete(id);
    if (change.isOn === false) this.#retag(id, undefined);
    else if (change.weight !== undefined) this.#retag(id, change.weight);
  }

  async repair(id: string, scale: ScaleRepair): Promise<void> {
    const name = this.shelf.find(id)?.name;
    if ((await this.workshop.repair(id, scale)) && name !== undefined) this.tell({ kind: 'repaired', name });
  }

  async remove(id: string): Promise<void> {
    const entry = this.shelf.find(id);
    if (!entry) return;
    this.workshop.forget(id);
    this.#fromPrompt.delete(id);
    // Found by its tags for as long as it is there.
    this.#retag(id, undefined);
    await this.shelf.remove(id);
    this.tell({ kind: 'removed', name: entry.name });
  }

  /** Puts a LoRA's tag into the prompt. */
  insertTag(id: string): void {
    const entry = this.shelf.find(id);
    if (!entry) return;
    const { name, weight, isOn } = entry;
    this.#retag(id, undefined);
    this.#parts.editPrompt((prompt) => withTag(prompt, { name, weight }));
    if (!isOn) this.#fromPrompt.add(id);
    this.shelf.change(id, { isOn: true });
    this.tell({ kind: 'inserted', name });
  }

  /** Puts trigger words into the prompt. */
  insertWords(words: string): void {
    this.#parts.editPrompt((prompt) => [prompt.trim(), words].filter((part) => part !== '').join(', '));
    this.tell({ kind: 'inserted', name: words });
  }

  /** Tells what was done; nothing takes the last word away. */
  tell(outcome: LoraOutcome | undefined): void {
    this.outcome = outcome;
    this.#host.requestUpdate();
  }

  /** Tags of a LoRA follow its slider and its switch. */
  #retag(id: string, weight: number | undefined): void {
    const { entries } = this.shelf.state;
    this.#parts.editPrompt((prompt) => changeTag(prompt, entries, id, weight));
  }

  /** What a picture is ordered with: the prompt without its tags, and all LoRAs that are on. */
  order(text: string): {
    readonly prompt: string;
    readonly loras: readonly LoraUse[];
    readonly notices: readonly PageNotice[];
  } {
    const { prompt, named, missing } = readPromptLoras(text, this.shelf.state.entries);
    const ids = named.map(({ id }) => id);
    // A tag that was taken out takes its LoRA along, unless that was on without it.
    for (const id of this.#fromPrompt) {
      if (ids.includes(id)) continue;
      this.#fromPrompt.delete(id);
      this.shelf.change(id, { isOn: false });
    }
    for (const { id, weight } of named) {
      if (this.shelf.find(id)?.isOn === false) this.#fromPrompt.add(id);
      this.shelf.change(id, { isOn: true, weight });
    }
    const isOn = this.shelf.state.entries.filter((entry) => entry.isOn);
    return {
      prompt,
      loras: isOn.map((entry) => ({ lora: loraReference(entry), weight: entry.weight })),
      notices:
        missing.length === 0 ? [] : [{ kind: 'loras-unknown', names: missing.map(({ name }) => name) }],
    };
  }

  /** A prompt with tags for all LoRAs that are on. */
  tagged(prompt: string): string {
    const { entries } = this.shelf.state;
    const ids = readPromptLoras(prompt, entries).named.map(({ id }) => id);
    return entries
      .filter(({ id, isOn }) => isOn && !ids.includes(id))
      .reduce((text, { name, weight }) => withTag(text, { name, weight }), prompt);
  }

  /**
   * Makes the shelf what it was for a picture: its LoRAs on, in its order, all others off.
   * @returns the prompt, with the tags alone of those that are missing
   */
  restore(settings: Pick<PictureSettings, 'prompt' | 'loraHashes'>): {
    readonly prompt: string;
    readonly notices: readonly PageNotice[];
  } {
    const { entries } = this.shelf.state;
    const { prompt, named, missing } = readPromptLoras(settings.prompt, entries, settings.loraHashes);
    const weights = new Map(named.map(({ id, weight }) => [id, weight]));
    const used = named.flatMap(({ id }) => entries.find((entry) => entry.id === id) ?? []);
    this.shelf.arrange([...used, ...entries.filter(({ id }) => !weights.has(id))]);
    for (const { id } of entries) {
      const weight = weights.get(id);
      this.shelf.change(id, { isOn: weight !== undefined, ...(weight !== undefined && { weight }) });
    }
    this.#fromPrompt.clear();
    return {
      prompt: missing.reduce(withTag, prompt),
      notices:
        missing.length === 0 ? [] : [{ kind: 'loras-missing', names: missing.map(({ name }) => name) }],
    };
  }
}
