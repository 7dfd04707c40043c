/** @file Small pictures of pictures. */

/** Twice as wide as it is shown, for fine screens. */
const WIDTH = 160;

/** For formats that have one. */
const QUALITY = 0.8;

interface ThumbnailFormat {
  /** In pixels; the height follows. */
  readonly width: number;
  readonly type: 'image/png' | 'image/webp';
}

/** A picture made small; `undefined` where there is none, or none that can be read. */
export async function thumbnailOf(
  png: BlobPart | undefined,
  format: ThumbnailFormat = { width: WIDTH, type: 'image/png' },
): Promise<Blob | undefined> {
  if (png === undefined) return undefined;
  try {
    const bitmap = await createImageBitmap(new Blob([png], { type: 'image/png' }), {
      resizeWidth: format.width,
      resizeQuality: 'high',
    });
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
    canvas.getContext('2d')?.drawImage(bitmap, 0, 0);
    bitmap.close();
    return await canvas.convertToBlob({ type: format.type, quality: QUALITY });
  } catch {
    return undefined;
  }
}
