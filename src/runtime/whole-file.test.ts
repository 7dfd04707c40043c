import { expect, it } from 'vitest';
import { withWholeFile } from './whole-file.ts';

const address = (text: string) => `data:text/plain,${text}`;
const read = async (whole: string) => {
  const response = await fetch(whole);
  return [whole.slice(0, 5), response.headers.get('Content-Type'), await response.text()];
};

it('lends the address of a file in one piece as it is', async () => {
  expect(await withWholeFile(['https://host/whole'], 'text/css', (whole) => Promise.resolve(whole))).toBe(
    'https://host/whole',
  );
});

it('joins parts in their order, under the given type, for as long as they are used', async () => {
  const parts = ['one ', 'two ', 'three'].map((text) => address(encodeURIComponent(text)));
  let lent = '';
  const use = (whole: string) => read((lent = whole));
  expect(await withWholeFile(parts, 'text/css', use)).toEqual(['blob:', 'text/css', 'one two three']);
  await expect(fetch(lent)).rejects.toThrow();
});

it('gives the address back when its use fails', async () => {
  let lent = '';
  const use = (whole: string) => {
    lent = whole;
    return Promise.reject(new Error('no use'));
  };
  await expect(withWholeFile([address('1'), address('2')], 'text/css', use)).rejects.toThrow('no use');
  await expect(fetch(lent)).rejects.toThrow();
});

it('fails when a part does', async () => {
  await expect(withWholeFile([address('1'), 'data:'], 'text/css', read)).rejects.toThrow();
});
