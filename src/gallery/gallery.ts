/**
 * @file The pictures there are, newest first, as the page sees them. A finished picture is written before anything else is
 * done with it; its thumbnail follows. What is deleted is marked first, and goes when it can no longer be brought back: after
 * a while, with the next deletion, or at the next visit.
 */
import { toPlainError, type PlainError } from '../error.ts';
import { openGalleryChannel, type GalleryChannel } from './gallery-channel.ts';
import type { GalleryStore } from './gallery-store.ts';
import { recordOf, type GalleryRecord } from './record.ts';

/** How long a deletion can be taken back. */
const UNDO_MS = 20_000;

export interface GalleryState {
  readonly phase: 'loading' | 'ready' | 'failed';
  /** Newest first, without those that are deleted. */
  readonly records: readonly GalleryRecord[];
  /** How many there were that cannot be read any more. */
  readonly damaged: number;
  /** What can be brought back. */
  readonly deleted: readonly GalleryRecord[];
  /** Why the last picture, or a change, was not kept. */
  readonly failure: PlainError | undefined;
}

interface GalleryParts {
  readonly store: GalleryStore;
  readonly onChange: () => void;
  /** A small picture of a picture; `undefined` where there can be none. */
  readonly thumbnailOf: (png: Blob) => Promise<Blob | undefined>;
}

export class Gallery {
  state: GalleryState = { phase: 'loading', records: [], damaged: 0, deleted: [], failure: undefined };

  readonly #parts: GalleryParts;
  readonly #channel: GalleryChannel;
  #undoEnd: ReturnType<typeof setTimeout> | undefined;

  constructor(parts: GalleryParts) {
    this.#parts = parts;
    this.#channel = openGalleryChannel((ids) => void this.#reread(ids));
  }

