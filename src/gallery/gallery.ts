/**
 * @file The pictures there are, newest first, as the page sees them. A finished picture is written whole, its thumbnail
 * follows; one that cannot be written stays in memory. What is deleted is marked first, and goes when it can no longer be
 * brought back: after a while, with the next deletion, or at the next visit.
 */
import { toPlainError, type PlainError } from '../error.ts';
import { openGalleryChannel, type GalleryChannel } from './gallery-channel.ts';
import type { GalleryStore } from './gallery-store.ts';
import { recordOf, type GalleryRecord } from './record.ts';

const PNG = { type: 'image/png' } as const;
/** How long a deletion can be taken back. */
const UNDO_MS = 20_000;

/** A picture that could not be kept: it is in the memory of this tab alone. */
export interface UnkeptPicture {
  readonly png: Uint8Array<ArrayBuffer>;
  readonly createdAt: number;
  /** Why it was not kept. */
  readonly failure: PlainError;
}

/** A picture that was deleted and can be brought back. */
interface DeletedPicture {
  readonly record: GalleryRecord;
  /** Where the browser had no room for a mark, the picture itself is gone, and its file is here. */
  readonly file: Blob | undefined;
}

export interface GalleryState {
  readonly phase: 'loading' | 'ready' | 'failed';
  /** Newest first, without those that are deleted. */
  readonly records: readonly GalleryRecord[];
  /** How many there were that cannot be read any more. */
  readonly damaged: number;
  /** What can be brought back. */
  readonly deleted: readonly DeletedPicture[];
  /** What could not be kept, oldest first. */
  readonly unkept: readonly UnkeptPicture[];
  /** Why pictures could not be read, or a change of them was not kept. */
  readonly failure: PlainError | undefined;
}

interface GalleryParts {
  readonly store: GalleryStore;
  readonly onChange: () => void;
  /** A small picture of a picture; `undefined` where there can be none. */
  readonly thumbnailOf: (png: Blob) => Promise<Blob | undefined>;
}

