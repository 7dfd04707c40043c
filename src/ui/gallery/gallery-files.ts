/** @file Pictures of the gallery as files: what goes out to the disk, and what is found in files that come in. */
import { isAppError } from '../../error.ts';
import type { ArchivedPicture } from '../../gallery/archive.ts';
import type { ParsedParameters } from '../../image/parameters.ts';
import { pictureFileName } from '../parts/file-name.ts';
import { saveFile } from '../parts/save-file.ts';
import { parseSeed } from '../settings/seed.ts';

/** What one archive holds at most: browsers and zip files have their limits. */
const ARCHIVE_BYTES = 2 ** 30;

/** A picture on its way to the disk. */
export interface OutgoingPicture {
  readonly name: string;
  readonly createdAt: number;
  readonly isStarred: boolean;
  readonly sizeBytes: number;
  /** Throws AppError `gallery/damaged`, `gallery/unavailable`. */
  readonly read: () => Promise<Blob>;
}

/** The name of a picture on the disk. */
export function fileNameOf({ prompt, values }: Pick<ParsedParameters, 'prompt' | 'values'>): string {
  return pictureFileName(prompt.replace(/<lora:[^<>]*>/gi, ' '), parseSeed(values['Seed'] ?? '') ?? 0n);
}

/**
 * Saves pictures as archives. What is damaged keeps none of the others from it.
 * @returns how many were left out
 */
export async function saveArchives(pictures: readonly OutgoingPicture[]): Promise<number> {
  const { packPictures } = await import('../../gallery/archive.ts');
  const volumes = volumesOf(pictures);
  let damaged = 0;
  for (const [index, volume] of volumes.entries()) {
    const archive = await packPictures(
      (async function* () {
        for (const { read, ...picture } of volume) {
          const file = await readWhole(read);
          if (file) yield { ...picture, png: new Uint8Array(await file.arrayBuffer()) };
          else damaged++;
        }
      })(),
    );
    saveFile(archive, volumes.length === 1 ? 'emulsion.zip' : `emulsion-${index + 1}.zip`);
  }
  return damaged;
}

/** A picture as it leaves: with a label, also where it came without. @throws AppError `image/png-invalid` */
export async function labelledPicture(png: Blob): Promise<Blob> {
  const { withForeignLabel } = await import('../../image/foreign-label.ts');
  const labelled = withForeignLabel(new Uint8Array(await png.arrayBuffer()));
  return new Blob([labelled], { type: png.type });
}

/** The pictures in a PNG file or an archive, as they were before they left. @throws AppError `gallery/archive-invalid` */
export async function picturesIn(file: File): Promise<readonly ArchivedPicture[]> {
  const { withoutForeignLabel } = await import('../../image/foreign-label.ts');
  const pictures = await readPictures(file);
  return pictures.map((picture) => ({ ...picture, png: withoutForeignLabel(picture.png) }));
}

async function readPictures(file: File): Promise<readonly ArchivedPicture[]> {
  if (/\.zip$/i.test(file.name)) {
    const { unpackPictures } = await import('../../gallery/archive.ts');
    return unpackPictures(file);
  }
  const png = new Uint8Array(await file.arrayBuffer());
  return [{ name: file.name, png, createdAt: file.lastModified, isStarred: false }];
}

async function readWhole(read: OutgoingPicture['read']): Promise<Blob | undefined> {
  try {
    return await read();
  } catch (error) {
    if (isAppError(error) && error.code === 'gallery/damaged') return undefined;
    throw error;
  }
}

/** Pictures in parts of at most {@link ARCHIVE_BYTES}. */
function volumesOf(pictures: readonly OutgoingPicture[]): OutgoingPicture[][] {
  const volumes: OutgoingPicture[][] = [];
  let room = 0;
  for (const picture of pictures) {
    room -= picture.sizeBytes;
    if (room < 0) {
      volumes.push([]);
      room = ARCHIVE_BYTES - picture.sizeBytes;
    }
    volumes.at(-1)?.push(picture);
  }
  return volumes;
}
