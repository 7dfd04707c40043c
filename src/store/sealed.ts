/**
 * @file Hashes of records, and descriptions that carry their own: a changed byte anywhere is noticed before anything
 * is believed.
 */
import { AppError } from '../error.ts';

/** JSON with the SHA-256 of its text. */
interface Sealed {
  readonly json: string;
  readonly sha256: string;
}

/** SHA-256 as lower-case hex. Throws `store/unavailable` where the page has no Web Crypto. */
export async function sha256Hex(bytes: BufferSource): Promise<string> {
  const digest = new Uint8Array(await subtle().digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Throws `store/unavailable` where the page could not tell a good record from a bad one. */
export function subtle(): SubtleCrypto {
  // Absent on pages that are no secure context, whatever the types say.
  const found = crypto.subtle as SubtleCrypto | undefined;
  if (!found) {
    const reason = 'the page is not a secure context (https, or this machine), so it has no Web Crypto';
    throw new AppError('store/unavailable', { reason });
  }
  return found;
}

export async function seal(value: object): Promise<Sealed> {
  const json = JSON.stringify(value);
  return { json, sha256: await sha256Hex(new TextEncoder().encode(json)) };
}

/** What was sealed; `undefined` when there is nothing or it is not what was sealed. */
export async function unseal<T>(entry: unknown): Promise<T | undefined> {
  const { json, sha256 } = (entry ?? {}) as Partial<Sealed>;
  if (typeof json !== 'string' || (await sha256Hex(new TextEncoder().encode(json))) !== sha256)
    return undefined;
  return JSON.parse(json) as T;
}
