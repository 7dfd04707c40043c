/** @file The SHA-256 of a blob of any size. */
import { Sha256 } from './sha256.ts';

/** Hashing is done in steps, so that whoever does it keeps answering. */
const STEP_BYTES = 4 * 1024 * 1024;

/** As lower-case hex. */
export async function hashBlob(blob: Blob): Promise<string> {
  const hash = new Sha256();
  for (let at = 0; at < blob.size; at += STEP_BYTES)
    hash.update(new Uint8Array(await blob.slice(at, at + STEP_BYTES).arrayBuffer()));
  return hash.hex();
}
