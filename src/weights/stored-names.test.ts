import { describe, expect, it } from 'vitest';
import { storedName } from './stored-names.ts';
import { memorySource, rawSafetensors } from './test-files.ts';
import { openWeights } from './folder-checkpoint.ts';
import type { WeightSet } from './weight-set.ts';

/** A component that holds a number under each of these names. */
async function holding(...names: string[]): Promise<WeightSet> {
  const entries = names.map((name, i) => [
    name,
    { dtype: 'BF16', shape: [1], data_offsets: [2 * i, 2 * i + 2] },
  ]);
  const file = rawSafetensors(Object.fromEntries(entries), new Uint8Array(2 * names.length));
  return openWeights(memorySource({ 'vae/model.safetensors': file }).source, 'vae');
}

describe('storedName', () => {
  it.each([
    ['the name itself', 'conv_in.weight', 'conv_in.weight'],
    [
      'a text model without its prefix',
      'text_model.encoder.layers.0.mlp.fc1.bias',
      'encoder.layers.0.mlp.fc1.bias',
    ],
    ['a text model with its prefix', 'text_model.final_layer_norm.bias', 'text_model.final_layer_norm.bias'],
    // diffusers' ModelMixin._convert_deprecated_attention_blocks
    [
      'an old query',
      'decoder.mid_block.attentions.0.to_q.weight',
      'decoder.mid_block.attentions.0.query.weight',
    ],
    ['an old key', 'decoder.mid_block.attentions.0.to_k.bias', 'decoder.mid_block.attentions.0.key.bias'],
    [
      'an old value',
      'decoder.mid_block.attentions.0.to_v.weight',
      'decoder.mid_block.attentions.0.value.weight',
    ],
    [
      'an old output',
      'decoder.mid_block.attentions.0.to_out.0.bias',
      'decoder.mid_block.attentions.0.proj_attn.bias',
    ],
  ])('finds %s', async (_what, wanted, stored) => {
    expect(storedName(await holding('other', stored), wanted)).toBe(stored);
  });

  it('prefers the name itself to an older one', async () => {
    const weights = await holding('a.query.weight', 'a.to_q.weight', 'text_model.b', 'b');
    expect(storedName(weights, 'a.to_q.weight')).toBe('a.to_q.weight');
    expect(storedName(weights, 'text_model.b')).toBe('text_model.b');
  });

  it('gives back the name of what is not there, so that the error names it', async () => {
    const weights = await holding('x.key.weight', 'my.text_model.y', 'to_q.weight');
    for (const name of [
      'x.to_q.weight',
      'text_model.z',
      'text_model.my.text_model.z',
      'query.weight',
      'conv.bias',
    ]) {
      expect(storedName(weights, name)).toBe(name);
    }
  });

  it('does not take away a prefix that stands elsewhere, or add one', async () => {
    const weights = await holding('text_model.a', 'b.c');
    expect(storedName(weights, 'a')).toBe('a');
    expect(storedName(weights, 'b.text_model.c')).toBe('b.text_model.c');
  });
});
