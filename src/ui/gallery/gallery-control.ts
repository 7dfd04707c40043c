/** @file The gallery of the page: what there is, what goes out as files, what comes in, and settings taken over from it. */
import type { ReactiveController, ReactiveControllerHost } from 'lit';
import { toPlainError, type PlainError } from '../../error.ts';
import { browserGalleryStore } from '../../gallery/gallery-store.ts';
import { Gallery, type GalleryState } from '../../gallery/gallery.ts';
import type { GalleryRecord } from '../../gallery/record.ts';
import { requestPersistence } from '../../store/persistence.ts';
import { pictureFileName } from '../parts/file-name.ts';
import { settingsOf } from '../settings/picture-settings.ts';
import type { RestoreControl } from '../sharing/restore-control.ts';
import type { SettingsPart } from '../sharing/restore-settings.ts';
import { saveFile } from '../parts/save-file.ts';
import { savedPicture } from '../painting/saved-picture.ts';
import { parseSeed } from '../settings/seed.ts';
import { thumbnailOf } from '../parts/thumbnail.ts';

const THUMBNAIL = { width: 256, type: 'image/webp' } as const;
/** What one archive holds at most: browsers and zip files have their limits. */
const ARCHIVE_BYTES = 2 ** 30;

/** What was done last, to be told once. */
export type GalleryOutcome =
  | { readonly kind: 'used'; readonly part: Exclude<SettingsPart, 'all'> }
  | { readonly kind: 'undone' | 'exported'; readonly count: number }
  | {
      readonly kind: 'imported';
      readonly added: number;
      readonly duplicates: number;
      /** Names of those that could not be taken in. */
      readonly refused: readonly string[];
    }
  | { readonly kind: 'failed'; readonly failure: PlainError };

interface ControlParts {
  readonly restoring: () => RestoreControl;
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
  }

  hostDisconnected(): void {
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
    await requestPersistence();
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
    await this.#gallery.undo();
    this.#tell({ kind: 'undone', count });
  }

  /** Takes over what a picture was painted with. */
  async use(record: GalleryRecord, part: SettingsPart): Promise<void> {
    this.#tell(part === 'all' ? undefined : { kind: 'used', part });
    await this.#parts.restoring().restore(settingsOf(record), part, fileNameOf(record));
  }

  /** Saves pictures: one as it is, several as an archive. */
  async save(records: readonly GalleryRecord[]): Promise<void> {
    const [first] = records;
    await this.#attempt('packing', async () => {
      if (first && records.length === 1)
        saveFile(await savedPicture(await this.#gallery.file(first.id)), fileNameOf(first));
      else await this.#saveArchives(records, savedPicture);
    });
  }

  /** Saves everything, as it is kept. */
  async export(): Promise<void> {
    const { records } = this.state;
    await this.#attempt('packing', async () => {
      await this.#saveArchives(records, (png) => Promise.resolve(png));
      this.#tell({ kind: 'exported', count: records.length });
    });
  }

  /** Takes pictures in, from PNG files and archives, and shows what came of it. */
  async import(files: readonly File[]): Promise<void> {
    await this.#parts.open();
    await this.#attempt('importing', async () => {
      const counts = { added: 0, duplicate: 0 };
      const refused: string[] = [];
      for (const file of files) {
        for (const { name, png, createdAt, isStarred } of await picturesIn(file)) {
          try {
            counts[await this.#gallery.take(png, { createdAt, isStarred })]++;
          } catch (error) {
            const { code } = toPlainError(error);
            if (code !== 'image/png-invalid' && code !== 'gallery/no-settings') throw error;
            refused.push(name);
          }
        }
      }
      this.#tell({ kind: 'imported', added: counts.added, duplicates: counts.duplicate, refused });
    });
  }

  async #saveArchives(records: readonly GalleryRecord[], as: (png: Blob) => Promise<Blob>): Promise<void> {
    const { packPictures } = await import('../../gallery/archive.ts');
    const read = (id: string) => this.#gallery.file(id);
    const volumes = volumesOf(records);
    for (const [index, volume] of volumes.entries()) {
      const archive = await packPictures(
        (async function* () {
          for (const record of volume) {
            const file = await as(await read(record.id));
            const png = new Uint8Array(await file.arrayBuffer());
            yield { ...record, name: fileNameOf(record), png };
          }
        })(),
      );
      saveFile(archive, volumes.length === 1 ? 'emulsion.zip' : `emulsion-${index + 1}.zip`);
    }
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
}

/** The name of a picture on the disk. */
function fileNameOf({ prompt, values }: GalleryRecord): string {
  return pictureFileName(prompt.replace(/<lora:[^<>]*>/gi, ' '), parseSeed(values['Seed'] ?? '') ?? 0n);
}

async function picturesIn(file: File) {
  if (/\.zip$/i.test(file.name)) {
    const { unpackPictures } = await import('../../gallery/archive.ts');
    return unpackPictures(file);
  }
  const png = new Uint8Array(await file.arrayBuffer());
  return [{ name: file.name, png, createdAt: file.lastModified, isStarred: false }];
}

/** Pictures in parts of at most {@link ARCHIVE_BYTES}. */
function volumesOf(records: readonly GalleryRecord[]): GalleryRecord[][] {
  const volumes: GalleryRecord[][] = [];
  let room = 0;
  for (const record of records) {
    room -= record.sizeBytes;
    if (room < 0) {
      volumes.push([]);
      room = ARCHIVE_BYTES - record.sizeBytes;
    }
    volumes.at(-1)?.push(record);
  }
  return volumes;
}
