/**
 * @file What can be measured of a picture without knowing what it shows: how sharp it is, and how much of it is banded.
 * docs/turbo.md has the definitions in words.
 */

/** A decoded PNG: 8 bit, row-major, grey, grey with alpha, RGB or RGBA. */
interface DecodedPicture {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly data: ArrayLike<number>;
}

/** Brightness 0…255, row-major, not rounded. */
export interface Luma {
  readonly width: number;
  readonly height: number;
  readonly values: Float64Array;
}

/** Shortest run of equal pixels that shows as a band. */
const BAND_LENGTH = 8;

/** Y′ of ITU-R BT.601. */
export function lumaOf({ width, height, channels, data }: DecodedPicture): Luma {
  const values = new Float64Array(width * height);
  const [green, blue] = channels < 3 ? [0, 0] : [1, 2];
  for (let pixel = 0; pixel < values.length; pixel++) {
    const at = pixel * channels;
    values[pixel] =
      0.299 * (data[at] ?? NaN) + 0.587 * (data[at + green] ?? NaN) + 0.114 * (data[at + blue] ?? NaN);
  }
  return { width, height, values };
}

/**
 * Variance of the Laplacian (four neighbours) over all pixels but the border: the more fine contrast, the larger. After
 * Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy: a comparative study", ICPR 2000. 0 for a picture
 * without an inner pixel.
 */
export function sharpness({ width, height, values }: Luma): number {
  const at = (x: number, y: number): number => values[y * width + x] as number;
  let sum = 0;
  let squares = 0;
  let count = 0;
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      const laplacian = at(x - 1, y) + at(x + 1, y) + at(x, y - 1) + at(x, y + 1) - 4 * at(x, y);
      sum += laplacian;
      squares += laplacian * laplacian;
      count++;
    }
  }
  return count === 0 ? 0 : squares / count - (sum / count) ** 2;
}

/**
 * Share of the pixels, 0…1, that lie in bands: runs of at least eight equal pixels, along a row or a column, beside another
 * such run exactly one level of rounded luma away. One level is the smallest contour there can be; the idea to look for
 * pairs of flat places that differ by so little is that of CAMBI (Tandon et al., "CAMBI: Contrast-aware Multiscale Banding
 * Index", PCS 2021). Noise, edges of things and plain areas are no bands.
 */
export function banding({ width, height, values }: Luma): number {
  const levels = values.map(Math.round);
  const isBanded = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) markBands(levels, isBanded, y * width, 1, width);
  for (let x = 0; x < width; x++) markBands(levels, isBanded, x, width, height);
  return isBanded.reduce((sum, banded) => sum + banded, 0) / isBanded.length;
}

/** Marks the bands of a line of `length` pixels, which begins at `start` and goes on every `stride`. */
function markBands(
  levels: Float64Array,
  isBanded: Uint8Array,
  start: number,
  stride: number,
  length: number,
): void {
  const level = (i: number): number => levels[start + i * stride] as number;
  const mark = (from: number, to: number): void => {
    for (let i = from; i < to; i++) isBanded[start + i * stride] = 1;
  };
  let previous: { readonly from: number; readonly level: number } | undefined;
  for (let from = 0, to = 1; from < length; from = to, to = from + 1) {
    while (to < length && level(to) === level(from)) to++;
    const isLong = to - from >= BAND_LENGTH;
    if (isLong && previous && Math.abs(previous.level - level(from)) === 1) mark(previous.from, to);
    previous = isLong ? { from, level: level(from) } : undefined;
  }
}