export class Gallery {
  state: GalleryState = {
    ...{ phase: 'loading', records: [], damaged: 0 },
    ...{ deleted: [], unkept: [], failure: undefined },
  };

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
      if (over.length > 0) await this.#parts.store.removeDeleted(over.map(({ id }) => id));
      // A visit may have ended between a picture and its thumbnail.
      for (const record of shown) if (!record.thumbnail) await this.#addThumbnail(record);
    } catch (error) {
      this.#change({ phase: 'failed', failure: toPlainError(error) });
    }
  }

  /**
   * Keeps a finished picture; never rejects, because the picture is there whether it is kept or not. The same picture again
   * is the newest again.
   * @returns whether it is kept
   */
  async add(png: Uint8Array<ArrayBuffer>, createdAt = Date.now()): Promise<boolean> {
    const others = () => this.state.unkept.filter((one) => one.png !== png);
    try {
      const record = await recordOf(png, { createdAt });
      const known = await this.#parts.store.record(record.id);
      await this.#keep({ ...record, isStarred: known?.isStarred ?? false }, new Blob([png], PNG));
      this.#change({ unkept: others() });
      return true;
    } catch (error) {
      this.#change({ unkept: [...others(), { png, createdAt, failure: toPlainError(error) }] });
      return false;
    }
  }

  /** Tries once more to keep what could not be kept; what was deleted makes room for it. */
  async addUnkept(): Promise<void> {
    await this.forgetDeleted();
    for (const one of this.state.unkept)
      // It may have been let go of meanwhile.
      if (this.state.unkept.includes(one)) await this.add(one.png, one.createdAt);
  }

  /** Lets what could not be kept go. */
  dropUnkept(): void {
    this.#change({ unkept: [] });
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
    await this.#keep(record, new Blob([png], PNG));
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
    if (record) await this.#attempt(() => this.#put([{ ...record, isStarred: !record.isStarred }]));
  }

  /** Deletes pictures; what was deleted before is gone with it. */
  async delete(ids: readonly string[]): Promise<void> {
    const records = ids.flatMap((id) => this.find(id) ?? []);
    if (records.length === 0) return;
    await this.forgetDeleted();
    await this.#attempt(async () => {
      const deleted = await this.#takeOut(records);
      this.#show([], ids);
      this.#change({ deleted });
      this.#channel.tell(ids);
      this.#undoEnd = setTimeout(() => void this.forgetDeleted(), UNDO_MS);
    });
  }

  /** Brings back what was deleted last. @returns whether all of it is back; the rest still can be brought back */
  async undo(): Promise<boolean> {
    clearTimeout(this.#undoEnd);
    const { deleted } = this.state;
    return this.#attempt(async () => {
      for (const { record, file } of deleted) if (file) await this.#keep(record, file);
      await this.#put(deleted.flatMap(({ record, file }) => (file ? [] : record)));
    });
  }

  /** Lets what was deleted go for good. */
  async forgetDeleted(): Promise<void> {
    clearTimeout(this.#undoEnd);
    const ids = this.state.deleted.map(({ record }) => record.id);
    if (ids.length === 0) return;
    this.#change({ deleted: [] });
    await this.#attempt(() => this.#parts.store.removeDeleted(ids));
  }

  /** Takes the word about what went wrong away. */
  dismiss(): void {
    this.#change({ failure: undefined, damaged: 0 });
  }

  async #keep(record: GalleryRecord, file: Blob): Promise<void> {
    await this.#parts.store.add(record, file);
    this.#show([record]);
    this.#channel.tell([record.id]);
    if (!record.thumbnail) void this.#addThumbnail(record);
  }

  /** Takes pictures out of sight, and out of the store where there is no room for the marks. */
  async #takeOut(records: readonly GalleryRecord[]): Promise<readonly DeletedPicture[]> {
    const { store } = this.#parts;
    const deletedAt = Date.now();
    try {
      await store.put(records.map((record) => ({ ...record, deletedAt })));
      return records.map((record) => ({ record, file: undefined }));
    } catch (error) {
      if (toPlainError(error).code !== 'gallery/full') throw error;
    }
    const deleted: DeletedPicture[] = [];
    for (const record of records) {
      const file = await this.#copyOf(record);
      if (file) deleted.push({ record, file });
    }
    await store.remove(records.map(({ id }) => id));
    return deleted;
  }

  /** The file of a picture in memory; of one that is damaged there is none. */
  async #copyOf({ id }: GalleryRecord): Promise<Blob | undefined> {
    try {
      const file = await this.#parts.store.file(id);
      return new Blob([await file.arrayBuffer()], PNG);
    } catch {
      return undefined;
    }
  }

  /** Where there is no room for it, it is seen, and made again at the next visit. */
  async #addThumbnail({ id }: GalleryRecord): Promise<void> {
    try {
      const thumbnail = await this.#parts.thumbnailOf(await this.#parts.store.file(id));
      const record = this.find(id);
      if (!thumbnail || !record) return;
      this.#show([{ ...record, thumbnail }]);
      await this.#parts.store.setThumbnail(id, thumbnail);
      this.#channel.tell([id]);
    } catch (error) {
      const failure = toPlainError(error);
      if (failure.code !== 'gallery/full') this.#change({ failure });
    }
  }

  async #put(records: readonly GalleryRecord[]): Promise<void> {
    await this.#parts.store.put(records);
    this.#show(records);
    this.#channel.tell(records.map(({ id }) => id));
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

  /** Shows records as they are now, in the place of what was shown of them. Those that are seen are not deleted. */
  #show(records: readonly GalleryRecord[], gone: readonly string[] = []): void {
    const changed = new Set([...gone, ...records.map(({ id }) => id)]);
    const others = this.state.records.filter(({ id }) => !changed.has(id));
    const shown = records.filter(({ deletedAt }) => deletedAt === undefined);
    const seen = new Set(shown.map(({ id }) => id));
    const deleted = this.state.deleted.filter(({ record }) => !seen.has(record.id));
    this.#change({ records: inOrder([...others, ...shown]), deleted });
  }

  #change(change: Partial<GalleryState>): void {
    this.state = { ...this.state, ...change };
    this.#parts.onChange();
  }
}

function inOrder(records: readonly GalleryRecord[]): GalleryRecord[] {
  return [...records].sort((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? -1 : 1));
}
