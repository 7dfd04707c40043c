import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { ModelReference } from '../../engine/protocol/model.ts';
import { fetchCatalog } from './catalog.ts';
import { licencesAt, refuseRestricted } from './licences.ts';

const HUB = 'https://huggingface.co/owner/bound/resolve/main/';
const FREE = 'https://models.example/free/';
const MODELS = [
  { id: 'bound', url: HUB, licence: { name: 'Research', url: `${HUB}LICENSE`, restricted: true } },
  { id: 'free', url: FREE, licence: { name: 'MIT' } },
];

beforeEach(() => {
  vi.stubGlobal('document', { baseURI: 'https://example.org/' });
  vi.stubGlobal('fetch', () => Promise.resolve(Response.json({ default: 'free', models: MODELS })));
});
afterEach(() => void vi.unstubAllGlobals());

const at = (url: string): ModelReference => ({ kind: 'url', url });
const names = async (...addresses: string[]) =>
  licencesAt(addresses, await fetchCatalog()).map(({ name }) => name);

it('names the licences of a whole model and of any file of its repository', async () => {
  expect(await names(FREE, HUB)).toEqual(['Research', 'MIT']);
  expect(await names(`${HUB}unet/diffusion_pytorch_model.safetensors`)).toEqual(['Research']);
  expect(await names('https://models.example/other/')).toEqual([]);
  expect(licencesAt([HUB], undefined)).toEqual([]);
});

it.each<[string, ModelReference]>([
  ['a model', at(HUB)],
  ['a single file of it', at(`${HUB}one.safetensors`)],
  ['a composition with a component of it', { kind: 'composed', base: at(FREE), parts: { unet: at(HUB) } }],
])('refuses %s with the licence that limits it, and asks its host for nothing', async (_, reference) => {
  const addresses = vi.fn(() => Promise.reject(new Error('asked')));
  await expect(refuseRestricted(reference, { addresses })).rejects.toMatchObject({
    code: 'model/licence',
    detail: { model: 'bound', licence: 'Research', address: `${HUB}LICENSE` },
  });
  expect(addresses).not.toHaveBeenCalled();
});

it('refuses what a manifest has from a restricted model, and lets others pass', async () => {
  const addresses = vi.fn(() => Promise.resolve([FREE, `${HUB}vae/`]));
  await expect(refuseRestricted(at(FREE), { addresses })).rejects.toMatchObject({ code: 'model/licence' });
  addresses.mockResolvedValueOnce([FREE]);
  await refuseRestricted(at(FREE), { addresses });
  addresses.mockResolvedValueOnce([]);
  await refuseRestricted({ kind: 'stored', id: 'bound' }, { addresses });
});
