import { expect, it } from 'vitest';
import { findUncomputed } from './uncomputed.ts';

it.each([
  ['a [cat:dog:0.5] runs', '[cat:dog:0.5]'],
  ['[mist:10]', '[mist:10]'],
  ['[fog::3]', '[fog::3]'],
  ['a [[mist] [cow|horse]', '[cow|horse]'],
  ['[(cat:1.2):dog: 7 ]', '[(cat:1.2):dog: 7 ]'],
])('finds what changes with the steps in %j', (prompt, found) => {
  expect(findUncomputed(prompt)).toBe(found);
});

it.each(['', 'a [mist]', '[(fox:1.2)]', '[red: a fox]', '(fox:1.2) 3:4 [', '\\[cat|dog\\]', '[a'])(
  'finds nothing in %j',
  (prompt) => {
    expect(findUncomputed(prompt)).toBeUndefined();
  },
);
