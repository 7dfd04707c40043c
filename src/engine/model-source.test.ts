import { describe, expect, it } from 'vitest';
import {
  addressesOf,
  isWhole,
  lastingReference,
  modelId,
  sourceKey,
  sourceName,
  withFiles,
} from './model-source.ts';
import type { ModelReference } from './protocol/model.ts';

/** Files as a drop gives them: the path is their name. */
function dropped(...paths: string[]): ModelReference {
  return { kind: 'files', files: paths.map((path) => new File([path], path, { lastModified: 1 })) };
}

const at = (name: string): ModelReference => ({ kind: 'url', url: `https://host.example/${name}` });
const compose = (
  base: ModelReference,
  parts: Extract<ModelReference, { kind: 'composed' }>['parts'],
): ModelReference => ({ kind: 'composed', base, parts });
const BASE = at('base/');
const COMPOSED = compose(BASE, { vae: at('fixed.safetensors'), unet: at('quick/') });
const REORDERED = compose(BASE, { unet: at('quick/'), vae: at('fixed.safetensors') });

describe('modelId', () => {
  it.each([
    [dropped('my-model/model_index.json', 'my-model/unet/config.json'), 'my-model'],
    [dropped('fine-tune.emulsion.json', 'fine-tune.safetensors'), 'fine-tune'],
    [dropped('fine-tune.safetensors'), 'fine-tune'],
    [{ kind: 'url', url: 'https://hub.example/owner/name/resolve/main/' }, 'name'],
    [at('owner/vae-fix/resolve/main/vae/diffusion_pytorch_model.fp16.safetensors'), 'vae-fix'],
    [at('owner/name/resolve/main/turbo.safetensors'), 'turbo'],
    [at('base/unet/diffusion_pytorch_model.safetensors'), 'unet'],
    [at('model.safetensors'), 'model'],
    [{ kind: 'url', url: 'https://host.example/models/a%20b/' }, 'a b'],
    [{ kind: 'url', url: 'https://host.example/models/50%25%zz/' }, '50%25%zz'],
  ] as [ModelReference, string][])('names %j', (reference, id) => {
    expect(modelId(reference)).toBe(id);
  });
});

describe('the id of a composition', () => {
  it('is another than that of its base, and of one with other parts', () => {
    expect(modelId(COMPOSED)).toBe('base+unet=quick+vae=fixed');
    expect(modelId(REORDERED)).toBe(modelId(COMPOSED));
    expect(modelId(compose(BASE, { vae: at('quick/') }))).toBe('base+vae=quick');
  });
});

describe('sourceName', () => {
  it('says what of a composition comes from where', () => {
    const name = 'https://host.example/base/ + unet: https://host.example/quick/ + vae: fixed';
    expect(sourceName(COMPOSED, (url) => (url.includes('fixed') ? 'fixed' : url))).toBe(name);
    expect(sourceName(compose(dropped('x.safetensors'), { vae: at('v/') }))).toBe(
      'x.safetensors + vae: https://host.example/v/',
    );
  });

  it('says the folder or the weight file, whichever file comes first', () => {
    expect(sourceName(dropped('my-model/vae/config.json', 'my-model/model_index.json'))).toBe('my-model');
    expect(sourceName(dropped('x.emulsion.json', 'x.safetensors'))).toBe('x.safetensors');
  });
});

describe('sourceKey', () => {
  it('is the same for the same files in another order, and another for other files', () => {
    const key = sourceKey(dropped('m/a.json', 'm/b.safetensors'));
    expect(sourceKey(dropped('m/b.safetensors', 'm/a.json'))).toBe(key);
    expect(sourceKey(dropped('m/a.json', 'm/c.safetensors'))).not.toBe(key);
  });

  it('is the same for a composition put together in another order, and another for its base', () => {
    expect(sourceKey(REORDERED)).toBe(sourceKey(COMPOSED));
    expect(sourceKey(COMPOSED)).not.toBe(sourceKey(BASE));
    expect(sourceKey(COMPOSED)).not.toBe(sourceKey(compose(BASE, { vae: at('fixed.safetensors') })));
  });
});

describe('lastingReference', () => {
  const files = dropped('x.safetensors');
  const parts = { vae: at('v/') };

  it('leaves files out, which can be given again', () => {
    expect(lastingReference(files)).toBeUndefined();
    const kept = lastingReference(compose(files, parts));
    expect(kept).toEqual(compose({ kind: 'files', files: [] }, parts));
    const given = files.kind === 'files' ? files.files : [];
    expect(sourceKey(withFiles(kept, given))).toBe(sourceKey(compose(files, parts)));
    expect(withFiles(undefined, given)).toEqual(files);
  });

  it('keeps nothing of a composition with a part of files, which nobody could give again', () => {
    expect(lastingReference(compose(BASE, { vae: files }))).toBeUndefined();
    expect(lastingReference(compose(BASE, { vae: compose(files, parts) }))).toBeUndefined();
  });

  it.each([
    [BASE, true],
    [COMPOSED, true],
    [files, true],
    [undefined, false],
    [lastingReference(compose(files, parts)), false],
  ])('of %j is whole: %s', (reference, whole) => {
    expect(isWhole(reference)).toBe(whole);
  });
});

describe('addressesOf', () => {
  it('finds those of all parts', () => {
    const addresses = ['base/', 'fixed.safetensors', 'quick/'].map((name) => `https://host.example/${name}`);
    expect(addressesOf(COMPOSED)).toEqual(addresses);
    expect(addressesOf(compose(dropped('x.safetensors'), { vae: BASE }))).toEqual([addresses[0]]);
    expect(addressesOf({ kind: 'stored', id: 'a' })).toEqual([]);
  });
});
