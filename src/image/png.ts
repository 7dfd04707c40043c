/**
 * @file Pixels and text in and out of a PNG file. fast-png compresses the pixels; the text chunks are ours,
 * because it writes Latin-1 only and a Chinese prompt needs iTXt. Which chunk is used follows Pillow, so that
 * every program that reads A1111's pictures reads ours. Compressed text (zTXt) is passed over when reading.
 */
import { decode, encode } from 'fast-png';
import { AppError } from '../error.ts';
import type { PixelImage } from './pixels.ts';
import { readChunks, writeChunks } from './png-chunks.ts';
import type { PngChunk } from './png-chunks.ts';

const TEXT_TYPES: readonly string[] = ['tEXt', 'zTXt', 'iTXt'];

/**
 * An RGB, 8 bit per channel PNG with text chunks before the pixels. The same input gives the same bytes.
 * @param image RGBA pixels; alpha is dropped, pictures here are opaque
 * @param text values by keyword; keywords are 1–79 Latin-1 characters
 */
export function encodePng(
  image: PixelImage,
  text: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  const { width, height } = image;
  const compressed = encode({ width, height, data: dropAlpha(image.data), channels: 3, depth: 8 });
  const [header, ...rest] = readChunks(compressed);
  if (header === undefined) throw new TypeError('the PNG encoder wrote no header');
  const textChunks = Object.entries(text).map(([keyword, value]) => textChunk(keyword, value));
  return writeChunks([header, ...textChunks, ...rest]);
}

/**
 * The pixels of a PNG that {@link encodePng} made: RGB, 8 bit.
 * @throws AppError `image/png-invalid` for one of another kind
 */
export function decodePng(bytes: Uint8Array<ArrayBuffer>): PixelImage {
  const { width, height, data, channels, depth } = decode(bytes);
  if (channels !== 3 || depth !== 8)
    throw new AppError('image/png-invalid', { reason: `it has ${channels} channels of ${depth} bit` });
  const rgba = new Uint8ClampedArray(width * height * 4).fill(255);
  for (let pixel = 0; pixel < width * height; pixel++)
    for (let channel = 0; channel < 3; channel++) rgba[pixel * 4 + channel] = data[pixel * 3 + channel] ?? 0;
  return { width, height, data: rgba };
}

/**
 * The uncompressed text of a PNG, by keyword; the last of several chunks with one keyword counts.
 * @throws AppError `image/png-invalid`
 */
export function readPngText(bytes: Uint8Array): Record<string, string> {
  const entries = readChunks(bytes).flatMap(({ type, data }) => {
    const entry =
      type === 'tEXt' ? readLatin1Text(data) : type === 'iTXt' ? readInternationalText(data) : undefined;
    return entry === undefined ? [] : [entry];
  });
  return Object.fromEntries(entries);
}

/**
 * A PNG with all text of another in place of its own.
 * @throws AppError `image/png-invalid` where either is none
 */
export function withTextOf(png: Uint8Array, source: Uint8Array): Uint8Array<ArrayBuffer> {
  const isText = ({ type }: PngChunk): boolean => TEXT_TYPES.includes(type);
  const [header, ...rest] = readChunks(png).filter((chunk) => !isText(chunk));
  const text = readChunks(source).filter(isText);
  return writeChunks([...(header ? [header] : []), ...text, ...rest]);
}

/** Width and height of a PNG in pixels. @throws AppError `image/png-invalid` */
export function readPngSize(png: Uint8Array): readonly [width: number, height: number] {
  const [header] = readChunks(png);
  if (header?.type !== 'IHDR' || header.data.length < 8)
    throw new AppError('image/png-invalid', { reason: 'it does not begin with its size' });
  const view = new DataView(header.data.buffer, header.data.byteOffset);
  return [view.getUint32(0), view.getUint32(4)];
}

function dropAlpha(rgba: Uint8ClampedArray): Uint8Array {
  const rgb = new Uint8Array((rgba.length / 4) * 3);
  let to = 0;
  rgba.forEach((value, index) => {
    if (index % 4 !== 3) rgb[to++] = value;
  });
  return rgb;
}

/** tEXt where Latin-1 suffices, otherwise iTXt: no compression, no language, no translated keyword. */
export function textChunk(keyword: string, value: string): PngChunk {
  if (keyword.length < 1 || keyword.length > 79 || !isLatin1(keyword)) {
    throw new RangeError(`"${keyword}" cannot be a PNG keyword`);
  }
  return isLatin1(value)
    ? { type: 'tEXt', data: latin1(`${keyword}\0${value}`) }
    : { type: 'iTXt', data: concatenate(latin1(`${keyword}\0\0\0\0\0`), new TextEncoder().encode(value)) };
}

function readLatin1Text(data: Uint8Array): [string, string] | undefined {
  const end = data.indexOf(0);
  return end < 0 ? undefined : [fromLatin1(data.subarray(0, end)), fromLatin1(data.subarray(end + 1))];
}

/** keyword, 0, compression flag, compression method, language, 0, translated keyword, 0, UTF-8 text */
function readInternationalText(data: Uint8Array): [string, string] | undefined {
  const keywordEnd = data.indexOf(0);
  const languageEnd = data.indexOf(0, keywordEnd + 3);
  const translatedEnd = data.indexOf(0, languageEnd + 1);
  const compressed = data[keywordEnd + 1] !== 0;
  if (keywordEnd < 0 || languageEnd < 0 || translatedEnd < 0 || compressed) return undefined;
  // A byte order mark inside a prompt is text like any other.
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(data.subarray(translatedEnd + 1));
  return [fromLatin1(data.subarray(0, keywordEnd)), text];
}

function isLatin1(text: string): boolean {
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 0xff) return false;
  return true;
}

function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** Not `TextDecoder('latin1')`: on the web that name means Windows-1252. */
function fromLatin1(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
}

function concatenate(first: Uint8Array, second: Uint8Array): Uint8Array {
  const joined = new Uint8Array(first.length + second.length);
  joined.set(first);
  joined.set(second, first.length);
  return joined;
}
