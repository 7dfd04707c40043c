import { expect, it } from 'vitest';
import { alignColumns } from './table.ts';

it('makes columns as wide as their widest cell, last cells aside', () => {
  const rows = [
    ['size', 'budget', 'peak'],
    ['512²', 'does not fit: needs 700'],
    ['64²', '1', '13'],
  ];
  expect(alignColumns(rows)).toEqual([
    'size  budget  peak',
    '512²  does not fit: needs 700',
    '64²   1       13',
  ]);
});
