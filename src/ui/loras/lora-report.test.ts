import { describe, expect, it } from 'vitest';
import type { LoraRepair, LoraVerdict } from '../../lora/verdict.ts';
import { reasonSentence, repairSentence, repairSummary, short, totalsLine } from './lora-report.ts';

const VERDICT: LoraVerdict = {
  admitted: true,
  norms: 'measured',
  reasons: [],
  modules: [],
  total: { modules: 1, rank: 8, scale: 0.5, relative: 0.012345 },
};

it('adds up a LoRA in one line, without what is not known', () => {
  expect(totalsLine(VERDICT)).toBe('1 module · rank up to 8 · scale up to 0.5 · moves the weights by 1.23 %');
  const total = { ...VERDICT.total, relative: null };
  expect(totalsLine({ ...VERDICT, total })).toBe('1 module · rank up to 8 · scale up to 0.5');
  expect(short(-0.00012345)).toBe('-0.000123');
});

describe('a reason', () => {
  it.each([
    ['rank', 'm', 16, 8, 'm: its rank is 16, at most 8 is allowed.'],
    ['rank', 'm', '34 % of its energy in rank 8', '50 %', /^m: a smaller rank would keep only 34 %.*50 %/],
    ['rank', '', '7 times more', '', '7 more'],
    ['base', '', 'SD 1', 'SDXL', 'It was made for another model. Found: SD 1; wanted: SDXL.'],
    ['base', 'm', 'not in the model', 'a module', 'm: the model has no such module.'],
    ['format', '', 'DoRA (4)', 'LoRA alone', /^This is no LoRA.*DoRA/],
    ['finite', 'm', 'NaN or infinity', 'finite numbers', /^m: it holds NaN or infinity/],
  ] as const)('of rule %s about %j, %s, is told in words', (rule, module, value, limit, sentence) => {
    const told = reasonSentence({ rule, module, value, limit });
    if (typeof sentence === 'string') expect(told).toBe(sentence);
    else expect(told).toMatch(sentence);
  });
});

it.each<[LoraRepair, string]>([
  [{ kind: 'left-out', module: 'm' }, 'm: left out, no LoRA may change it.'],
  [
    { kind: 'compressed', module: 'm', rank: 16, keptEnergy: 0.98765 },
    'm: rank 16 became 8, which keeps 98.8 % of its energy.',
  ],
  [
    { kind: 'folded', module: 'm', scale: 4, effect: 1 },
    'm: scale 4 was folded into its factors; its effect is the same.',
  ],
  [
    { kind: 'clamped', module: 'm', scale: 4, effect: 0.25 },
    'm: scale 4 was clamped to 1; its effect is 25 % of what it was.',
  ],
])('tells of a repair: %j', (repair, sentence) => {
  expect(repairSentence(repair)).toBe(sentence);
});

it('counts repairs by their kind', () => {
  const compressed: LoraRepair = { kind: 'compressed', module: 'm', rank: 16, keptEnergy: 1 };
  const leftOut: LoraRepair = { kind: 'left-out', module: 'm' };
  const clamped: LoraRepair = { kind: 'clamped', module: 'm', scale: 4, effect: 0.25 };
  const repairs = [leftOut, compressed, leftOut, compressed, compressed, clamped];
  expect(repairSummary(repairs)).toBe(
    '2 modules left out · 3 modules compressed to rank 8 · 1 module with a scale that was clamped to 1',
  );
  const folded: LoraRepair = { kind: 'folded', module: 'm', scale: 4, effect: 1 };
  expect(repairSummary([folded])).toBe('1 module with a scale that was folded in');
});
