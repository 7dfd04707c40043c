import { describe, expect, it } from 'vitest';
import { memorySource } from '../test-files.ts';
import { singleFileComponent } from './single-file.ts';
import { fileOf, tinyFixture } from './test-single-files.ts';
import { config, COMPONENTS, digests, FOLDER, TENSORS, weightsOf, WHOLE } from './test-tiny-checkpoint.ts';

const FILE = 'tiny.safetensors';

describe('one component of a single file', () => {
  const component = (file: Uint8Array<ArrayBuffer>, name: string) =>
    singleFileComponent({ source: memorySource({ [FILE]: file }).source, path: FILE }, name);
  const withoutPrefix = (prefix: string) =>
    fileOf(
      new Map(
        [...TENSORS].flatMap(([name, tensor]) =>
          name.startsWith(prefix) ? [[name.slice(prefix.length), tensor]] : [],
        ),
      ),
    );

  it.each([
    ['unet', 'of a whole checkpoint', WHOLE],
    ['unet', "under the checkpoint's names", withoutPrefix('model.diffusion_model.')],
    ['unet', "under diffusers' names", tinyFixture('model/unet/diffusion_pytorch_model.safetensors')],
    ['vae', 'of a whole checkpoint', WHOLE],
    ['vae', "under the checkpoint's names", withoutPrefix('first_stage_model.')],
    ['vae', "under diffusers' names", tinyFixture('model/vae/diffusion_pytorch_model.safetensors')],
    ['text_encoder', "under transformers' names", tinyFixture('model/text_encoder/model.safetensors')],
    ['text_encoder_2', "under transformers' names", tinyFixture('model/text_encoder_2/model.safetensors')],
    ['text_encoder_2', "under OpenCLIP's names", withoutPrefix('conditioner.embedders.1.model.')],
    ['tiny_vae', "under diffusers' names", tinyFixture('model/tiny_vae/diffusion_pytorch_model.safetensors')],
  ])('%s %s', async (name, _how, file) => {
    const checkpoint = await component(file, name);
    const read = await weightsOf(checkpoint, name);
    expect(await digests(read)).toEqual(await digests(await weightsOf(FOLDER, name)));
    const derived = (await config(checkpoint, `${name}/config.json`)).fields;
    const expected = (await config(FOLDER, `${name}/config.json`)).fields;
    const told = Object.entries(derived).filter(
      ([key]) => !checkpoint.assumptions.some((text) => text.startsWith(`${name} ${key} `)),
    );
    expect(told.length).toBeGreaterThan(2);
    for (const [key, value] of told) {
      // Absent: four times the first block's width.
      const wanted = key === 'time_embedding_dim' ? 128 : expected[key];
      expect([key, value]).toEqual([key, wanted]);
    }
    const others = COMPONENTS.filter((other) => other !== name);
    expect(await Promise.all(others.map((other) => checkpoint.weights(other)))).toEqual([
      undefined,
      undefined,
      undefined,
      ...(name === 'tiny_vae' ? [undefined] : []),
    ]);
  });

  it('is missed where it is not', async () => {
    await expect(component(WHOLE, 'tiny_vae')).rejects.toMatchObject({
      code: 'model/file-incomplete',
      detail: { present: COMPONENTS.join(', '), missing: 'tiny_vae' },
    });
  });
});
