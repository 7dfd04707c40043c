import { describe, expect, it } from 'vitest';
import { modelId, sourceKey, sourceName } from './model-source.ts';
import type { ModelReference } from './protocol.ts';

/** Files as a drop gives them: the path is their name. */
function dropped(...paths: string[]): ModelReference {
  return { kind: 'files', files: paths.map((path) => new File([path], path, { lastModified: 1 })) };
}

describe('modelId', () => {
  it.each([
    [dropped('my-model/model_index.json', 'my-model/unet/config.json'), 'my-model'],
    [dropped('fine-tune.emulsion.json', 'fine-tune.safetensors'), 'fine-tune'],
    [dropped('fine-tune.safetensors'), 'fine-tune'],
    [{ kind: 'url', url: 'https://hub.example/owner/name/resolve/main/' }, 'name'],
    [{ kind: 'url', url: 'https://host.example/models/a%20b/' }, 'a b'],
    [{ kind: 'url', url: 'https://host.example/models/50%25%zz/' }, '50%25%zz'],
  ] as [ModelReference, string][])('names %j', (reference, id) => {
    expect(modelId(reference)).toBe(id);
  });
});

describe('sourceName', () => {
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
});
