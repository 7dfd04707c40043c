import { describe, expect, it } from 'vitest';
import { AppError } from '../error.ts';
import { modelOf, parseCatalog } from './default-model.ts';

const ADDRESS = 'https://example.org/some/where/models/catalog.json';

describe('the catalog', () => {
  it('resolves addresses against its own', () => {
    const models = [
      { id: 'near', url: 'near' },
      { id: 'far', url: 'https://models.example/far/', bytes: 7 },
    ];
    const catalog = parseCatalog(JSON.stringify({ default: 'near', models, notes: [] }), ADDRESS);
    expect(catalog.defaultId).toBe('near');
    expect(modelOf(catalog, 'near')).toEqual({
      kind: 'url',
      url: 'https://example.org/some/where/models/near/',
    });
    expect(modelOf(catalog, 'far')).toEqual({ kind: 'url', url: 'https://models.example/far/' });
  });

  it('refuses a name that is not in it', () => {
    const catalog = parseCatalog('{"default": "a", "models": []}', ADDRESS);
    expect(() => modelOf(catalog, 'a')).toThrow(
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
  ])('refuses %j', (text) => {
    expect(() => parseCatalog(text, ADDRESS)).toThrow(AppError);
    expect(() => parseCatalog(text, ADDRESS)).toThrow(/^model\/config-invalid/);
  });
});
