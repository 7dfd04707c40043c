/** @file The ways in which a request's latents may be decoded, the one nearest to what was asked for first. */
import { tinyVaeReach } from '../../architecture/tiny-vae.ts';
import { TILE_MULTIPLE } from '../../architecture/vae.ts';
import { AppError } from '../../error.ts';
import type { Model } from '../model.ts';
import type { GenerateRequest, VaeMode } from '../protocol/generate.ts';

/** One way to decode. */
export interface DecodeChoice {
  readonly vae: VaeMode;
  /** Side of a tile in latents; `tiled` has one, `tiny` where it does not fit in one piece. */
  readonly vaeTile: number | undefined;
  /** Taken only because nothing nearer to the request fits, and the picture shows it: the user should hear of it. */
  readonly byNeed: boolean;
}

/** Sides of tiles that are tried, as shares of the model's own. */
const SHARES = [1, 3 / 4, 1 / 2, 3 / 8, 1 / 4, 3 / 16, 1 / 8];

/** Latents that a tile of the tiny decoder adds to the one before it, beside those it repeats. */
const STRIDES = [128, 96, 64, 48, 32, 24, 16, 8, 4];

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
  if (vae === 'tiny') return tinyChoices(model, vaeTile, Math.max(size.latentHeight, size.latentWidth));
  if (vaeTile !== undefined) checkTile(vaeTile, 0);
  if (vae === 'full') return [{ vae, vaeTile: undefined, byNeed: false }];
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

/** The tiny decoder paints the same picture in tiles as in one piece, so nobody need hear of them. */
function tinyChoices({ tinyVae, name }: Model, vaeTile: number | undefined, longest: number): DecodeChoice[] {
  if (!tinyVae) throw new AppError('model/no-tiny-vae', { model: name });
  const repeated = 2 * tinyVaeReach(tinyVae.config);
  if (vaeTile !== undefined) checkTile(vaeTile, repeated);
  const sides = STRIDES.map((stride) => repeated + stride).filter((side) => side < longest);
  const choices = vaeTile === undefined ? [undefined, ...sides] : [vaeTile];
  return choices.map((side) => ({ vae: 'tiny', vaeTile: side, byNeed: false }));
}

function tileSides(own: number): number[] {
  const sides = SHARES.map((share) => Math.floor((own * share) / TILE_MULTIPLE) * TILE_MULTIPLE);
  return [...new Set(sides)].filter((side) => side > 0);
}

/** @param least a side must be more than this */
function checkTile(side: number, least: number): void {
  if (Number.isSafeInteger(side) && side > least && side % TILE_MULTIPLE === 0) return;
  const more = least > 0 ? ` and more than ${least}` : '';
  throw new AppError('request/invalid', {
    field: 'VAE tile',
    value: String(side),
    expected: `a multiple of ${TILE_MULTIPLE}${more}, in latents`,
  });
}
