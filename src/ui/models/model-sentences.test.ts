import { expect, it } from 'vitest';
import type { DamagedRecord } from '../../engine/protocol/library.ts';
import { mendedSentence } from './model-sentences.ts';

const record: DamagedRecord = {
  ...{ kind: 'part', component: '', contents: ['https://models.example/a/x'], byteLength: 5 * 2 ** 20 },
  ...{ problem: 'changed', repaired: true },
};

it('what had come of a model is named part by part, but told as a whole where nothing of it can be used', () => {
  expect(mendedSentence([record])).toMatch(/damaged and is fetched again: .*models\.example.*5\.0 MB/);
  const sentence = mendedSentence([{ ...record, kind: 'import', contents: ['A'] }]);
  expect(sentence).toMatch(/5\.0 MB.*another version.*anew/);
  expect(sentence).not.toContain('damaged');
});
