/**
 * @file Large pictures are decoded in overlapping tiles and put together here: each tile is blended into the ones
 * above and to the left of it, which are blended already, and keeps three quarters of its side. The rule is that
 * of diffusers' `AutoencoderKL.tiled_decode`. The network sees each tile alone and its GroupNorms take their
 * statistics from it, so the picture is not quite that of a decode in one piece.
 */

/** A rectangle of latents. */
export interface Tile {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

/** How far tiles reach into each other. */
const OVERLAP = 1 / 4;

/** The rows of tiles of `side` latents, a multiple of four, that cover [height, width]. */
export function tileRows(height: number, width: number, side: number): Tile[][] {
  if (height <= side && width <= side) return [[{ top: 0, left: 0, height, width }]];
  const starts = (length: number): number[] => {
    const stride = side * (1 - OVERLAP);
    return Array.from({ length: Math.ceil(length / stride) }, (_, i) => i * stride);
  };
  return starts(height).map((top) =>
    starts(width).map((left) => ({
      top,
      left,
      height: Math.min(side, height - top),
      width: Math.min(side, width - left),
    })),
  );
}

/** The values of a tile out of latents [height, width, channels]. */
export function cutTile(latents: Float32Array, width: number, channels: number, tile: Tile): Float32Array {
  const rowLength = tile.width * channels;
  const values = new Float32Array(tile.height * rowLength);
  for (let row = 0; row < tile.height; row++) {
    const start = ((tile.top + row) * width + tile.left) * channels;
    values.set(latents.subarray(start, start + rowLength), row * rowLength);
  }
  return values;
}

/** A decoded tile, [height, width, channels] in pixels. */
interface Piece {
  readonly values: Float32Array;
  readonly height: number;
  readonly width: number;
}

/** Puts a picture together from its tiles, row after row, from left to right. */
export class Mosaic {
  /** [height, width, channels] in pixels; complete once every tile has been added. */
  readonly image: Float32Array;
  readonly #width: number;
  readonly #channels: number;
  readonly #factor: number;
  readonly #blend: number;
  readonly #kept: number;
  #above: Piece[] = [];
  #row: Piece[] = [];

  /** `size` and `side` in latents, of which `factor` pixels are made in each direction. */
  constructor(size: { height: number; width: number }, side: number, factor: number, channels: number) {
    this.#width = size.width * factor;
    this.#channels = channels;
    this.#factor = factor;
    this.#blend = side * factor * OVERLAP;
    this.#kept = side * factor - this.#blend;
    this.image = new Float32Array(size.height * factor * this.#width * channels);
  }

  /** Adds the next tile; `values` [height, width, channels] in pixels become the mosaic's own. */
  add(tile: Tile, values: Float32Array): void {
    if (tile.left === 0) {
      this.#above = this.#row;
      this.#row = [];
    }
    const piece = { values, height: tile.height * this.#factor, width: tile.width * this.#factor };
    const above = this.#above[this.#row.length];
    const before = this.#row.at(-1);
    if (above) this.#blendDown(above, piece);
    if (before) this.#blendRight(before, piece);
    this.#row.push(piece);
    this.#place(tile, piece);
  }

  #blendDown(above: Piece, piece: Piece): void {
    const extent = Math.min(above.height, piece.height, this.#blend);
    const rowLength = piece.width * this.#channels;
    for (let y = 0; y < extent; y++) {
      const from = (above.height - extent + y) * rowLength;
      for (let i = 0; i < rowLength; i++)
        mix(above.values, from + i, piece.values, y * rowLength + i, y / extent);
    }
  }

  #blendRight(before: Piece, piece: Piece): void {
    const extent = Math.min(before.width, piece.width, this.#blend);
    const channels = this.#channels;
    for (let y = 0; y < piece.height; y++) {
      for (let x = 0; x < extent; x++) {
        const from = (y * before.width + before.width - extent + x) * channels;
        const to = (y * piece.width + x) * channels;
        for (let c = 0; c < channels; c++) mix(before.values, from + c, piece.values, to + c, x / extent);
      }
    }
  }

  /** Copies what a tile keeps; the rest of it belongs to the next ones. */
  #place(tile: Tile, { values, height, width }: Piece): void {
    const kept = Math.min(width, this.#kept) * this.#channels;
    const left = tile.left * this.#factor * this.#channels;
    for (let y = 0; y < Math.min(height, this.#kept); y++) {
      const from = y * width * this.#channels;
      const row = (tile.top * this.#factor + y) * this.#width * this.#channels;
      this.image.set(values.subarray(from, from + kept), row + left);
    }
  }
}

/** to ← from·(1 − share) + to·share */
function mix(from: Float32Array, i: number, to: Float32Array, j: number, share: number): void {
  to[j] = (from[i] ?? 0) * (1 - share) + (to[j] ?? 0) * share;
}
