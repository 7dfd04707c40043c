/**
 * @file What the gallery keeps of a picture besides its file: enough to list, to search and to restore it without opening the
 * file. All of it but the date, the star and the thumbnail is read from the file itself, so that a picture that comes back from
 * an archive is the one that went.
 */
import { AppError } from '../error.ts';
import type { ParsedParameters } from '../image/parameters.ts';
import { readPictureText } from '../image/picture-text.ts';
import { readPngSize } from '../image/png.ts';
import { sha256Hex } from '../store/sealed.ts';

export interface GalleryRecord extends ParsedParameters {
  /** SHA-256 of the file, as hex: the same picture is kept once. */
  readonly id: string;
  /** In milliseconds since 1970. */
  readonly createdAt: number;
  readonly isStarred: boolean;
  /** Since when it is deleted; it can still be brought back. */
  readonly deletedAt?: number;
  readonly width: number;
  readonly height: number;
  readonly sizeBytes: number;
  /** A small picture; absent until it is made, and where it cannot be. */
  readonly thumbnail?: Blob;
}

/**
 * The record of a file.
 * @throws AppError `image/png-invalid`; `gallery/no-settings` for one without settings
 */
export async function recordOf(
  png: Uint8Array<ArrayBuffer>,
  { createdAt, isStarred = false }: { readonly createdAt: number; readonly isStarred?: boolean },
): Promise<GalleryRecord> {
  const text = readPictureText(png);
  if (!text) throw new AppError('gallery/no-settings', {});
  const [width, height] = readPngSize(png);
  return { ...text, id: await sha256Hex(png), createdAt, isStarred, width, height, sizeBytes: png.length };
}

/** What was kept, if it is a record and no remains of one. */
export function readRecord(kept: unknown): GalleryRecord | undefined {
  if (typeof kept !== 'object' || kept === null) return undefined;
  const record = kept as Partial<Record<keyof GalleryRecord, unknown>>;
  const { id, createdAt, deletedAt, thumbnail, isStarred, prompt, negative, values } = record;
  const isSound =
    typeof id === 'string' &&
    /^[0-9a-f]{64}$/.test(id) &&
    [createdAt, deletedAt ?? 0].every((date) => typeof date === 'number' && Number.isFinite(date)) &&
    [record.width, record.height, record.sizeBytes].every((count) => Number.isSafeInteger(count)) &&
    typeof isStarred === 'boolean' &&
    [prompt, negative].every((text) => typeof text === 'string') &&
    isTexts(values) &&
    (thumbnail === undefined || thumbnail instanceof Blob);
  return isSound ? (kept as GalleryRecord) : undefined;
}

function isTexts(values: unknown): boolean {
  return (
    typeof values === 'object' &&
    values !== null &&
    Object.values(values).every((value) => typeof value === 'string')
  );
}
