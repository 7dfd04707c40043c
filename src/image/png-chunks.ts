/**
 * @file The container of a PNG: signature, and chunks of length, type, data and CRC-32 (W3C PNG, third
 * edition, §5). Knows nothing of pixels; `png.ts` puts text chunks between what the compressor wrote.
 * A wrong signature, length or checksum is refused, because a damaged file must not restore wrong settings.
 */
import { AppError } from '../error.ts';

/** One chunk: its four-letter type and its data, without length and checksum. */
export interface PngChunk {
  readonly type: string;
  readonly data: Uint8Array;
}

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
/** Length, type and checksum: four bytes each. */
const FRAME_BYTES = 12;

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte;
  for (let bit = 0; bit < 8; bit++) {
    remainder = remainder & 1 ? 0xedb88320 ^ (remainder >>> 1) : remainder >>> 1;
  }
  return remainder;
});

/**
 * The chunks of a PNG file, in order, up to and including IEND. Data are views into `bytes`.
 * @throws AppError `image/png-invalid`
 */
export function readChunks(bytes: Uint8Array): PngChunk[] {
  if (!SIGNATURE.every((byte, index) => bytes[index] === byte))
    throw invalid('it does not start as a PNG does');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const chunks: PngChunk[] = [];
  let offset = SIGNATURE.length;
  while (chunks.at(-1)?.type !== 'IEND') {
    if (offset + FRAME_BYTES > bytes.length) throw invalid('it ends before its last chunk');
    const length = view.getUint32(offset);
    if (length > bytes.length - offset - FRAME_BYTES) throw invalid('a chunk reaches past its end');
    const typeAndData = bytes.subarray(offset + 4, offset + 8 + length);
    const type = String.fromCharCode(...typeAndData.subarray(0, 4));
    if (view.getUint32(offset + 8 + length) !== crc32(typeAndData))
      throw invalid(`the checksum of ${type} is wrong`);
    chunks.push({ type, data: typeAndData.subarray(4) });
    offset += FRAME_BYTES + length;
  }
  return chunks;
}

/** A PNG file of these chunks; the caller sees to their order. */
export function writeChunks(chunks: readonly PngChunk[]): Uint8Array<ArrayBuffer> {
  const size = chunks.reduce((sum, chunk) => sum + FRAME_BYTES + chunk.data.length, SIGNATURE.length);
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  bytes.set(SIGNATURE);
  let offset = SIGNATURE.length;
  for (const { type, data } of chunks) {
    view.setUint32(offset, data.length);
    for (let index = 0; index < 4; index++) bytes[offset + 4 + index] = type.charCodeAt(index);
    bytes.set(data, offset + 8);
    view.setUint32(offset + 8 + data.length, crc32(bytes.subarray(offset + 4, offset + 8 + data.length)));
    offset += FRAME_BYTES + data.length;
  }
  return bytes;
}

/** CRC-32 as PNG, zip and Ethernet use it (reflected, polynomial 0x04C11DB7). */
export function crc32(bytes: Uint8Array | Uint8ClampedArray): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (CRC_TABLE[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

function invalid(reason: string): AppError {
  return new AppError('image/png-invalid', { reason });
}
