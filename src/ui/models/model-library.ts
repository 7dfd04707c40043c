/**
 * @file What the page knows of the models in the browser's store, and what it does with them: additions that can be
 * paused, checks, repairs, deletions. Every change makes a new {@link LibraryState}; failures become part of it.
 */
import type {
  AddOptions,
  DamagedRecord,
  Library,
  LibraryHandlers,
  LibraryListing,
  LibraryProgress,
  StoredModel,
  VerifyReport,
} from '../../engine/protocol/library.ts';
import type { ModelReference } from '../../engine/protocol/model.ts';
import { isCancelled, toPlainError, type PlainError } from '../../error.ts';
import { requestPersistence } from '../../store/persistence.ts';

const PROGRESS_INTERVAL_MS = 150;
/** Another tab that says nothing for so long has been closed. */
const SILENCE_MS = 10_000;

/** Work on one model in this tab, or the last word on it. */
export interface LibraryWork {
  readonly name: string;
  readonly task: LibraryProgress['task'];
  readonly state: 'running' | 'paused' | 'failed';
  readonly progress: LibraryProgress | undefined;
  readonly failure: PlainError | undefined;
  /** Goes on with it; for additions, whose source only this tab may know. */
  readonly again: (() => void) | undefined;
  /** That source. */
  readonly reference: ModelReference | undefined;
}

/** How the last piece of work ended, to be told once. */
type LibraryOutcome =
  | { readonly kind: 'added'; readonly name: string; readonly mended: readonly DamagedRecord[] }
  | { readonly kind: 'paused'; readonly name: string }
  | { readonly kind: 'removed'; readonly name: string; readonly freedBytes: number };

/** By id of the model. */
type ById<T> = ReadonlyMap<string, T>;

export interface LibraryState {
  /** Absent until it is known. */
  readonly listing: LibraryListing | undefined;
  /** Why it is not known. */
  readonly failure: PlainError | undefined;
  readonly works: ById<LibraryWork>;
  /** What other tabs are adding. */
  readonly elsewhere: ById<LibraryProgress>;
  /** What the last check found. */
  readonly reports: ById<VerifyReport>;
  readonly outcome: LibraryOutcome | undefined;
  /** Whether the browser has been asked to keep what is stored, and has not promised it. */
  readonly isKeepingRefused: boolean;
}

/** How to add a model; the id is needed to speak of it while it comes. */
export type Addition = AddOptions & { readonly id: string; readonly name: string };

