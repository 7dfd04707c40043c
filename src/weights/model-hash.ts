/**
 * @file A short name for a checkpoint, as the `Model hash` of a picture's settings. Hashing gigabytes would take
 * longer than painting, and a header alone is the same for every fine-tune of a model, so the hash covers the
 * headers and a sample of the values. It tells checkpoints apart; it does not prove that a file is intact.
 */
import type { WeightFile } from './weight-files.ts';

/** Taken from the middle of each file's tensor data, where the large blocks lie that every fine-tune changes. */
const SAMPLE_BYTES = 64 * 1024;

/**
 * First 10 hex digits of the SHA-256 over, for each weight file in order of their names, its header (with the length
 * field) and the {@link SAMPLE_BYTES} bytes in the middle of its data.
 * @returns `undefined` where the page has no `crypto.subtle` (plain http on another host than this machine), and for
 *   files whose middle cannot be read alone
 */
export async function modelHash(
  files: readonly Pick<WeightFile, 'file' | 'dataBegin'>[],
  signal?: AbortSignal,
): Promise<string | undefined> {
  const subtle = crypto.subtle as SubtleCrypto | undefined;
  if (!subtle || files.some(({ file }) => file.isFrontToBack)) return undefined;
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  for (const { file, dataBegin } of files) {
    const length = Math.min(SAMPLE_BYTES, file.size - dataBegin);
    const begin = dataBegin + Math.floor((file.size - dataBegin - length) / 2);
    chunks.push(new Uint8Array(await file.read(0, dataBegin, signal)));
    chunks.push(new Uint8Array(await file.read(begin, length, signal)));
  }
  const digest = new Uint8Array(await subtle.digest('SHA-256', await new Blob(chunks).arrayBuffer()));
  return Array.from(digest.subarray(0, 5), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
