/**
 * @file The shelf of LoRAs: in memory, and kept for later visits where the browser keeps anything. What it cannot keep lasts
 * as long as the page, and the failure is part of the state.
 */
import type { LoraRepair } from '../lora/verdict.ts';
import { toPlainError, type PlainError } from '../error.ts';
import { freeName, readLoraFile, type LoraConfig, type LoraEntry, type LoraFacts } from './lora-entry.ts';
import { browserLoraRecords, type LoraRecords } from './lora-records.ts';

export interface ShelfState {
  /** In the order of use. */
  readonly entries: readonly LoraEntry[];
  /** Why some of it lasts for this visit only. */
  readonly failure: PlainError | undefined;
}

/** A LoRA as it is given: its weights, and the config that came along. */
export interface GivenLora {
  /** As prompts are to call it; it gets a number where that is taken. */
  readonly name: string;
  readonly weights: Blob;
  readonly config: LoraConfig | undefined;
  /** Where the one who gives it knows better than the file. */
  readonly known?: Partial<Pick<LoraFacts, 'base' | 'triggers' | 'weight'>>;
}

/** What of an entry may be changed in place. */
export type LoraChange = Partial<Pick<LoraFacts, 'isOn' | 'weight' | 'verdict' | 'trial'>>;

/** What came of adding one: `updated` where it was there, with another header or config. */
export interface AddedLora {
  readonly entry: LoraEntry;
  readonly kind: 'added' | 'known' | 'updated';
}

/** While a slider moves, it is written once. */
const WRITE_DELAY_MS = 150;

export class LoraShelf {
  readonly #records: LoraRecords;
  readonly #onChange: () => void;
  #state: ShelfState = { entries: [], failure: undefined };
  /** Those that are in the records, with the file that they have here. */
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

  /** Puts a LoRA on the shelf; one that is there already, whatever it is called, is there once. */
  async add({ name, weights, config, known }: GivenLora): Promise<AddedLora> {
    const read = await readLoraFile(weights, config);
    const { entries } = this.#state;
    const same = entries.find((entry) => isHashOf(entry, read.hash));
    if (same && isLabelOf(same, read)) return { entry: same, kind: 'known' };
    const { weight = 1, ...facts } = known ?? {};
    const fresh = {
      ...read,
      ...facts,
      byteLength: weights.size,
      file: weights,
      config,
      originalHash: undefined,
      originalLabelHash: undefined,
      addedAt: Date.now(),
      repairs: [],
      verdict: undefined,
      trial: undefined,
    };
    const entry: LoraEntry = same
      ? { ...same, ...fresh }
      : {
          ...fresh,
          id: crypto.randomUUID(),
          name: freeName(name, new Set(entries.map((other) => other.name))),
          // First, where it is seen.
          position: (entries[0]?.position ?? 0) - 1,
          isOn: false,
          weight,
        };
    if (same) this.#swap(entry);
    else this.#set({ entries: [entry, ...entries] });
    await this.#keep(entry);
    return { entry: this.find(entry.id) ?? entry, kind: same ? 'updated' : 'added' };
  }

  /** Puts the repaired file in the place of the one that came. */
  async replace(id: string, bytes: Uint8Array<ArrayBuffer>, repairs: readonly LoraRepair[]): Promise<void> {
    const file = new Blob([bytes]);
    const { hash, labelHash } = await readLoraFile(file, undefined);
    const entry = this.find(id);
    if (!entry) return;
    const replaced: LoraEntry = {
      ...entry,
      file,
      hash,
      labelHash,
      byteLength: file.size,
      // What it says of scales is of the file as it was.
      config: undefined,
      originalHash: entry.originalHash ?? entry.hash,
      originalLabelHash: entry.originalLabelHash ?? entry.labelHash,
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
    const names = Object.keys(change) as (keyof LoraChange)[];
    if (!entry || names.every((name) => entry[name] === change[name])) return;
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
    this.#kept.delete(id);
    try {
      // Whatever is in the records: what could not be replaced is there as it was.
      await this.#records.remove(id);
    } catch (error) {
      this.#set({ failure: toPlainError(error) });
    }
  }

  /** Puts a file and its facts into the records; until both are there, facts alone would be those of another file. */
  async #keep(entry: LoraEntry): Promise<void> {
    const { id } = entry;
    this.#kept.delete(id);
    this.#dirty.delete(id);
    try {
      const file = await this.#records.put(entry);
      const now = this.find(id);
      // One that was replaced meanwhile is about to be put, too.
      if (now?.file === entry.file) {
        this.#kept.add(id);
        this.#swap({ ...now, file });
        // What was changed meanwhile.
        if (now !== entry) this.#writeSoon(id);
      }
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

/** Whether data of the LoRA are to be read as it reads them. */
function isLabelOf(entry: LoraFacts, { hash, labelHash }: Pick<LoraFacts, 'hash' | 'labelHash'>): boolean {
  const { originalHash, originalLabelHash } = entry;
  const isSame = entry.hash === hash && entry.labelHash === labelHash;
  return isSame || (originalHash === hash && originalLabelHash === labelHash);
}

/** Whether a hash, or its first digits, is that of the LoRA, as it is or as it came. */
export function isHashOf({ hash, originalHash }: LoraFacts, digits: string): boolean {
  return [hash, originalHash].some((whole) => whole?.startsWith(digits.toLowerCase()) === true);
}
