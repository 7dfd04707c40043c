import { describe, expect, it } from 'vitest';
import type { DamagedRecord, StoredModel } from '../../src/engine/protocol/library.ts';
import { formatListing, formatReport } from './format.ts';

const MIB = 2 ** 20;
const model = (id: string, more: Partial<StoredModel>): StoredModel => ({
  ...{ id, name: id, licence: undefined, source: `/models/${id}`, reference: undefined, version: undefined },
  ...{ state: 'ready', byteLength: 200 * MIB, storedBytes: 200 * MIB, ownBytes: 0, hash: undefined },
  ...{ rounding: undefined, assumptions: [], checkedFiles: 0, addedAt: undefined },
  ...more,
});

describe('formatListing', () => {
  it('is a table of the models above what room there is', () => {
    const models = [model('sdxl', {}), model('x', { state: 'incomplete', storedBytes: 50 * MIB })];
    const storage = { usedBytes: 250 * MIB, availableBytes: 10 * 1024 * MIB, persisted: false };
    expect(formatListing({ models, storage }).split('\n')).toEqual([
      'ID    STATE       SIZE             SOURCE',
      'sdxl  ready       200 MB           /models/sdxl',
      'x     incomplete  50 MB of 200 MB  /models/x',
      '250 MB of storage used, 10.0 GB left.',
    ]);
  });

  it('says so when there is nothing, and no more than the browser tells', () => {
    const storage = { usedBytes: undefined, availableBytes: undefined, persisted: undefined };
    expect(formatListing({ models: [], storage })).toBe('No model is stored.');
  });
});

describe('formatReport', () => {
  const record: DamagedRecord = {
    ...{ kind: 'weights', component: 'unet', contents: ['a.weight', 'a.bias'], byteLength: 16 * MIB },
    ...{ problem: 'changed', repaired: false },
  };
  const report = (...damaged: DamagedRecord[]) => ({ id: 'x', records: 9, byteLength: 1, damaged });

  it('names every damaged record', () => {
    expect(formatReport(report())).toMatch(/all 9 records/);
    const lines = formatReport(report(record, { ...record, repaired: true })).split('\n');
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatch(/^2 of 9 records are damaged/);
    expect(lines[1]).toMatch(/^ {2}unet: a\.weight and 1 more \(16 MB\).*changed$/);
    expect(formatReport(report({ ...record, repaired: true }))).toMatch(/^1 of 9 .* are repaired/);
  });
});
