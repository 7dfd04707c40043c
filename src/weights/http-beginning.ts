/**
 * @file The beginning of a file on a host that serves no ranges: its body is taken as far as it is wanted, and let go.
 */
import { publishedSha256 } from './file-hash.ts';
import { broken, plainLength, versionOf, type Part } from './http-range.ts';
import { chunks } from './http-request.ts';

/**
 * Reads at least so many bytes of a body, or all of a shorter one.
 * @throws AppError `weights/unreachable` where nothing tells the size of a longer file; another error when the body
 *   breaks off
 */
export async function takeBeginning(
  response: Response,
  wantedBytes: number,
  path: string,
  onBytes: (count: number) => void,
): Promise<Part> {
  const told = plainLength(response);
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let count = 0;
  for await (const chunk of chunks(response)) {
    onBytes(chunk.length);
    pieces.push(chunk as Uint8Array<ArrayBuffer>);
    count += chunk.length;
    if (count >= wantedBytes) break;
  }
  if (told === undefined && count >= wantedBytes)
    throw broken(path, 'the server serves no ranges and does not tell the size of the file');
  const size = told ?? count;
  if (count < Math.min(wantedBytes, size))
    throw new Error(`${size} bytes were announced, but ${count} arrived`);
  return {
    bytes: new Uint8Array(await new Blob(pieces).arrayBuffer()),
    size,
    version: versionOf(response),
    sha256: publishedSha256(response),
    hasRanges: false,
  };
}
