/** @file The gallery of the page: what there is, what goes out as files, what comes in, and settings taken over from it. */
import type { ReactiveController, ReactiveControllerHost } from 'lit';
import { toPlainError } from '../../error.ts';
import { browserGalleryStore } from '../../gallery/gallery-store.ts';
import { Gallery, type GalleryState, type UnkeptPicture } from '../../gallery/gallery.ts';
import type { GalleryRecord } from '../../gallery/record.ts';
import { readPictureText } from '../../image/picture-text.ts';
import { requestPersistence } from '../../store/persistence.ts';
import type { Offspring, VariationDegree } from '../painting/picture-offspring.ts';
import { savedPicture } from '../painting/saved-picture.ts';
import { saveFile } from '../parts/save-file.ts';
import { thumbnailOf } from '../parts/thumbnail.ts';
import { settingsOf } from '../settings/picture-settings.ts';
import type { PictureSize } from '../settings/picture-size.ts';
import type { RestoreControl } from '../sharing/restore-control.ts';
import type { SettingsPart } from '../sharing/restore-settings.ts';
import {
  fileNameOf,
  labelledPicture,
  picturesIn,
  saveArchives,
  type OutgoingPicture,
} from './gallery-files.ts';
import type { GalleryOutcome, RefusedFile } from './gallery-outcome.ts';

const PNG = { type: 'image/png' } as const;
const THUMBNAIL = { width: 256, type: 'image/webp' } as const;

interface ControlParts {
  readonly restoring: () => RestoreControl;
  readonly beginFrom: (file: File) => Promise<void>;
  /** Orders a sister of what the form describes. */
  readonly vary: (degree: VariationDegree) => void;
  /** Orders what the form describes, larger. */
  readonly enlarge: (file: File, size: PictureSize) => Promise<void>;
  /** Shows the gallery. */
  readonly open: () => Promise<void>;
  readonly isOpen: () => boolean;
}

export class GalleryControl implements ReactiveController {
  /** What is being done with files. */
  work: 'packing' | 'importing' | undefined;
  outcome: GalleryOutcome | undefined;

  readonly #host: ReactiveControllerHost;
  readonly #parts: ControlParts;
  #gallery!: Gallery;
  /** Settles with the last of them. */
  #attempts: Promise<void> = Promise.resolve();
  #hasAsked = false;

  constructor(host: ReactiveControllerHost, parts: ControlParts) {
    this.#host = host;
    this.#parts = parts;
    host.addController(this);
  }

