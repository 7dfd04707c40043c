/**
 * @file Names of tensors that differ between versions of the file layout: transformers has written CLIP's text
 * models with and without the `text_model.` prefix, and old diffusers files name the VAE's attention otherwise.
 */
import type { WeightSet } from './weight-set.ts';

const TEXT_PREFIX = 'text_model.';
const OLD_ATTENTION: readonly (readonly [string, string])[] = [
  ['.to_q.', '.query.'],
  ['.to_k.', '.key.'],
  ['.to_v.', '.value.'],
  ['.to_out.0.', '.proj_attn.'],
];

/** The name under which a set holds the tensor; the name itself where it has none of them. */
export function storedName(weights: WeightSet, name: string): string {
  if (weights.has(name)) return name;
  return alternatives(name).find((alternative) => weights.has(alternative)) ?? name;
}

function alternatives(name: string): string[] {
  if (name.startsWith(TEXT_PREFIX)) return [name.slice(TEXT_PREFIX.length)];
  return OLD_ATTENTION.filter(([current]) => name.includes(current)).map(([current, old]) =>
    name.replace(current, old),
  );
}
