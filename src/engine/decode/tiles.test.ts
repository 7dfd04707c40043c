import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutTile, Mosaic, tileRows } from './tiles.ts';

const size = fc.record({ height: fc.integer({ min: 1, max: 40 }), width: fc.integer({ min: 1, max: 40 }) });
const side = fc.integer({ min: 1, max: 6 }).map((n) => 4 * n);

describe('tileRows', () => {
  it('is one tile where nothing is larger than the tile', () => {
    expect(tileRows(8, 5, 8)).toEqual([[{ top: 0, left: 0, height: 8, width: 5 }]]);
  });

  it('starts a tile every three quarters of one, as diffusers does', () => {
    // diffusers: range(0, 14, 6) down and range(0, 11, 6) across.
    expect(
      tileRows(14, 11, 8).map((row) => row.map(({ top, left, height, width }) => [top, left, height, width])),
    ).toEqual([
      [
        [0, 0, 8, 8],
        [0, 6, 8, 5],
      ],
      [
        [6, 0, 8, 8],
        [6, 6, 8, 5],
      ],
      [
        [12, 0, 2, 8],
        [12, 6, 2, 5],
      ],
    ]);
  });
});

describe('Mosaic', () => {
  /** Puts an image together from tiles cut out of it, each pixel repeated `factor` times. */
  function reassembled(
    image: Float32Array,
    { height, width }: { height: number; width: number },
    tile: number,
  ) {
    const mosaic = new Mosaic({ height, width }, tile, 1, 2);
    for (const piece of tileRows(height, width, tile).flat())
      mosaic.add(piece, cutTile(image, width, 2, piece));
    return mosaic.image;
  }

  it('gives back a picture whose tiles agree where they overlap', () => {
    fc.assert(
      fc.property(size, side, (shape, tile) => {
        fc.pre(shape.height > tile || shape.width > tile);
        const image = Float32Array.from({ length: shape.height * shape.width * 2 }, (_, i) =>
          Math.fround(i / 7),
        );
        const result = reassembled(image, shape, tile);
        expect(result.length).toBe(image.length);
        expect(result.every((value, i) => Math.abs(value - (image[i] ?? NaN)) < 1e-3)).toBe(true);
      }),
    );
  });

  it('goes over from one tile to the next in steps of the overlap', () => {
    // Two tiles of 8 across, 0 and 1: the second takes over within a quarter of the side, from its own left edge on.
    const mosaic = new Mosaic({ height: 1, width: 12 }, 8, 1, 1);
    mosaic.add({ top: 0, left: 0, height: 1, width: 8 }, new Float32Array(8));
    mosaic.add({ top: 0, left: 6, height: 1, width: 6 }, new Float32Array(6).fill(1));
    expect([...mosaic.image]).toEqual([0, 0, 0, 0, 0, 0, 0, 0.5, 1, 1, 1, 1]);
  });

  it('blends with tiles that are blended already', () => {
    // Tiles 0, 1 above 2, 3 of side 4: the overlap is one pixel, whose share of the new tile is 0.
    const mosaic = new Mosaic({ height: 6, width: 6 }, 4, 1, 1);
    for (const [i, tile] of tileRows(6, 6, 4).flat().entries())
      mosaic.add(tile, new Float32Array(tile.height * tile.width).fill(i));
    const rows = Array.from({ length: 6 }, (_, y) => [...mosaic.image.subarray(6 * y, 6 * y + 6)]);
    expect(rows[0]).toEqual([0, 0, 0, 0, 1, 1]);
    expect(rows[3]).toEqual([0, 0, 0, 0, 1, 1]);
    expect(rows[4]).toEqual([2, 2, 2, 2, 3, 3]);
  });
});
