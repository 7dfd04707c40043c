import { describe, expect, it } from 'vitest';
import { AppError } from '../../error.ts';
import { catalogEntry, entryReference, parseCatalog } from './catalog.ts';

const ADDRESS = 'https://example.org/some/where/models/catalog.json';

function parse(...models: object[]) {
  return parseCatalog(JSON.stringify({ default: 'near', models, notes: [] }), ADDRESS);
}

describe('the catalog', () => {
  it('resolves addresses against its own, of folders and of single files', () => {
    const catalog = parse(
      { id: 'near', url: 'near' },
      { id: 'far', url: 'https://models.example/far/?a=1' },
      { id: 'file', url: 'one.safetensors' },
    );
    expect(catalog.defaultId).toBe('near');
    const urls = ['near', 'far', 'file'].map((id) => entryReference(catalogEntry(catalog, id)));
    expect(urls).toEqual([
      { kind: 'url', url: 'https://example.org/some/where/models/near/' },
      { kind: 'url', url: 'https://models.example/far/?a=1' },
      { kind: 'url', url: 'https://example.org/some/where/models/one.safetensors' },
    ]);
  });

  it('gives what has to be known before a download', () => {
    const licence = { name: 'Research only', url: 'terms.html', restricted: true };
    const fields = { id: 'near', url: 'near', name: 'Near', version: '2', bytes: 7, verified: true };
    expect(parse({ ...fields, licence }).entries[0]).toEqual({
      id: 'near',
      name: 'Near',
      url: 'https://example.org/some/where/models/near/',
      version: '2',
      byteLength: 7,
      licence: {
        name: 'Research only',
        url: 'https://example.org/some/where/models/terms.html',
        isRestricted: true,
      },
      isVerified: true,
    });
  });

  it('takes an address for untried and a model for unnamed unless it says otherwise', () => {
    expect(parse({ id: 'near', url: 'near' }).entries[0]).toMatchObject({ name: 'near', isVerified: false });
  });

  it('refuses a name that is not in it', () => {
    expect(() => catalogEntry(parse(), 'a')).toThrow(
      expect.objectContaining({ code: 'model/unknown', detail: { model: 'a' } }),
    );
  });

  it.each([
    '',
    '<!doctype html>',
    '[]',
    '{"default": "a"}',
    '{"default": 1, "models": []}',
    '{"default": "a", "models": [{"id": "a"}]}',
    '{"default": "a", "models": [{"id": "a", "url": "a", "bytes": -1}]}',
    '{"default": "a", "models": [{"id": "a", "url": "a", "licence": "free"}]}',
  ])('refuses %j', (text) => {
    expect(() => parseCatalog(text, ADDRESS)).toThrow(AppError);
    expect(() => parseCatalog(text, ADDRESS)).toThrow(/^model\/config-invalid/);
  });
});
