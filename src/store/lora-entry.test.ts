import { createHash } from 'node:crypto';
import { describe as group, expect, it } from 'vitest';
import { writeSafetensors } from '../weights/safetensors.ts';
import { describe, freeName, readLoraFile } from './lora-entry.ts';

it('numbers a name that is taken', () => {
  expect(freeName('a', new Set())).toBe('a');
  expect(freeName('a', new Set(['a', 'a-2']))).toBe('a-3');
});

group('what a file says of itself', () => {
  it('is read from the metadata of training scripts', () => {
    const tags = { '10_cats': { cat: 10, sitting: 3 }, '5_dogs': { dog: 5, sitting: 4, ' ': 99 } };
    expect(
      describe(
        {
          ss_sd_model_name: 'None',
          ss_base_model_version: 'sdxl_base_v1-0',
          ss_tag_frequency: JSON.stringify(tags),
          ss_output_name: 'cats',
          'modelspec.title': 'Cats and dogs',
        },
        undefined,
      ),
    ).toEqual({
      base: 'sdxl_base_v1-0',
      triggers: ['cat', 'sitting', 'dog'],
      aliases: ['cats', 'Cats and dogs'],
    });
  });

  it('prefers a trigger phrase', () => {
    const metadata = { 'modelspec.trigger_phrase': 'a c4t', ss_tag_frequency: '{"1":{"cat":1}}' };
    expect(describe(metadata, undefined).triggers).toEqual(['a c4t']);
  });

  it('is read from a config beside it, and may be nothing', () => {
    const config = { name: 'adapter_config.json', text: '{"base_model_name_or_path":"some/model"}' };
    expect(describe({}, config).base).toBe('some/model');
    const broken = { name: 'adapter_config.json', text: '{' };
    expect(describe({ ss_tag_frequency: '[' }, broken)).toEqual({
      base: undefined,
      triggers: [],
      aliases: [],
    });
  });
});

it('hashes what follows the header, whatever the metadata say', async () => {
  const tensors = { a: { shape: [2], data: Float32Array.of(1, 2) } };
  const data = createHash('sha256')
    .update(new Uint8Array(Float32Array.of(1, 2).buffer))
    .digest('hex');
  for (const metadata of [undefined, { ss_output_name: 'b' }]) {
    const file = new Blob([writeSafetensors(tensors, metadata)]);
    expect((await readLoraFile(file, undefined)).hash).toBe(data);
  }
  const label = async (metadata: Record<string, string>, text: string) => {
    const file = new Blob([writeSafetensors(tensors, metadata)]);
    return (await readLoraFile(file, { name: 'adapter_config.json', text })).labelHash;
  };
  expect(await label({ a: 'b' }, '{}')).toBe(await label({ a: 'b' }, '{}'));
  expect(await label({ a: 'b' }, '{}')).not.toBe(await label({ a: 'c' }, '{}'));
  expect(await label({ a: 'b' }, '{}')).not.toBe(await label({ a: 'b' }, '{"lora_alpha":1}'));
  const broken = await readLoraFile(new Blob(['nothing']), undefined);
  expect(broken.hash).toBe(createHash('sha256').update('nothing').digest('hex'));
});
