import { expect, it } from 'vitest';
import type { GalleryRecord } from './record.ts';
import { searchGallery } from './search.ts';

function record(prompt: string, more: Partial<GalleryRecord> = {}): GalleryRecord {
  return {
    ...{ id: prompt, createdAt: 1, isStarred: false, width: 1, height: 1, sizeBytes: 1 },
    ...{ prompt, negative: '', values: { Model: 'Emoji', Seed: '1234567' } },
    ...more,
  };
}

const RECORDS = [
  record('A red FOX'),
  record('一只红苹果', { isStarred: true }),
  record('a green pear', { negative: 'red' }),
];
const found = (text: string, starredOnly = false) =>
  searchGallery(RECORDS, { text, starredOnly }).map(({ prompt }) => prompt);

it('finds words of prompts, models and seeds, all of those that are asked for', () => {
  expect(found('')).toEqual(RECORDS.map(({ prompt }) => prompt));
  expect(found('fox red')).toEqual(['A red FOX']);
  expect(found('red')).toEqual(['A red FOX', 'a green pear']);
  expect(found('ｆｏｘ')).toEqual(['A red FOX']);
  expect(found('苹果 emoji')).toEqual(['一只红苹果']);
  expect(found('2345')).toHaveLength(3);
  expect(found('nothing')).toEqual([]);
});

it('finds those with a star', () => {
  expect(found('', true)).toEqual(['一只红苹果']);
  expect(found('fox', true)).toEqual([]);
});
