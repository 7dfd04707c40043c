import { expect, it } from 'vitest';
import { parseOfferedLoras } from './lora-catalog.ts';

it('reads what is on offer, relative to the catalog, and passes over what is none', () => {
  const item = { file: 'a.safetensors', name: 'A', trigger: 'w0rd', description: { en: 'An A.' } };
  const offered = {
    ...item,
    url: 'https://site.example/models/loras/a.safetensors',
    base: undefined,
    licence: undefined,
  };
  const address = 'https://site.example/models/loras/catalog.json';
  expect(parseOfferedLoras([item, { name: 'no file' }], address)).toEqual([offered]);
  expect(parseOfferedLoras([{ ...item, trigger: '' }], address)[0]?.trigger).toBeUndefined();
  expect(parseOfferedLoras(null, address)).toEqual([]);
});
