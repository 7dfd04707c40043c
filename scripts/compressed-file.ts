/**
 * @file Files as hosts of static sites send them: with Brotli, where the browser takes it. Each version of a file is
 * compressed once, so that only the first to ask waits.
 */
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { brotliCompress, constants } from 'node:zlib';

/** What hosts compress; pictures and weights are sent as they are. */
const COMPRESSIBLE = /\.(css|html|js|json|mjs|svg|txt|wasm|webmanifest)$/i;
/** As hosts choose it: more would take longer than it saves. */
const QUALITY = 5;

const compress = promisify(brotliCompress);
const kept = new Map<string, Promise<Buffer>>();

/**
 * The file compressed; `undefined` where it is to be sent as it is.
 * @param version changes with the file
 * @param accepted the browser's `Accept-Encoding`
 */
export async function compressedFile(
  file: string,
  version: string,
  accepted: string | string[] | undefined,
): Promise<Buffer | undefined> {
  if (!COMPRESSIBLE.test(file) || !/\bbr\b/.test(String(accepted))) return undefined;
  const key = `${version} ${file}`;
  let compressed = kept.get(key);
  if (!compressed) {
    const params = { [constants.BROTLI_PARAM_QUALITY]: QUALITY };
    compressed = readFile(file).then((bytes) => compress(bytes, { params }));
    kept.set(key, compressed);
  }
  return compressed;
}
