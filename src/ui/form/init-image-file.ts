/** @file A file as a picture to begin from, looked at before it is kept. */

/** A picture that can be begun from; `url` is to be revoked. */
export interface InitPicture {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly url: string;
  readonly width: number;
  readonly height: number;
}

/** What keeps a file from being one. */
export type InitPictureProblem =
  | { readonly kind: 'unreadable'; readonly name: string }
  | { readonly kind: 'small'; readonly width: number; readonly height: number; readonly least: number };

/** @param least pixels that each side has to have */
export async function readInitPicture(file: File, least: number): Promise<InitPicture | InitPictureProblem> {
  try {
    const bytes = new Uint8Array(await file.arrayBuffer());
    const bitmap = await createImageBitmap(file);
    const { width, height } = bitmap;
    bitmap.close();
    if (Math.min(width, height) < least) return { kind: 'small', width, height, least };
    return { name: file.name, bytes, url: URL.createObjectURL(file), width, height };
  } catch {
    // No picture, one the browser does not know, or a file that vanished.
    return { kind: 'unreadable', name: file.name };
  }
}
