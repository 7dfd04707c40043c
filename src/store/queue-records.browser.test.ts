/** @file Orders that wait, on a real IndexedDB and with the browser's own locks. */
import { clear, createStore } from 'idb-keyval';
import { beforeEach, expect, it } from 'vitest';
import type { GenerateRequest } from '../engine/protocol/generate.ts';
import { isLasting, QueueRecords, whenOwner, type KeptOrder } from './queue-records.ts';

const database = createStore('emulsion-queue-test', 'orders');

beforeEach(() => clear(database));

const REQUEST: GenerateRequest = {
  model: { kind: 'stored', id: 'm' },
  prompt: '一只狐狸',
  seed: 2n ** 63n,
  count: 4,
  guidance: 'auto',
  backend: 'auto',
  precision: 'f32',
  loras: [{ lora: { kind: 'files', files: [new File(['abc'], 'l.safetensors')] }, weight: 0.5 }],
  initImage: { bytes: new Uint8Array([1, 2, 3]), strength: 0.5 },
  dump: false,
  previews: true,
};
const order = (id: number): KeptOrder => ({ id, request: REQUEST, total: 4 });

it('keeps orders with their files, in their order, and how far each is', async () => {
  const records = new QueueRecords(database);
  await records.save([order(1), order(2), order(3)]);
  const begun = { ...order(2), request: { ...REQUEST, seed: REQUEST.seed + 1n, count: 3 } };
  await records.save([order(3), begun]);
  const [first, second, ...others] = await new QueueRecords(database).load();
  expect(others).toEqual([]);
  expect(first).toMatchObject({ id: 3, total: 4, request: { prompt: '一只狐狸', seed: 2n ** 63n } });
  expect(second?.request).toMatchObject({ seed: 2n ** 63n + 1n, count: 3, initImage: REQUEST.initImage });
  const [use] = second?.request.loras ?? [];
  expect(use?.lora.kind === 'files' && (await use.lora.files[0]?.text())).toBe('abc');
});

it('forgets what is taken out, of an earlier visit too', async () => {
  await new QueueRecords(database).save([order(1), order(2)]);
  const records = new QueueRecords(database);
  await records.load();
  await records.save([]);
  expect(await new QueueRecords(database).load()).toEqual([]);
});

it('says when it could not keep, and goes on with the next', async () => {
  let isBlocked = true;
  const records = new QueueRecords((mode, work) =>
    isBlocked ? Promise.reject(new DOMException('full', 'QuotaExceededError')) : database(mode, work),
  );
  await expect(records.save([order(1)])).rejects.toThrow('full');
  isBlocked = false;
  await records.save([order(1)]);
  expect(await new QueueRecords(database).load()).toHaveLength(1);
});

it('is one tab’s at a time', async () => {
  const owners: number[] = [];
  await new Promise<void>((resolve) => {
    whenOwner(() => {
      owners.push(1);
      resolve();
      return Promise.resolve();
    });
  });
  whenOwner(() => Promise.resolve(void owners.push(2)));
  const { held = [], pending = [] } = await navigator.locks.query();
  expect([held, pending].map((locks) => locks.map(({ name }) => name))).toEqual([
    ['emulsion/queue'],
    ['emulsion/queue'],
  ]);
  expect(owners).toEqual([1]);
});

it('knows models that a later visit finds again', () => {
  const url = { kind: 'url', url: 'https://example.org/model/' } as const;
  const files = { kind: 'files', files: [] } as const;
  expect(isLasting(url)).toBe(true);
  expect(isLasting({ kind: 'stored', id: 'm' })).toBe(true);
  expect(isLasting(files)).toBe(false);
  expect(isLasting({ kind: 'composed', base: url, parts: { vae: url } })).toBe(true);
  expect(isLasting({ kind: 'composed', base: url, parts: { vae: files } })).toBe(false);
});
