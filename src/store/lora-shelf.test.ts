import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { AppError } from '../error.ts';
import { writeSafetensors } from '../weights/safetensors.ts';
import type { LoraVerdict } from '../lora/verdict.ts';
import type { LoraEntry } from './lora-entry.ts';
import type { LoraRecords } from './lora-records.ts';
import { isHashOf, LoraShelf, type GivenLora } from './lora-shelf.ts';

class MemoryRecords implements LoraRecords {
  failure: AppError | undefined;
  readonly kept = new Map<string, LoraEntry>();

  list: LoraRecords['list'] = () => this.#answer(() => [...this.kept.values()]);

  put: LoraRecords['put'] = (entry) =>
    this.#answer(() => {
      this.kept.set(entry.id, entry);
      return entry.file;
    });

  putFacts: LoraRecords['putFacts'] = (facts) =>
    this.#answer(() => {
      for (const one of facts) {
        const before = this.kept.get(one.id);
        if (before) this.kept.set(one.id, { ...one, file: before.file });
      }
    });

  remove: LoraRecords['remove'] = (id) => this.#answer(() => void this.kept.delete(id));

  #answer<T>(work: () => T): Promise<T> {
    return this.failure ? Promise.reject(this.failure) : Promise.resolve(work());
  }
}

let records: MemoryRecords;
let shelf: LoraShelf;

beforeEach(() => {
  vi.useFakeTimers();
  records = new MemoryRecords();
  shelf = new LoraShelf(() => undefined, records);
});
afterEach(() => void vi.useRealTimers());

const given = (name: string, value = name.length, metadata?: Record<string, string>): GivenLora => ({
  name,
  weights: new Blob([bytes(value, metadata)]),
  config: undefined,
});
const bytes = (value: number, metadata?: Record<string, string>) =>
  writeSafetensors({ a: { shape: [1], data: Float32Array.of(value) } }, metadata);
const CONFIG = { name: 'adapter_config.json', text: '{"lora_alpha":4}' };
const VERDICT: LoraVerdict = {
  admitted: true,
  norms: 'measured',
  reasons: [],
  modules: [],
  total: { modules: 1, rank: 1, scale: 1, relative: null },
};
const names = () => shelf.state.entries.map(({ name }) => name);
const later = async () => {
  const next = new LoraShelf(() => undefined, records);
  await next.load();
  return next.state;
};

it('keeps what it is given for the next visit, the newest first', async () => {
  const { entry } = await shelf.add(given('a'));
  await shelf.add(given('bb'));
  expect(names()).toEqual(['bb', 'a']);
  shelf.change(entry.id, { weight: 0.5 });
  shelf.change(entry.id, { weight: 0.6, isOn: true });
  shelf.move(entry.id, -1);
  await vi.runAllTimersAsync();
  const { entries, failure } = await later();
  expect(entries.map(({ name, weight, isOn }) => [name, weight, isOn])).toEqual([
    ['a', 0.6, true],
    ['bb', 1, false],
  ]);
  expect(failure).toBeUndefined();
  await shelf.remove(entry.id);
  expect(names()).toEqual(['bb']);
  expect((await later()).entries).toHaveLength(1);
});

it('has a file once, and a name once', async () => {
  const first = await shelf.add(given('a', 1));
  const again = await shelf.add(given('b', 1));
  expect([first.kind, again.kind, again.entry.id]).toEqual(['added', 'known', first.entry.id]);
  expect((await shelf.add(given('a', 2))).entry.name).toBe('a-2');
});

it('knows a repaired file by both hashes', async () => {
  const { entry } = await shelf.add(given('a', 1));
  const repair = { kind: 'left-out', module: 'm' } as const;
  await shelf.replace(entry.id, bytes(2), [repair]);
  const [replaced] = shelf.state.entries;
  if (!replaced) throw new Error('the shelf is empty');
  expect(replaced.repairs).toEqual([repair]);
  expect(replaced.hash).not.toBe(entry.hash);
  expect(isHashOf(replaced, entry.hash.slice(0, 12).toUpperCase())).toBe(true);
  expect(isHashOf(replaced, replaced.hash)).toBe(true);
  expect(isHashOf(entry, replaced.hash)).toBe(false);
  expect((await later()).entries[0]?.hash).toBe(replaced.hash);
});

