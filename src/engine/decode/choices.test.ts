import { describe, expect, it } from 'vitest';
import type { Model } from '../model.ts';
import { decodeChoices } from './choices.ts';

/** As much of a model as the choice depends on. */
const model = (tile: number, tinyVae?: { blocks: readonly number[]; enlarge: number }): Model =>
  ({ name: 'M', vae: { tile }, tinyVae: tinyVae && { config: tinyVae } }) as unknown as Model;
/** That of SDXL: 19 latents on either side of a pixel show in it. */
const TAESD = { blocks: [3, 3, 3, 1], enlarge: 2 };
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
    expect(decodeChoices({ vae: 'tiny', vaeTile: 40 }, model(128, TAESD), size(512))).toEqual([
      { vae: 'tiny', vaeTile: 40, byNeed: false },
    ]);
    expect(decodeChoices({ vae: 'tiled', vaeTile: 40 }, SDXL, size(512))).toEqual([
      { vae: 'tiled', vaeTile: 40, byNeed: false },
    ]);
  });

  it('tiny: whole, else in tiles that show the same picture', () => {
    const choices = decodeChoices({ vae: 'tiny' }, model(128, TAESD), size(100));
    expect(choices.map(({ vaeTile }) => vaeTile)).toEqual([undefined, 86, 70, 62, 54, 46, 42]);
    expect(choices.every(({ vae, byNeed }) => vae === 'tiny' && !byNeed)).toBe(true);
    expect(decodeChoices({ vae: 'tiny' }, model(128, TAESD), size(42))).toHaveLength(1);
  });

  it('tiny: refuses a tile of which nothing could be kept', () => {
    expect(() => decodeChoices({ vae: 'tiny', vaeTile: 36 }, model(128, TAESD), size(64))).toThrow(
      expect.objectContaining({
        code: 'request/invalid',
        detail: expect.objectContaining({ value: '36' }) as object,
      }),
    );
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
