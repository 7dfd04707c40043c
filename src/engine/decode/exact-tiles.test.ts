import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exactTiles, placeTile } from './exact-tiles.ts';
import { cutTile } from './tiles.ts';

const side = fc.integer({ min: 1, max: 40 });

describe('exactTiles', () => {
  it('is one tile where the picture is no larger', () => {
    const whole = { top: 0, left: 0, height: 8, width: 5 };
    expect(exactTiles(8, 5, 8, 3)).toEqual([{ ...whole, kept: whole }]);
  });

  it('has tiles of one size, the last at the edge', () => {
    const tiles = exactTiles(4, 21, 8, 2);
    expect(tiles.map(({ left, width }) => [left, width])).toEqual([
      [0, 8],
      [4, 8],
      [8, 8],
      [12, 8],
      [13, 8],
    ]);
    expect(tiles.map(({ kept }) => [kept.left, kept.left + kept.width])).toEqual([
      [0, 6],
      [6, 10],
      [10, 14],
      [14, 18],
      [18, 21],
    ]);
  });

  it('keeps nothing that is nearer to the edge of a tile than the reach, but at the edges of the picture', () => {
    fc.assert(
      fc.property(side, side, fc.integer({ min: 0, max: 5 }), side, (height, width, reach, more) => {
        for (const { kept, ...tile } of exactTiles(height, width, 2 * reach + more, reach)) {
          const near = [kept.top - tile.top, kept.left - tile.left];
          const far = [
            tile.top + tile.height - kept.top - kept.height,
            tile.left + tile.width - kept.left - kept.width,
          ];
          expect(near[0]).toBeGreaterThanOrEqual(tile.top === 0 ? 0 : reach);
          expect(near[1]).toBeGreaterThanOrEqual(tile.left === 0 ? 0 : reach);
          expect(far[0]).toBeGreaterThanOrEqual(tile.top + tile.height === height ? 0 : reach);
          expect(far[1]).toBeGreaterThanOrEqual(tile.left + tile.width === width ? 0 : reach);
        }
      }),
    );
  });

  it('covers every pixel once, with its own value', () => {
    fc.assert(
      fc.property(side, side, fc.integer({ min: 0, max: 5 }), side, (height, width, reach, more) => {
        const [channels, factor] = [2, 2];
        const pixels = { height: height * factor, width: width * factor };
        const source = Float32Array.from(
          { length: pixels.height * pixels.width * channels },
          (_, i) => i + 1,
        );
        const image = new Float32Array(source.length);
        let kept = 0;
        for (const tile of exactTiles(height, width, 2 * reach + more, reach)) {
          const [top, left] = [tile.top * factor, tile.left * factor];
          const area = { top, left, height: tile.height * factor, width: tile.width * factor };
          placeTile(
            image,
            pixels.width,
            tile,
            cutTile(source, pixels.width, channels, area),
            factor,
            channels,
          );
          kept += tile.kept.height * tile.kept.width;
        }
        expect(Buffer.from(image.buffer).equals(Buffer.from(source.buffer))).toBe(true);
        expect(kept).toBe(height * width);
      }),
    );
  });
});
