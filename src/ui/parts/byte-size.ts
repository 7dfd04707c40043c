/** @file Amounts of memory and storage in words. KB, MB and GB are powers of two, here as everywhere in the product. */

export const MEBIBYTE = 2 ** 20;
const GIBIBYTE = 2 ** 30;

/** `5 KB`, `0.4 MB`, `498 MB`, `6.46 GB`: three digits, which is as much as people compare. */
export function byteSize(bytes: number): string {
  if (bytes > 0 && bytes < MEBIBYTE / 20) return `${Math.ceil(bytes / 1024)} KB`;
  const [value, unit] = bytes < 1000 * MEBIBYTE ? [bytes / MEBIBYTE, 'MB'] : [bytes / GIBIBYTE, 'GB'];
  const digits = value < 10 ? (unit === 'GB' ? 2 : 1) : value < 100 && unit === 'GB' ? 1 : 0;
  return `${value.toFixed(digits)} ${unit}`;
}
