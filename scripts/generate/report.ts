/**
 * @file The object that `--json` prints: the engine's result with file names in the place of bytes.
 */
import type { GenerateResult } from '../../src/engine/protocol.ts';

/**
 * One line of JSON. Seeds are numbers up to 2⁶⁴−1, written out in full; a reader with 64-bit floats only would
 * round them, one that reads integers does not.
 * @param files names of the pictures, in order, as the user gave them
 */
export function formatReport(result: GenerateResult, files: readonly string[]): string {
  const { images: pictures, ...rest } = result;
  const images = pictures.map(({ seed, width, height, nonFinite, black }, index) => ({
    file: files[index],
    seed,
    width,
    height,
    nonFinite,
    black,
  }));
  const mark = '\0';
  return JSON.stringify({ images, ...rest }, (_, value: unknown) =>
    typeof value === 'bigint' ? `${mark}${value}` : value,
  ).replace(/"\\u0000(\d+)"/g, '$1');
}
