import { expect, it } from 'vitest';
import { parseOfferedLoras } from './lora-catalog.ts';

it('reads what is on offer, relative to the catalog, and passes over what is none', () => {
  const item = { file: 'a.safetensors', name: 'A', trigger: 'w0rd', description: { en: 'An A.' } };
  const offered = {
    ...item,
    url: 'https://site.example/models/loras/a.safetensors',
    base: undefined,
    licence: undefined,
    weight: undefined,
  };
  const address = 'https://site.example/models/loras/catalog.json';
  expect(parseOfferedLoras([item, { name: 'no file' }], address)).toEqual([offered]);
  expect(parseOfferedLoras([{ ...item, trigger: '' }], address)[0]?.trigger).toBeUndefined();
  const weights = [0.5, 0, -1, 2.5, NaN, '0.5'].map((weight) => ({ ...item, weight }));
  expect(parseOfferedLoras(weights, address).map(({ weight }) => weight)).toEqual([
    ...[0.5, 0, -1],
    ...[undefined, undefined, undefined],
  ]);
  expect(parseOfferedLoras(null, address)).toEqual([]);
});
