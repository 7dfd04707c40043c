import { expect, it } from 'vitest';
import { isPartOf, modelAddress } from './model-address.ts';

const HUB = 'https://huggingface.co/owner/model';

it.each([
  ['https://models.example/some/model', 'https://models.example/some/model/'],
  ['  https://models.example/some/model//  ', 'https://models.example/some/model/'],
  ['http://127.0.0.1:8080/m/model_index.json', 'http://127.0.0.1:8080/m/'],
  ['models.example/one.safetensors', 'https://models.example/one.safetensors'],
  ['https://models.example/one.safetensors?key=1#top', 'https://models.example/one.safetensors?key=1'],
  ['https://models.example/some/model?key=1', 'https://models.example/some/model/?key=1'],
  ['https://models.example/model_index.json?key=1', 'https://models.example/?key=1'],
  ['https://models.example/one.SAFETENSORS', 'https://models.example/one.SAFETENSORS'],
  ['localhost:8080/model', 'https://localhost:8080/model/'],
  [HUB, `${HUB}/resolve/main/`],
  [`${HUB}/`, `${HUB}/resolve/main/`],
  [`${HUB}/tree/main`, `${HUB}/resolve/main/`],
  [`${HUB}/tree/main?download=true`, `${HUB}/resolve/main/`],
  [`${HUB}/blob/main/model_index.json`, `${HUB}/resolve/main/`],
  ['https://huggingface.co/owner', 'https://huggingface.co/owner/'],
  [`${HUB}/tree/v2/inner`, `${HUB}/resolve/v2/inner/`],
  [`${HUB}/blob/main/one.safetensors?download=true`, `${HUB}/resolve/main/one.safetensors?download=true`],
  [`${HUB}/resolve/main/`, `${HUB}/resolve/main/`],
])('takes %j for %j', (text, address) => {
  expect(modelAddress(text)).toBe(address);
});

it.each([
  '',
  '   ',
  'a model',
  'ftp://models.example/one.safetensors',
  'https://',
  'file:///one.safetensors',
])('takes %j for no address', (text) => {
  expect(modelAddress(text)).toBeUndefined();
});

const PLACE = 'https://models.example/a/';
const SINGLE = 'https://models.example/one.safetensors';

it.each([
  [`${HUB}/resolve/main/`, `${HUB}/resolve/main/`],
  [`${HUB}/resolve/v2/model.fp16.safetensors?download=true`, `${HUB}/resolve/main/`],
  ['https://www.huggingface.co/Owner/Model/resolve/main/vae/', `${HUB}/resolve/main/`],
  ['https://hf-mirror.com/owner/mod%65l/resolve/main/unet/', `${HUB}/resolve/main/`],
  ['http://hub.example//o/n/resolve/1/x.safetensors', 'https://hub.example/o/n/resolve/main/'],
  [`${PLACE}unet/diffusion_pytorch_model.safetensors`, PLACE],
  [`${SINGLE}?key=1`, SINGLE],
])('finds %j a part of the model at %j', (address, model) => {
  expect(isPartOf(address, model)).toBe(true);
});

it.each([
  ['https://huggingface.co/owner/model-2/resolve/main/', `${HUB}/resolve/main/`],
  ['https://elsewhere.example/owner/model/resolve/main/', `${HUB}/resolve/main/`],
  ['https://models.example/b/', PLACE],
  ['https://models.example/', PLACE],
  ['https://models.example/two.safetensors', SINGLE],
])('finds %j no part of the model at %j', (address, model) => {
  expect(isPartOf(address, model)).toBe(false);
});