  hostConnected(): void {
    this.#gallery = new Gallery({
      store: browserGalleryStore(),
      onChange: () => this.#host.requestUpdate(),
      thumbnailOf: (png) => thumbnailOf(png, THUMBNAIL),
    });
    void this.#gallery.load();
    addEventListener('beforeunload', this.#onLeave);
  }

  hostDisconnected(): void {
    removeEventListener('beforeunload', this.#onLeave);
    this.#gallery.close();
  }

  get state(): GalleryState {
    return this.#gallery.state;
  }

  get isOpen(): boolean {
    return this.#parts.isOpen();
  }

  /** Keeps a finished picture, and from the first on asks the browser to keep them for good; never rejects. */
  async add(png: Uint8Array<ArrayBuffer>): Promise<void> {
    await this.#gallery.add(png);
    if (this.#hasAsked) return;
    this.#hasAsked = true;
    // Some browsers ask the user, who may take time to answer.
    void requestPersistence();
  }

  /** Tries once more to keep what could not be kept. */
  addUnkept(): Promise<void> {
    return this.#gallery.addUnkept();
  }

  /** Saves what could not be kept, which stays until it is let go of: nobody knows what becomes of a download. */
  saveUnkept(): Promise<void> {
    return this.#save(this.state.unkept.map(outgoingUnkept));
  }

  dropUnkept(): void {
    this.#gallery.dropUnkept();
  }

  file(id: string): Promise<Blob> {
    return this.#gallery.file(id);
  }

  reload(): void {
    this.#gallery.dismiss();
    void this.#gallery.load();
  }

  /** Takes the last word away. */
  forget(): void {
    this.#tell(undefined);
  }

  dismiss(): void {
    this.#gallery.dismiss();
  }

  star(id: string): void {
    void this.#gallery.star(id);
  }

  async delete(ids: readonly string[]): Promise<void> {
    this.#tell(undefined);
    await this.#gallery.delete(ids);
  }

  async undo(): Promise<void> {
    const count = this.state.deleted.length;
    if (count === 0) return;
    if (await this.#gallery.undo()) this.#tell({ kind: 'undone', count });
  }

  /** Takes over what a picture was painted with. */
  async use(record: GalleryRecord, part: SettingsPart): Promise<void> {
    this.#tell(part === 'all' ? undefined : { kind: 'used', part });
    await this.#parts.restoring().restore(settingsOf(record), part, fileNameOf(record));
  }

  /**
   * Makes something of a picture. What is ordered of it has all its settings, which the form takes over.
   * @param leave closes the gallery, once there is a file where one is needed
   */
  async make(record: GalleryRecord, offspring: Offspring, leave: () => void): Promise<void> {
    const { beginFrom, vary, enlarge } = this.#parts;
    this.#tell(undefined);
    try {
      if (offspring.kind === 'sister') {
        leave();
        await this.use(record, 'all');
        vary(offspring.degree);
        return;
      }
      const file = new File([await this.#gallery.file(record.id)], fileNameOf(record), PNG);
      leave();
      if (offspring.kind === 'begin') {
        await beginFrom(file);
        return;
      }
      await this.use(record, 'all');
      await enlarge(file, offspring.size);
    } catch (error) {
      this.#tell({ kind: 'failed', failure: toPlainError(error) });
    }
  }

  /** Saves pictures: one as it is, several as an archive. */
  save(records: readonly GalleryRecord[]): Promise<void> {
    return this.#save(records.map((record) => this.#outgoing(record)));
  }

  /** Saves everything, without the mark. */
  async export(): Promise<void> {
    const { records } = this.state;
    if (records.length === 0) return;
    await this.#attempt('packing', async () => {
      const damaged = await saveArchives(records.map((record) => this.#outgoing(record)));
      this.#tell({ kind: 'exported', count: records.length - damaged, damaged });
    });
  }

  /** Takes pictures in, from PNG files and archives, and shows what came of it. One that is bad leaves the others. */
  async import(files: readonly File[]): Promise<void> {
    await this.#parts.open();
    await this.#attempt('importing', async () => {
      const counts = { added: 0, duplicate: 0 };
      const refused: RefusedFile[] = [];
      const take = async (name: string, work: () => Promise<void>): Promise<void> => {
        try {
          await work();
        } catch (error) {
          refused.push({ name, failure: toPlainError(error) });
        }
      };
      for (const file of files)
        await take(file.name, async () => {
          for (const { name, png, createdAt, isStarred } of await picturesIn(file))
            await take(name, async () => {
              counts[await this.#gallery.take(png, { createdAt, isStarred })]++;
            });
        });
      this.#tell({ kind: 'imported', added: counts.added, duplicates: counts.duplicate, refused });
    });
  }

  /** With the mark, where it is wanted. */
  async #save(pictures: readonly OutgoingPicture[]): Promise<void> {
    const [first, ...others] = pictures.map((picture) => ({
      ...picture,
      read: async () => savedPicture(await picture.read()),
    }));
    if (!first) return;
    await this.#attempt('packing', async () => {
      if (others.length === 0) {
        saveFile(await first.read(), first.name);
        return;
      }
      const damaged = await saveArchives([first, ...others]);
      if (damaged > 0) this.#tell({ kind: 'exported', count: pictures.length - damaged, damaged });
    });
  }

  #outgoing(record: GalleryRecord): OutgoingPicture {
    const { id, createdAt, isStarred, sizeBytes } = record;
    const read = async (): Promise<Blob> => labelledPicture(await this.#gallery.file(id));
    return { name: fileNameOf(record), createdAt, isStarred, sizeBytes, read };
  }

  /** One work after another. */
  #attempt(kind: 'packing' | 'importing', work: () => Promise<void>): Promise<void> {
    this.#attempts = this.#attempts.then(() => this.#do(kind, work));
    return this.#attempts;
  }

  async #do(kind: 'packing' | 'importing', work: () => Promise<void>): Promise<void> {
    this.work = kind;
    this.#tell(undefined);
    try {
      await work();
    } catch (error) {
      this.#tell({ kind: 'failed', failure: toPlainError(error) });
    } finally {
      this.work = undefined;
      this.#host.requestUpdate();
    }
  }

  #tell(outcome: GalleryOutcome | undefined): void {
    this.outcome = outcome;
    this.#host.requestUpdate();
  }

  /** What is in memory alone is not lost in silence. */
  readonly #onLeave = (event: BeforeUnloadEvent): void => {
    if (this.state.unkept.length > 0) event.preventDefault();
  };
}

function outgoingUnkept({ png, createdAt }: UnkeptPicture): OutgoingPicture {
  const name = fileNameOf(readPictureText(png) ?? { prompt: '', values: {} });
  const read = () => Promise.resolve(new Blob([png], PNG));
  return { name, createdAt, isStarred: false, sizeBytes: png.length, read };
}
