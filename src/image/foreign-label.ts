/**
 * @file The label of a picture that another program painted and did not label. Its settings say that it is generated; by whom
 * is not known, so the label names nobody. It is put on when the picture leaves and comes off when it returns, byte by byte:
 * what is kept is the file as it was. A file that has a say of its own (XMP, AIGC, content credentials, whose signature any
 * change would break) is left alone.
 */
import { aiLabel, XMP_KEYWORD } from './ai-label.ts';
import { readChunks, writeChunks, type PngChunk } from './png-chunks.ts';
import { textChunk } from './png.ts';

/** The signature and the header, which is always the first chunk and as long. */
const HEAD_BYTES = 33;
const SIGNATURE_BYTES = 8;
const CREDENTIALS = 'caBX';
const KEYWORDS = [XMP_KEYWORD, 'AIGC'].map((keyword) => `${keyword}\0`);

const LABEL = writeChunks([textChunk(XMP_KEYWORD, aiLabel('', '', 'likely'))]).subarray(SIGNATURE_BYTES);

/**
 * A PNG with a label: its own, or this one.
 * @throws AppError `image/png-invalid`
 */
export function withForeignLabel(png: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  if (readChunks(png).some(speaksForItself)) return png;
  const labelled = new Uint8Array(png.length + LABEL.length);
  labelled.set(png.subarray(0, HEAD_BYTES));
  labelled.set(LABEL, HEAD_BYTES);
  labelled.set(png.subarray(HEAD_BYTES), HEAD_BYTES + LABEL.length);
  return labelled;
}

/** A PNG as it was before {@link withForeignLabel}; any other stays as it is. */
export function withoutForeignLabel(png: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const end = HEAD_BYTES + LABEL.length;
  if (!LABEL.every((byte, index) => png[HEAD_BYTES + index] === byte)) return png;
  const plain = new Uint8Array(png.length - LABEL.length);
  plain.set(png.subarray(0, HEAD_BYTES));
  plain.set(png.subarray(end), HEAD_BYTES);
  return plain;
}

function speaksForItself({ type, data }: PngChunk): boolean {
  if (type === CREDENTIALS) return true;
  return (
    ['tEXt', 'zTXt', 'iTXt'].includes(type) &&
    KEYWORDS.some((keyword) => String.fromCharCode(...data.subarray(0, keyword.length)) === keyword)
  );
}
