import { describe, expect, it } from 'vitest';
import type { Model } from '../model.ts';
import { decodeChoices } from './choices.ts';

/** As much of a model as the choice depends on. */
const model = (tile: number, tinyVae = false): Model =>
  ({ name: 'M', vae: { tile }, tinyVae: tinyVae ? {} : undefined }) as unknown as Model;
const SDXL = model(128);
const size = (side: number) => ({ latentHeight: side, latentWidth: side });

describe('decodeChoices', () => {
  it('without a wish: whole, else in ever smaller tiles, of which the user is told', () => {
    const [whole, ...tiled] = decodeChoices({}, SDXL, size(128));
    expect(whole).toEqual({ vae: 'full', vaeTile: undefined, byNeed: false });
    expect(tiled.map(({ vaeTile }) => vaeTile)).toEqual([96, 64, 48, 32, 24, 16]);
    expect(tiled.every(({ vae, byNeed }) => vae === 'tiled' && byNeed)).toBe(true);
  });

  it('leaves out tiles that would hold the whole picture', () => {
    const tiles = decodeChoices({}, SDXL, { latentHeight: 64, latentWidth: 40 }).map(
      ({ vaeTile }) => vaeTile,
    );
    expect(tiles).toEqual([undefined, 48, 32, 24, 16]);
    expect(decodeChoices({}, model(8), size(8)).map(({ vaeTile }) => vaeTile)).toEqual([undefined, 4]);
  });

  it("tiled: the model's own tile first", () => {
    expect(decodeChoices({ vae: 'tiled' }, SDXL, size(16))[0]).toEqual({
      vae: 'tiled',
      vaeTile: 128,
      byNeed: false,
    });
    expect(decodeChoices({ vae: 'tiled' }, SDXL, size(256))[1]).toMatchObject({ vaeTile: 96, byNeed: true });
  });

  it('keeps to what was asked for', () => {
    expect(decodeChoices({ vae: 'full' }, SDXL, size(512))).toHaveLength(1);
    expect(decodeChoices({ vae: 'tiny' }, model(128, true), size(512))).toEqual([
      { vae: 'tiny', vaeTile: undefined, byNeed: false },
    ]);
    expect(decodeChoices({ vae: 'tiled', vaeTile: 40 }, SDXL, size(512))).toEqual([
      { vae: 'tiled', vaeTile: 40, byNeed: false },
    ]);
  });

  it('says that the model has no tiny autoencoder', () => {
    expect(() => decodeChoices({ vae: 'tiny' }, SDXL, size(64))).toThrow(
      expect.objectContaining({ code: 'model/no-tiny-vae', detail: { model: 'M' } }),
    );
  });

  it.each([0, 6, -8, 12.5, NaN])('refuses a tile of %s', (vaeTile) => {
    expect(() => decodeChoices({ vae: 'tiled', vaeTile }, SDXL, size(64))).toThrow(
      expect.objectContaining({ code: 'request/invalid' }),
    );
  });
});
