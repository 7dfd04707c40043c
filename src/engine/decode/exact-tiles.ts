/**
 * @file Cuts the decode of a network that looks no further than a known number of latents around each pixel, and has
 * no statistics over the whole picture. Every pixel is taken from a tile that holds all it depends on, so the
 * picture is that of a decode in one piece. All tiles are of one size: the last ones lie closer to those before.
 */
import type { Tile } from './tiles.ts';

/** A tile and the part of it, in the picture's latents, that is taken into the picture. */
export interface ExactTile extends Tile {
  readonly kept: Tile;
}

/**
 * Tiles of `side` latents, row after row, over a picture of [height, width] latents; `reach` is how many latents
 * around its own place a pixel depends on. `side` is more than twice that.
 */
export function exactTiles(height: number, width: number, side: number, reach: number): ExactTile[] {
  const columns = windows(width, side, reach);
  return windows(height, side, reach).flatMap((row) =>
    columns.map((column) => ({
      top: row.start,
      left: column.start,
      height: row.length,
      width: column.length,
      kept: { top: row.from, left: column.from, height: row.to - row.from, width: column.to - column.from },
    })),
  );
}

/** Copies what is kept of a tile into the picture; both [height, width, channels], `factor` pixels per latent. */
export function placeTile(
  image: Float32Array,
  imageWidth: number,
  { left, top, width, kept }: ExactTile,
  values: Float32Array,
  factor: number,
  channels: number,
): void {
  const length = kept.width * factor * channels;
  for (let y = 0; y < kept.height * factor; y++) {
    const row = (kept.top - top) * factor + y;
    const from = (row * width + kept.left - left) * factor * channels;
    const to = ((kept.top * factor + y) * imageWidth + kept.left * factor) * channels;
    image.set(values.subarray(from, from + length), to);
  }
}

interface Window {
  readonly start: number;
  readonly length: number;
  /** What is kept of it, [from, to). */
  readonly from: number;
  readonly to: number;
}

function windows(length: number, side: number, reach: number): Window[] {
  if (length <= side) return [{ start: 0, length, from: 0, to: length }];
  const step = side - 2 * reach;
  const count = 1 + Math.ceil((length - side) / step);
  const start = (i: number): number => Math.min(i * step, length - side);
  const end = (i: number): number => (i === count - 1 ? length : start(i) + side - reach);
  return Array.from({ length: count }, (_, i) => ({
    start: start(i),
    length: side,
    from: i === 0 ? 0 : end(i - 1),
    to: end(i),
  }));
}
