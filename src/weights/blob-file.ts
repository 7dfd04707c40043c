/**
 * @file A `Blob` (a file picked from disk, or a body that had to be fetched whole) as a file of a model.
 */
import { AppError, throwIfAborted } from '../error.ts';
import type { RandomAccessFile } from './source.ts';

/**
 * Wraps a blob. Reading fails with `weights/unreachable` past its end, or when the file on disk has changed or
 * gone since it was picked.
 * @param path the path inside the model folder
 */
export function blobFile(path: string, blob: Blob): RandomAccessFile {
  return {
    path,
    size: blob.size,
    async read(offset, length, signal) {
      throwIfAborted(signal);
      const buffer = await blob
        .slice(offset, offset + length)
        .arrayBuffer()
        .catch((error: unknown) => {
          throw new AppError('weights/unreachable', { file: path, reason: String(error) }, error);
        });
      throwIfAborted(signal);
      if (buffer.byteLength !== length) {
        const reason = `${length} bytes from ${offset} on were asked for, but the file has only ${blob.size}`;
        throw new AppError('weights/unreachable', { file: path, reason });
      }
      return new Uint8Array(buffer);
    },
  };
}