it('takes the header and the config that come later with the same values', async () => {
  const { entry } = await shelf.add(given('a', 1));
  shelf.change(entry.id, { isOn: true, weight: 0.5, verdict: { modelKey: 'm', verdict: VERDICT } });
  const configured = { ...given('b', 1), config: CONFIG };
  const updated = await shelf.add(configured);
  expect(updated).toMatchObject({
    kind: 'updated',
    entry: { id: entry.id, name: 'a', isOn: true, weight: 0.5, config: CONFIG, verdict: undefined },
  });
  expect((await shelf.add(configured)).kind).toBe('known');
  const titled = await shelf.add(given('a', 1, { 'modelspec.title': 'Ink' }));
  expect(titled).toMatchObject({ kind: 'updated', entry: { aliases: ['Ink'], config: undefined } });
  expect((await later()).entries).toMatchObject([{ name: 'a', aliases: ['Ink'], weight: 0.5 }]);
});

it('knows a file that was repaired here, as it came and as it is, with its config', async () => {
  const came = { ...given('a', 1), config: CONFIG };
  const { entry } = await shelf.add(came);
  await shelf.replace(entry.id, bytes(2), [{ kind: 'left-out', module: 'm' }]);
  expect((await shelf.add(came)).kind).toBe('known');
  expect((await shelf.add(given('b', 2))).kind).toBe('known');
  const other = await shelf.add(given('a', 1));
  expect(other).toMatchObject({ kind: 'updated', entry: { repairs: [], originalHash: undefined } });
});

it('keeps a file and the facts about it together where the repaired one has no room', async () => {
  const { entry } = await shelf.add(given('a', 1));
  // About to be written when the repair comes.
  shelf.change(entry.id, { weight: 0.5 });
  records.failure = new AppError('store/quota', { neededMiB: 2, availableMiB: 1 });
  await shelf.replace(entry.id, bytes(2), [{ kind: 'left-out', module: 'm' }]);
  expect(shelf.state.failure?.code).toBe('store/quota');
  records.failure = undefined;
  shelf.change(entry.id, { verdict: { modelKey: 'm', verdict: VERDICT } });
  await vi.runAllTimersAsync();
  expect(shelf.find(entry.id)).toMatchObject({ repairs: [{ kind: 'left-out' }], verdict: { modelKey: 'm' } });
  const [kept] = (await later()).entries;
  expect(kept).toMatchObject({ hash: entry.hash, repairs: [], verdict: undefined });
  // What is still there as it was is gone with the LoRA.
  await shelf.remove(entry.id);
  expect((await later()).entries).toEqual([]);
});

it('writes what is changed while the file is being put', async () => {
  let isChanged = false;
  const busy = new LoraShelf(() => {
    const [entry] = busy.state.entries;
    if (!entry || isChanged) return;
    isChanged = true;
    busy.change(entry.id, { weight: 0.5 });
  }, records);
  await busy.add(given('a', 1));
  await vi.runAllTimersAsync();
  expect((await later()).entries[0]?.weight).toBe(0.5);
});

it.each([
  new AppError('store/quota', { neededMiB: 2, availableMiB: 1 }),
  new AppError('store/unavailable', { reason: 'blocked' }),
])('lasts for the visit where the browser keeps nothing: $code', async (failure) => {
  records.failure = failure;
  await shelf.load();
  const { entry } = await shelf.add(given('a'));
  shelf.change(entry.id, { isOn: true });
  await vi.runAllTimersAsync();
  expect(shelf.state.failure?.code).toBe(failure.code);
  expect(shelf.find(entry.id)?.isOn).toBe(true);
  await shelf.remove(entry.id);
  expect(names()).toEqual([]);
});
