import { describe, expect, it } from 'vitest';
import type { Library, StoredModel } from '../../engine/protocol/library.ts';
import { parseCatalog } from './catalog.ts';
import { locateEntry, namedModel } from './default-model.ts';

const ADDRESS = { kind: 'url', url: 'https://example.org/models/near/' };
const STORED = { kind: 'stored', id: 'near' };

function entry(version?: string) {
  const models = [{ id: 'near', url: 'near', ...(version !== undefined && { version }) }];
  const { entries } = parseCatalog(
    JSON.stringify({ default: 'near', models }),
    'https://example.org/models/catalog.json',
  );
  const [only] = entries;
  if (!only) throw new Error('no entry');
  return only;
}

function libraryWith(...models: Partial<StoredModel>[]): Library {
  return { list: () => Promise.resolve({ models, storage: {} }) } as unknown as Library;
}

describe('a model of the catalog', () => {
  it('is opened from the store once that has it whole', async () => {
    expect(await locateEntry(entry())).toEqual(ADDRESS);
    expect(await locateEntry(entry(), libraryWith())).toEqual(ADDRESS);
    expect(await locateEntry(entry(), libraryWith({ id: 'near', state: 'incomplete' }))).toEqual(ADDRESS);
    expect(await locateEntry(entry(), libraryWith({ id: 'far', state: 'ready' }))).toEqual(ADDRESS);
    expect(await locateEntry(entry(), libraryWith({ id: 'near', state: 'ready' }))).toEqual(STORED);
  });

  it('comes from its address again when there is another edition of it', async () => {
    const library = libraryWith({ id: 'near', state: 'ready', version: '1' });
    expect(await locateEntry(entry('1'), library)).toEqual(STORED);
    expect(await locateEntry(entry('2'), library)).toEqual(ADDRESS);
  });

  it('comes from its address when the browser has no store', async () => {
    const library = { list: () => Promise.reject(new Error('blocked')) } as unknown as Library;
    expect(await locateEntry(entry(), library)).toEqual(ADDRESS);
  });
});

describe('a model by its id', () => {
  it('is what the store has under it, even unfinished', async () => {
    const library = libraryWith({ id: 'far', state: 'ready' }, { id: 'near', state: 'incomplete' });
    expect(await namedModel('near', library)).toEqual(STORED);
    expect(await namedModel('far', library)).toEqual({ kind: 'stored', id: 'far' });
  });
});
