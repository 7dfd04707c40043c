/** @file The records of LoRAs on a real IndexedDB. */
import { clear, createStore } from 'idb-keyval';
import { beforeEach, expect, it } from 'vitest';
import type { LoraEntry, LoraFacts } from './lora-entry.ts';
import { loraRecordsOf } from './lora-records.ts';

const database = createStore('emulsion-loras-test', 'entries');
const records = loraRecordsOf(database);

beforeEach(() => clear(database));

const FACTS: LoraFacts = {
  id: 'one',
  name: 'a',
  byteLength: 3,
  config: undefined,
  hash: 'ff',
  labelHash: 'ee',
  originalHash: undefined,
  originalLabelHash: undefined,
  addedAt: 1,
  position: 1,
  isOn: false,
  weight: 1,
  repairs: [],
  verdict: undefined,
  trial: undefined,
  base: undefined,
  triggers: ['w0rd'],
  aliases: [],
};
const ENTRY: LoraEntry = { ...FACTS, file: new Blob(['abc']) };

it('keeps files and what is known of them, apart', async () => {
  expect(await (await records.put(ENTRY)).text()).toBe('abc');
  await records.put({ ...ENTRY, id: 'two' });
  await records.putFacts([{ ...FACTS, weight: 0.5 }]);
  await records.remove('two');
  const [kept, ...others] = await records.list();
  expect(others).toEqual([]);
  expect(kept).toMatchObject({ ...FACTS, weight: 0.5 });
  expect(await kept?.file.text()).toBe('abc');
});

it('is unavailable where the database does not open', async () => {
  const broken = loraRecordsOf(() => Promise.reject(new DOMException('blocked', 'UnknownError')));
  await expect(broken.list()).rejects.toMatchObject({
    code: 'store/unavailable',
    detail: { reason: 'blocked' },
  });
  const full = loraRecordsOf(() => Promise.reject(new DOMException('full', 'QuotaExceededError')));
  await expect(full.put(ENTRY)).rejects.toMatchObject({ code: 'store/quota', detail: { neededMiB: 1 } });
});
