import { describe, expect, it } from 'vitest';
import { defaultGpuBudget, defaultRamBudget, type BudgetFacts } from './budget.ts';

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

const LAPTOP: BudgetFacts = {
  software: false,
  vendor: 'intel',
  architecture: 'gen-12lp',
  maxBufferBytes: 2 * GIB,
  deviceMemory: 8,
};

describe('the GPU budget', () => {
  it.each<[string, Partial<BudgetFacts>, number, string]>([
    ['a graphics card', { vendor: 'nvidia', architecture: 'ampere' }, 4 * GIB, 'card'],
    ['a card in a machine of little memory', { vendor: 'nvidia', deviceMemory: 2 }, 4 * GIB, 'card'],
    ['Intel Arc', { architecture: 'xe-2hpg' }, 4 * GIB, 'card'],
    ['graphics in a processor', {}, 3 * GIB, 'shared'],
    ['the same with 4 GB', { deviceMemory: 4 }, 2 * GIB, 'little-memory'],
    ['the same where nothing is told', { deviceMemory: undefined }, 3 * GIB, 'shared'],
    ['a card in software', { vendor: 'nvidia', software: true }, 3 * GIB, 'software'],
    ['a phone', { vendor: 'qualcomm' }, GIB, 'phone'],
    ['a phone of 1 GB', { vendor: 'arm', deviceMemory: 1 }, GIB / 2, 'little-memory'],
    ['the least buffers', { maxBufferBytes: 256 * MIB }, 2 * GIB, 'small-buffers'],
    ['buffers below the least', { maxBufferBytes: 64 * MIB }, GIB, 'small-buffers'],
  ])('of %s', (_, facts, bytes, rule) => {
    expect(defaultGpuBudget({ ...LAPTOP, ...facts })).toEqual({ bytes, rule });
  });
});

it.each([
  [16, { bytes: 4 * GIB, rule: 'share' }],
  [undefined, { bytes: 2 * GIB, rule: 'assumed' }],
  [0.5, { bytes: 256 * MIB, rule: 'least' }],
] as const)('the RAM budget with %s GB is %o', (memory, budget) => {
  expect(defaultRamBudget(memory)).toEqual(budget);
});
