/** @file Draws the visible mark into the file of a picture, with all its text. Loaded only when it is wanted. */
import { withTextOf } from '../../image/png.ts';
import { withVisibleMark } from '../../image/visible-mark.ts';

/**
 * @param language BCP 47 tag
 * @throws AppError `image/png-invalid`
 */
export async function markedPicture(png: Blob, language: string): Promise<Blob> {
  const bitmap = await createImageBitmap(png);
  const { width, height } = bitmap;
  const canvas = new OffscreenCanvas(width, height);
  // On the CPU, where the pixels are read.
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) throw new TypeError('the browser gives no canvas');
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const { data } = context.getImageData(0, 0, width, height);
  const marked = withVisibleMark({ width, height, data }, language);
  context.putImageData(new ImageData(marked.data, width, height), 0, 0);
  const bytesOf = async (blob: Blob) => new Uint8Array(await blob.arrayBuffer());
  const file = await canvas.convertToBlob({ type: 'image/png' });
  return new Blob([withTextOf(await bytesOf(file), await bytesOf(png))], { type: 'image/png' });
}