export class ModelLibrary {
  readonly #library: Library;
  readonly #onChange: () => void;
  readonly #onRemoved: (id: string) => void;
  /** The work under way, and what stops it. */
  readonly #running = new Map<string, { readonly abort: AbortController; readonly over: Promise<unknown> }>();
  readonly #heardAt = new Map<string, number>();
  #state: LibraryState = {
    listing: undefined,
    failure: undefined,
    works: new Map(),
    elsewhere: new Map(),
    reports: new Map(),
    outcome: undefined,
    isKeepingRefused: false,
  };

  /**
   * @param onChange called after every change of the state
   * @param onRemoved called after a model was deleted
   */
  constructor(library: Library, onChange: () => void, onRemoved: (id: string) => void) {
    this.#library = library;
    this.#onChange = onChange;
    this.#onRemoved = onRemoved;
  }

  get state(): LibraryState {
    return this.#state;
  }

  /** Has told how the last work ended. */
  forgetOutcome(): void {
    if (this.#state.outcome) this.#set({ outcome: undefined });
  }

  /** Looks again at what is stored. */
  async refresh(): Promise<void> {
    try {
      this.#set({ listing: await this.#library.list(), failure: undefined });
    } catch (error) {
      this.#set({ failure: toPlainError(error) });
    }
  }

  /** Adds a model, or goes on adding it. The stored model; nothing when it was paused or failed. */
  async add(reference: ModelReference, { name, ...options }: Addition): Promise<StoredModel | undefined> {
    const again = (): void => void this.add(reference, { name, ...options });
    let mended: readonly DamagedRecord[] = [];
    const model = await this.#work(options.id, { ...newWork(name, 'add'), again, reference }, (handlers) => {
      const onProgress = (progress: LibraryProgress): void => {
        mended = progress.mended ?? mended;
        handlers.onProgress?.(progress);
      };
      return this.#library.add(reference, options, { ...handlers, onProgress });
    });
    if (model) this.#set({ outcome: { kind: 'added', name: model.name, mended } });
    else if (this.#state.works.get(options.id)?.state === 'paused')
      this.#set({ outcome: { kind: 'paused', name } });
    await this.refresh();
    // Whoever added it and however often it was interrupted. The user may take long to answer; nobody waits for that.
    if (model && this.#state.listing?.storage.persisted === false) void this.askToKeep();
    return model;
  }

  /** Asks the browser to keep what is stored, and notes whether it promises that. */
  async askToKeep(): Promise<void> {
    this.#set({ isKeepingRefused: (await requestPersistence()) !== 'granted' });
    await this.refresh();
  }

  /** Stops the work on a model; adding can be gone on with. */
  pause(id: string): void {
    this.#running.get(id)?.abort.abort();
  }

  /** Deletes a model, finished or not. */
  async remove(id: string, name: string): Promise<void> {
    const work = this.#running.get(id);
    work?.abort.abort();
    await work?.over;
    this.#setWork(id, undefined);
    try {
      const freedBytes = await this.#library.remove(id);
      this.#set({ outcome: { kind: 'removed', name, freedBytes } });
      this.#onRemoved(id);
    } catch (error) {
      this.#setWork(id, { ...newWork(name, 'verify'), state: 'failed', failure: toPlainError(error) });
    }
    await this.refresh();
  }

  /** Compares what is stored with what was stored once. */
  async verify(id: string, name: string): Promise<void> {
    const report = await this.#work(id, newWork(name, 'verify'), (handlers) =>
      this.#library.verify(id, {}, handlers),
    );
    this.#report(id, report);
    await this.refresh();
  }

  /**
   * Fetches again what is damaged.
   * @param source needed for models from files
   */
  async repair(id: string, name: string, source?: ModelReference): Promise<void> {
    const options = { repair: true, ...(source && { source }) };
    const report = await this.#work(id, newWork(name, 'repair'), (handlers) =>
      this.#library.verify(id, options, handlers),
    );
    this.#report(id, report);
    await this.refresh();
  }

  /** Takes away the word on work that ended. */
  dismiss(id: string): void {
    this.#setWork(id, undefined);
  }

  /** Notes what another tab tells of its work. */
  hear(progress: LibraryProgress): void {
    const { id, doneBytes, totalBytes } = progress;
    if (this.#state.works.has(id)) return;
    const isOver = totalBytes > 0 && doneBytes >= totalBytes;
    this.#heardAt.set(id, performance.now());
    this.#set({ elsewhere: withEntry(this.#state.elsewhere, id, isOver ? undefined : progress) });
    setTimeout(() => this.#forget(id), SILENCE_MS);
    if (isOver) void this.refresh();
  }

  /** Does one piece of work on a model, unless there is some; its failure becomes state. */
  async #work<T>(
    id: string,
    work: LibraryWork,
    start: (handlers: LibraryHandlers) => Promise<T>,
  ): Promise<T | undefined> {
    if (this.#running.has(id)) return undefined;
    const abort = new AbortController();
    this.#setWork(id, work);
    let shown = work;
    let shownAt = -Infinity;
    const running = start({
      signal: abort.signal,
      onProgress: (progress) => {
        if (performance.now() - shownAt < PROGRESS_INTERVAL_MS) return;
        shownAt = performance.now();
        shown = { ...work, task: progress.task, progress };
        this.#setWork(id, shown);
      },
    });
    this.#running.set(id, { abort, over: running.catch(() => undefined) });
    try {
      const result = await running;
      this.#setWork(id, undefined);
      return result;
    } catch (error) {
      if (!isCancelled(error)) this.#setWork(id, { ...shown, state: 'failed', failure: toPlainError(error) });
      else this.#setWork(id, work.task === 'add' ? { ...shown, state: 'paused' } : undefined);
      return undefined;
    } finally {
      this.#running.delete(id);
    }
  }

  #report(id: string, report: VerifyReport | undefined): void {
    this.#set({ reports: withEntry(this.#state.reports, id, report) });
  }

  #forget(id: string): void {
    if (performance.now() - (this.#heardAt.get(id) ?? 0) < SILENCE_MS) return;
    this.#set({ elsewhere: withEntry(this.#state.elsewhere, id, undefined) });
  }

  #setWork(id: string, work: LibraryWork | undefined): void {
    this.#set({ works: withEntry(this.#state.works, id, work) });
  }

  #set(change: Partial<LibraryState>): void {
    this.#state = { ...this.#state, ...change };
    this.#onChange();
  }
}

function newWork(name: string, task: LibraryWork['task']): LibraryWork {
  return {
    name,
    task,
    state: 'running',
    progress: undefined,
    failure: undefined,
    again: undefined,
    reference: undefined,
  };
}

function withEntry<T>(map: ById<T>, id: string, value: T | undefined): ById<T> {
  const changed = new Map(map);
  if (value === undefined) changed.delete(id);
  else changed.set(id, value);
  return changed;
}
