import { expect, it } from 'vitest';
import type { KeptTrial, LoraEntry } from '../../store/lora-entry.ts';
import { modelKey, trialStanding, verdictOf } from './lora-findings.ts';
import type { OpenModel } from '../models/model-choice.ts';

const model = (url: string) =>
  ({ reference: { kind: 'url', url }, description: { id: 'model' }, id: undefined }) as unknown as OpenModel;
const OPEN = model('https://site.example/one/model');
const OTHER = model('https://site.example/two/model');

const trial = (weight: number, concerns: KeptTrial['concerns'] = []): KeptTrial => ({
  modelKey: modelKey(OPEN),
  weight,
  prompt: '',
  evaluation: { nonFinite: 0, moved: 0 },
  concerns,
  thumbnail: undefined,
});
const CONCERN = { kind: 'black', value: 1, limit: 0 } as const;

it('tells models of the same name apart', () => {
  const verdict = { admitted: true };
  const entry = { verdict: { modelKey: modelKey(OPEN), verdict } } as unknown as LoraEntry;
  expect(verdictOf(entry, model('https://site.example/one/model'))).toBe(verdict);
  expect(verdictOf(entry, OTHER)).toBeUndefined();
  expect(verdictOf(entry, undefined)).toBeUndefined();
});

it.each([
  [1, trial(1), 'safe'],
  [0.5, trial(1), 'safe'],
  [0, trial(1), 'safe'],
  [-0.5, trial(-1), 'safe'],
  [1, trial(1, [CONCERN]), 'doubtful'],
  [1.05, trial(1), 'untried'],
  [-0.5, trial(1), 'untried'],
  [2, trial(1, [CONCERN]), 'untried'],
  [1, undefined, 'untried'],
] as const)('at weight %d, with the trial %j, is %s', (weight, kept, standing) => {
  const entry = { weight, trial: kept } as LoraEntry;
  expect(trialStanding(entry, OPEN)).toBe(standing);
  expect(trialStanding(entry, OTHER)).toBe('untried');
  expect(trialStanding(entry, undefined)).toBe('untried');
});
