/** @file Encoding as the engine does it, in one piece or tile by tile, against diffusers. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Backend } from '../runtime/backend.ts';
import { BACKENDS, FIXTURES, loadReference, slowOnWebgpu } from '../testing/reference.ts';
import { relativeL2 } from '../testing/relative-l2.ts';
import type { F32Tensor } from '../weights/safetensors.ts';
import { folderCheckpoint } from '../weights/folder-checkpoint.ts';
import { httpSource } from '../weights/http-source.ts';
import { encodePicture } from './init-image.ts';
import { openModel, type Model } from './model.ts';

const BAR = 1e-4;

describe.each(BACKENDS)('encodePicture on %s', (backendName, open) => {
  let backend: Backend;
  let model: Model;
  let expected: (name: string) => F32Tensor;

  beforeAll(async () => {
    backend = await open();
    model = await openModel(folderCheckpoint(httpSource(`${FIXTURES}tiny-sdxl/model/`)));
    expected = await loadReference('image-to-image/tiles.safetensors');
  });
  afterAll(() => backend.dispose());

  for (const [what, name, tile, tags] of [
    ['in tiles of 4', 'tile.4', 4, []],
    ['in one piece', 'whole', undefined, []],
    ['in one piece, with a tile that is larger', 'whole', 16, slowOnWebgpu(backendName)],
  ] as const)
    it(what, { tags: [...tags] }, async () => {
      const { shape, data } = expected(`${name}.image`);
      const [, height = 0, width = 0] = shape;
      const size = { latentHeight: height / model.vae.factor, latentWidth: width / model.vae.factor };
      const progress: number[] = [];
      const { mean, deviation } = await encodePicture(backend, model, { ...size, tile }, data, {
        onStage: (_stage, done, total) => progress.push(done / total),
      });
      expect(relativeL2(mean, expected(`${name}.mean`).data)).toBeLessThan(BAR);
      expect(relativeL2(deviation, expected(`${name}.deviation`).data)).toBeLessThan(BAR);
      expect(progress).toEqual(progress.toSorted((a, b) => a - b));
      expect(progress.at(-1)).toBe(1);
    });
});
