/** @file Decoding as the engine does it, tile by tile or with the tiny autoencoder, against diffusers. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Backend } from '../runtime/backend.ts';
import { BACKENDS, FIXTURES, loadReference, slowOnWebgpu } from '../testing/reference.ts';
import { relativeL2 } from '../testing/relative-l2.ts';
import type { F32Tensor } from '../weights/safetensors.ts';
import { folderCheckpoint } from '../weights/folder-checkpoint.ts';
import { httpSource } from '../weights/http-source.ts';
import { decodeLatents, type DecodeSettings } from './decode.ts';
import { toChannelsFirst } from './layout.ts';
import { openModel, type Model } from './model.ts';

const BAR = 1e-4;

describe.each(BACKENDS)('decodeLatents on %s', (backendName, open) => {
  let backend: Backend;
  let model: Model;
  let expected: (name: string) => F32Tensor;
  let tiles: (name: string) => F32Tensor;

  beforeAll(async () => {
    backend = await open();
    model = await openModel(folderCheckpoint(httpSource(`${FIXTURES}tiny-sdxl/model/`)));
    expected = await loadReference('tiny-sdxl/expected.f32.safetensors');
    tiles = await loadReference('reference/tiny-vae-tiles.safetensors');
  });
  afterAll(() => backend.dispose());

  /** The references were given unscaled latents; the engine's are scaled. */
  async function decode(
    { shape, data }: F32Tensor,
    mode: Pick<DecodeSettings, 'vae' | 'vaeTile'>,
    scale: number,
  ): Promise<{ image: Float32Array; progress: number[] }> {
    const [, , latentHeight = 0, latentWidth = 0] = shape;
    const progress: number[] = [];
    const image = await decodeLatents(
      backend,
      model,
      { latentHeight, latentWidth, ...mode },
      data.map((value) => value * scale),
      { onStage: (_stage, done, total) => progress.push(done / total) },
    );
    return { image: toChannelsFirst(image, 3), progress };
  }

  const tags = slowOnWebgpu(backendName);
  it.each([
    ['14×11 latents in tiles of 8', 'vae_tile_z', 8, 'vae_tiled_decoded'],
    ['14×11 latents that are no larger than the tile', 'vae_tile_z', 16, 'vae_untiled_decoded'],
  ])('tiles: %s', { tags }, async (_case, latents, vaeTile, reference) => {
    const { image } = await decode(expected(latents), { vae: 'tiled', vaeTile }, model.vae.scalingFactor);
    expect(relativeL2(image, expected(reference).data)).toBeLessThan(BAR);
  });

  for (const [what, latents, vaeTile, reference, tileTags] of [
    ['9×7 latents in tiles of 4', 'z', 4, 'tile.4', []],
    ['8×13 latents in tiles of 8, as high as the picture', 'z.wide', 8, 'tile.8', tags],
  ] as const)
    it(`tiles: ${what}`, { tags: [...tileTags] }, async () => {
      const { image, progress } = await decode(
        tiles(latents),
        { vae: 'tiled', vaeTile },
        model.vae.scalingFactor,
      );
      expect(relativeL2(image, tiles(reference).data)).toBeLessThan(BAR);
      expect(progress).toEqual(progress.toSorted((a, b) => a - b));
      expect(progress.at(-1)).toBe(1);
    });

  it('in one piece', async () => {
    const { image } = await decode(expected('vae_z'), { vae: 'full' }, model.vae.scalingFactor);
    expect(relativeL2(image, expected('vae_decoded').data)).toBeLessThan(BAR);
  });

  it('with the tiny autoencoder', async () => {
    const { image } = await decode(expected('vae_z'), { vae: 'tiny' }, 1);
    expect(relativeL2(image, expected('taesd_decoded').data)).toBeLessThan(BAR);
  });
});