  /** Ends the talk with other tabs. */
  close(): void {
    this.#channel.close();
    clearTimeout(this.#undoEnd);
  }

  /** Reads what there is; never rejects. */
  async load(): Promise<void> {
    this.#change({ phase: 'loading' });
    try {
      const { records, damaged } = await this.#parts.store.list();
      const shown = records.filter(({ deletedAt }) => deletedAt === undefined);
      this.#change({ phase: 'ready', damaged });
      this.#show(shown);
      const over = records.filter(({ deletedAt = Infinity }) => deletedAt < Date.now() - UNDO_MS);
      if (over.length > 0) await this.#parts.store.remove(over.map(({ id }) => id));
      // A visit may have ended between a picture and its thumbnail.
      for (const record of shown) if (!record.thumbnail) await this.#addThumbnail(record);
    } catch (error) {
      this.#change({ phase: 'failed', failure: toPlainError(error) });
    }
  }

  /**
   * Keeps a finished picture; never rejects, because the picture is there whether it is kept or not. The same picture again
   * is the newest again.
   */
  async add(png: Uint8Array<ArrayBuffer>): Promise<void> {
    try {
      const record = await recordOf(png, { createdAt: Date.now() });
      const known = await this.#parts.store.record(record.id);
      await this.#keep({ ...record, isStarred: known?.isStarred ?? false }, png);
      this.#change({ failure: undefined });
    } catch (error) {
      this.#change({ failure: toPlainError(error) });
    }
  }

  /**
   * Takes a picture in from elsewhere.
   * @returns whether it was there already
   * @throws AppError `image/png-invalid`, `gallery/no-settings`, `gallery/full`, `gallery/unavailable`
   */
  async take(
    png: Uint8Array<ArrayBuffer>,
    known: { readonly createdAt: number; readonly isStarred: boolean },
  ): Promise<'added' | 'duplicate'> {
    const record = await recordOf(png, known);
    const there = await this.#parts.store.record(record.id);
    if (there && there.deletedAt === undefined) return 'duplicate';
    await this.#keep(record, png);
    return 'added';
  }

  find(id: string): GalleryRecord | undefined {
    return this.state.records.find((record) => record.id === id);
  }

  /** The file of a picture. @throws AppError `gallery/damaged`, `gallery/unavailable` */
  file(id: string): Promise<Blob> {
    return this.#parts.store.file(id);
  }

  /** Gives a picture its star, or takes it. */
  async star(id: string): Promise<void> {
    const record = this.find(id);
    if (record) await this.#put([{ ...record, isStarred: !record.isStarred }]);
  }

  /** Deletes pictures; what was deleted before is gone with it. */
  async delete(ids: readonly string[]): Promise<void> {
    const records = ids.flatMap((id) => this.find(id) ?? []);
    if (records.length === 0) return;
    await this.forgetDeleted();
    const deletedAt = Date.now();
    if (!(await this.#put(records.map((record) => ({ ...record, deletedAt }))))) return;
    this.#change({ deleted: records });
    this.#undoEnd = setTimeout(() => void this.forgetDeleted(), UNDO_MS);
  }

  /** Brings back what was deleted last. */
  async undo(): Promise<void> {
    clearTimeout(this.#undoEnd);
    const { deleted } = this.state;
    this.#change({ deleted: [] });
    await this.#put(deleted);
  }

  /** Lets what was deleted go for good. */
  async forgetDeleted(): Promise<void> {
    clearTimeout(this.#undoEnd);
    const ids = this.state.deleted.map(({ id }) => id);
    if (ids.length === 0) return;
    this.#change({ deleted: [] });
    await this.#attempt(() => this.#parts.store.remove(ids));
  }

  /** Takes the word about what went wrong away. */
  dismiss(): void {
    this.#change({ failure: undefined, damaged: 0 });
  }

  async #keep(record: GalleryRecord, png: Uint8Array<ArrayBuffer>): Promise<void> {
    await this.#parts.store.add(record, new Blob([png], { type: 'image/png' }));
    this.#show([record]);
    // It may be one that was just deleted.
    this.#change({ deleted: this.state.deleted.filter(({ id }) => id !== record.id) });
    this.#channel.tell([record.id]);
    void this.#addThumbnail(record);
  }

  async #addThumbnail({ id }: GalleryRecord): Promise<void> {
    await this.#attempt(async () => {
      const thumbnail = await this.#parts.thumbnailOf(await this.#parts.store.file(id));
      // As it is by now.
      const record = this.find(id);
      if (thumbnail && record) await this.#put([{ ...record, thumbnail }]);
    });
  }

  /** @returns whether they are written */
  #put(records: readonly GalleryRecord[]): Promise<boolean> {
    return this.#attempt(async () => {
      await this.#parts.store.put(records);
      this.#show(records);
      this.#channel.tell(records.map(({ id }) => id));
    });
  }

  async #attempt(work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      this.#change({ failure: toPlainError(error) });
      return false;
    }
  }

  /** What another tab changed. */
  async #reread(ids: readonly string[]): Promise<void> {
    await this.#attempt(async () => {
      const found = await Promise.all(ids.map((id) => this.#parts.store.record(id)));
      const gone = ids.filter((_, index) => !found[index]);
      this.#show(
        found.flatMap((record) => record ?? []),
        gone,
      );
    });
  }

  /** Shows records as they are now, in the place of what was shown of them. */
  #show(records: readonly GalleryRecord[], gone: readonly string[] = []): void {
    const changed = new Set([...gone, ...records.map(({ id }) => id)]);
    const others = this.state.records.filter(({ id }) => !changed.has(id));
    const shown = records.filter(({ deletedAt }) => deletedAt === undefined);
    this.#change({ records: inOrder([...others, ...shown]) });
  }

  #change(change: Partial<GalleryState>): void {
    this.state = { ...this.state, ...change };
    this.#parts.onChange();
  }
}

function inOrder(records: readonly GalleryRecord[]): GalleryRecord[] {
  return [...records].sort((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? -1 : 1));
}
