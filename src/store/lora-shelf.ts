/**
 * @file The shelf of LoRAs: in memory, and kept for later visits where the browser keeps anything. What it cannot keep lasts
 * as long as the page, and the failure is part of the state.
 */
import type { LoraRepair } from '../lora/verdict.ts';
import { toPlainError, type PlainError } from '../error.ts';
import {
  freeName,
  loraName,
  readLoraFile,
  type LoraConfig,
  type LoraEntry,
  type LoraFacts,
} from './lora-entry.ts';
import { browserLoraRecords, type LoraRecords } from './lora-records.ts';

export interface ShelfState {
  /** In the order of use. */
  readonly entries: readonly LoraEntry[];
  /** Why some of it lasts for this visit only. */
  readonly failure: PlainError | undefined;
}

/** A LoRA as it is given: its weights, under their path, and the config that came along. */
export interface GivenLora {
  readonly weights: File;
  readonly config: LoraConfig | undefined;
  /** Where the one who gives it knows better than the file. */
  readonly known?: Partial<Pick<LoraFacts, 'name' | 'base' | 'triggers'>>;
}

/** What of an entry may be changed in place. */
export type LoraChange = Partial<Pick<LoraFacts, 'isOn' | 'weight' | 'verdict' | 'trial'>>;

/** While a slider moves, it is written once. */
const WRITE_DELAY_MS = 150;

export class LoraShelf {
  readonly #records: LoraRecords;
  readonly #onChange: () => void;
  #state: ShelfState = { entries: [], failure: undefined };
  /** Those that are in the records. */
  readonly #kept = new Set<string>();
  readonly #dirty = new Set<string>();
  #writing: ReturnType<typeof setTimeout> | undefined;

  /** @param onChange called after every change of the state */
  constructor(onChange: () => void, records: LoraRecords = browserLoraRecords()) {
    this.#onChange = onChange;
    this.#records = records;
  }

  get state(): ShelfState {
    return this.#state;
  }

  find(id: string): LoraEntry | undefined {
    return this.#state.entries.find((entry) => entry.id === id);
  }

  /** Takes what earlier visits kept. */
  async load(): Promise<void> {
    try {
      const kept = await this.#records.list();
      for (const { id } of kept) this.#kept.add(id);
      const entries = [...kept, ...this.#state.entries.filter(({ id }) => !this.#kept.has(id))];
      this.#set({ entries: entries.sort((a, b) => a.position - b.position) });
    } catch (error) {
      this.#set({ failure: toPlainError(error) });
    }
  }

  /** Puts a LoRA on the shelf; one that is there already, whatever it is called, is given back. */
  async add({
    weights,
    config,
    known,
  }: GivenLora): Promise<{ readonly entry: LoraEntry; readonly isNew: boolean }> {
    const read = await readLoraFile(weights, config);
    const same = this.#state.entries.find((entry) => isHashOf(entry, read.hash));
    if (same) return { entry: same, isNew: false };
    const { entries } = this.#state;
    const entry: LoraEntry = {
      ...read,
      ...known,
      id: crypto.randomUUID(),
      name: freeName(known?.name ?? loraName(weights.name), new Set(entries.map(({ name }) => name))),
      byteLength: weights.size,
      file: weights,
      config,
      originalHash: undefined,
      addedAt: Date.now(),
      // First, where it is seen.
      position: (entries[0]?.position ?? 0) - 1,
      isOn: false,
      weight: 1,
      repairs: [],
      verdict: undefined,
      trial: undefined,
    };
    this.#set({ entries: [entry, ...entries] });
    await this.#keep(entry);
    return { entry: this.find(entry.id) ?? entry, isNew: true };
  }

  /** Puts the repaired file in the place of the one that came. */
  async replace(id: string, bytes: Uint8Array<ArrayBuffer>, repairs: readonly LoraRepair[]): Promise<void> {
    const entry = this.find(id);
    if (!entry) return;
    const file = new Blob([bytes]);
    const { hash } = await readLoraFile(file, undefined);
    const replaced: LoraEntry = {
      ...entry,
      file,
      hash,
      byteLength: file.size,
      // What it says of scales is of the file as it was.
      config: undefined,
      originalHash: entry.originalHash ?? entry.hash,
      repairs: [...entry.repairs, ...repairs],
      addedAt: Date.now(),
      verdict: undefined,
      trial: undefined,
    };
    this.#swap(replaced);
    await this.#keep(replaced);
  }

  change(id: string, change: LoraChange): void {
    const entry = this.find(id);
    if (!entry) return;
    this.#swap({ ...entry, ...change });
    this.#writeSoon(id);
  }

  /** One place up (−1) or down (1). */
  move(id: string, by: -1 | 1): void {
    const entries = [...this.#state.entries];
    const from = entries.findIndex((entry) => entry.id === id);
    const [one, other] = [entries[from], entries[from + by]];
    if (one && other)
      this.arrange(entries.map((entry) => (entry === one ? other : entry === other ? one : entry)));
  }

  /** Brings the entries into another order. */
  arrange(entries: readonly LoraEntry[]): void {
    this.#set({ entries: entries.map((entry, i) => ({ ...entry, position: i + 1 })) });
    for (const { id } of entries) this.#writeSoon(id);
  }

  async remove(id: string): Promise<void> {
    this.#set({ entries: this.#state.entries.filter((entry) => entry.id !== id) });
    this.#dirty.delete(id);
    if (!this.#kept.delete(id)) return;
    try {
      await this.#records.remove(id);
    } catch (error) {
      this.#set({ failure: toPlainError(error) });
    }
  }

  async #keep(entry: LoraEntry): Promise<void> {
    try {
      const file = await this.#records.put(entry);
      this.#kept.add(entry.id);
      const now = this.find(entry.id);
      if (now) this.#swap({ ...now, file });
      this.#set({ failure: undefined });
    } catch (error) {
      this.#set({ failure: toPlainError(error) });
    }
  }

  #writeSoon(id: string): void {
    if (!this.#kept.has(id)) return;
    this.#dirty.add(id);
    if (this.#writing !== undefined) return;
    this.#writing = setTimeout(() => void this.#write(), WRITE_DELAY_MS);
  }

  async #write(): Promise<void> {
    this.#writing = undefined;
    const entries = this.#state.entries.filter(({ id }) => this.#dirty.has(id));
    this.#dirty.clear();
    try {
      await this.#records.putFacts(entries.map(({ file: _, ...facts }) => facts));
    } catch (error) {
      this.#set({ failure: toPlainError(error) });
    }
  }

  #swap(entry: LoraEntry): void {
    this.#set({ entries: this.#state.entries.map((other) => (other.id === entry.id ? entry : other)) });
  }

  #set(change: Partial<ShelfState>): void {
    this.#state = { ...this.#state, ...change };
    this.#onChange();
  }
}

/** Whether a hash, or its first digits, is that of the LoRA, as it is or as it came. */
export function isHashOf({ hash, originalHash }: LoraFacts, digits: string): boolean {
  return [hash, originalHash].some((whole) => whole?.startsWith(digits.toLowerCase()) === true);
}
