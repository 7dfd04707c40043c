/** @file The ways in which a request's latents may be decoded, the one nearest to what was asked for first. */
import { TILE_MULTIPLE } from '../../architecture/vae.ts';
import { AppError } from '../../error.ts';
import type { Model } from '../model.ts';
import type { GenerateRequest, VaeMode } from '../protocol.ts';

/** One way to decode. */
export interface DecodeChoice {
  readonly vae: VaeMode;
  /** Side of a tile in latents; `tiled` has one. */
  readonly vaeTile: number | undefined;
  /** Taken only because nothing nearer to the request fits: the user should hear of it. */
  readonly byNeed: boolean;
}

/** Sides of tiles that are tried, as shares of the model's own. */
const SHARES = [1, 3 / 4, 1 / 2, 3 / 8, 1 / 4, 3 / 16, 1 / 8];

/**
 * What may be done, best first. Pictures are tiled by the model's own tile, or by a smaller one where that does not
 * fit; a tile that was asked for is left as it is. Throws `request/invalid` for a tile that cannot be one, and
 * `model/no-tiny-vae`.
 */
export function decodeChoices(
  { vae, vaeTile }: Pick<GenerateRequest, 'vae' | 'vaeTile'>,
  model: Model,
  size: { readonly latentHeight: number; readonly latentWidth: number },
): readonly DecodeChoice[] {
  if (vaeTile !== undefined) checkTile(vaeTile);
  if (vae === 'full') return [{ vae, vaeTile: undefined, byNeed: false }];
  if (vae === 'tiny') {
    if (!model.tinyVae) throw new AppError('model/no-tiny-vae', { model: model.name });
    return [{ vae, vaeTile: undefined, byNeed: false }];
  }
  const tiles = vaeTile === undefined ? tileSides(model.vae.tile) : [vaeTile];
  if (vae === 'tiled') {
    return tiles.map((side, i) => ({ vae, vaeTile: side, byNeed: i > 0 }));
  }
  const smaller = tiles.filter((side) => side < Math.max(size.latentHeight, size.latentWidth));
  return [
    { vae: 'full', vaeTile: undefined, byNeed: false },
    ...smaller.map((side) => ({ vae: 'tiled', vaeTile: side, byNeed: true }) as const),
  ];
}

function tileSides(own: number): number[] {
  const sides = SHARES.map((share) => Math.floor((own * share) / TILE_MULTIPLE) * TILE_MULTIPLE);
  return [...new Set(sides)].filter((side) => side > 0);
}

function checkTile(side: number): void {
  if (Number.isSafeInteger(side) && side > 0 && side % TILE_MULTIPLE === 0) return;
  throw new AppError('request/invalid', {
    field: 'VAE tile',
    value: String(side),
    expected: `a multiple of ${TILE_MULTIPLE}, in latents`,
  });
}
