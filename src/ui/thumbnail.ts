/** @file Small pictures of pictures. */

/** Twice as wide as it is shown, for fine screens. */
const WIDTH = 160;

/** A picture made small; `undefined` where there is none, or none that can be read. */
export async function thumbnailOf(png: BlobPart | undefined): Promise<Blob | undefined> {
  if (png === undefined) return undefined;
  try {
    const bitmap = await createImageBitmap(new Blob([png], { type: 'image/png' }), {
      resizeWidth: WIDTH,
      resizeQuality: 'high',
    });
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
    canvas.getContext('2d')?.drawImage(bitmap, 0, 0);
    bitmap.close();
    return await canvas.convertToBlob();
  } catch {
    return undefined;
  }
}
