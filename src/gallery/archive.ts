/**
 * @file Pictures as one zip file, and back: nothing but PNG files, whose settings are in them. Their names begin with the date,
 * starred pictures lie in a folder `starred`. Loaded only when an archive is written or read.
 */
import { unzip, Zip, ZipPassThrough, type Unzipped } from 'fflate';
import { AppError } from '../error.ts';

export interface ArchivedPicture {
  /** Without a folder. */
  readonly name: string;
  readonly png: Uint8Array<ArrayBuffer>;
  /** In milliseconds since 1970. */
  readonly createdAt: number;
  readonly isStarred: boolean;
}

const STARRED = 'starred/';
/** `2026-12-01_00-33-12-345_`, in UTC, so that the archive can be read anywhere. */
const DATE = /(\d{4}-\d\d-\d\d)_(\d\d)-(\d\d)-(\d\d)-(\d{3})_[^/]*$/;

/**
 * A zip file; PNG files are compressed already. Names that come twice are numbered.
 * @param pictures one after the other, so that no more than one need be in memory
 */
export async function packPictures(pictures: AsyncIterable<ArchivedPicture>): Promise<Blob> {
  const parts: Blob[] = [];
  const names = new Set<string>();
  const archive = new Zip((error, bytes) => {
    if (error) throw error;
    // What is in a blob the browser may put on the disk.
    parts.push(new Blob([bytes]));
  });
  for await (const { name, png, createdAt, isStarred } of pictures) {
    const date = new Date(createdAt).toISOString().replace('T', '_').replace(/[:.]/g, '-').replace('Z', '_');
    const file = new ZipPassThrough(unused(names, `${isStarred ? STARRED : ''}${date}${name}`));
    archive.add(file);
    file.push(png, true);
  }
  archive.end();
  return new Blob(parts, { type: 'application/zip' });
}

/**
 * The PNG files of a zip file, in whatever folders they lie.
 * @throws AppError `gallery/archive-invalid`
 */
export async function unpackPictures(file: File): Promise<ArchivedPicture[]> {
  const zipped = new Uint8Array(await file.arrayBuffer());
  const files = await new Promise<Unzipped>((resolve, reject) =>
    unzip(zipped, { filter: ({ name }) => isPicture(name) }, (error, found) => {
      if (error)
        reject(new AppError('gallery/archive-invalid', { file: file.name, reason: error.message }, error));
      else resolve(found);
    }),
  );
  return Object.entries(files).map(([path, png]) => ({
    name: path.slice(path.lastIndexOf('/') + 1),
    png,
    createdAt: dateIn(path) ?? file.lastModified,
    isStarred: path.includes(STARRED),
  }));
}

function dateIn(path: string): number | undefined {
  const [, day, hour, minute, second, thousandth] = DATE.exec(path) ?? [];
  const date = Date.parse(`${day}T${hour}:${minute}:${second}.${thousandth}Z`);
  return Number.isNaN(date) ? undefined : date;
}

function isPicture(path: string): boolean {
  // macOS puts remarks on files beside them.
  return /\.png$/i.test(path) && !path.startsWith('__MACOSX/');
}

function unused(names: Set<string>, path: string): string {
  const stem = path.replace(/\.png$/i, '');
  let name = path;
  for (let number = 2; names.has(name); number++) name = `${stem}-${number}.png`;
  names.add(name);
  return name;
}
