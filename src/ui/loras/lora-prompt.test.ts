import { describe, expect, it } from 'vitest';
import type { LoraEntry } from '../../store/lora-entry.ts';
import { changeTag, readPromptLoras, withTag } from './lora-prompt.ts';

const entry = (name: string, facts: Partial<LoraEntry> = {}): LoraEntry => ({
  id: `id of ${name}`,
  name,
  byteLength: 0,
  file: new Blob(),
  config: undefined,
  hash: `${name}0123456789`,
  labelHash: '',
  originalHash: undefined,
  originalLabelHash: undefined,
  addedAt: 0,
  position: 0,
  isOn: false,
  weight: 1,
  repairs: [],
  verdict: undefined,
  trial: undefined,
  base: undefined,
  triggers: [],
  aliases: [],
  ...facts,
});
const SHELF = [entry('Style'), entry('style', { aliases: ['painted', 'Oil'] }), entry('cat')];

describe('the LoRAs of a prompt', () => {
  it('are found by name, and their tags are taken out', () => {
    expect(readPromptLoras('a <lora:cat:0.5> and <lora:style> dog <lora:nobody:2>', SHELF)).toEqual({
      prompt: 'a and dog',
      named: [
        { id: 'id of cat', weight: 0.5 },
        { id: 'id of style', weight: 1 },
      ],
      missing: [{ name: 'nobody', weight: 2 }],
    });
  });

  it('may be written in other cases, or by the name they were trained under', () => {
    const ids = (prompt: string) => readPromptLoras(prompt, SHELF).named.map(({ id }) => id);
    expect(ids('<lora:CAT:1>')).toEqual(['id of cat']);
    expect(ids('<lora:STYLE:1>')).toEqual(['id of Style']);
    expect(ids('<lora:Painted:1>')).toEqual(['id of style']);
    expect(ids('<lora:oil:1>')).toEqual(['id of style']);
  });

  it('count once, with the last weight', () => {
    expect(readPromptLoras('<lora:cat:1> <lora:cat:0.2>', SHELF).named).toEqual([
      { id: 'id of cat', weight: 0.2 },
    ]);
  });

  it('are found by their hash first, unless it is too short to tell', () => {
    const found = (hash: string) =>
      readPromptLoras('<lora:cat:1>', SHELF, new Map([['cat', hash]])).named.map(({ id }) => id);
    expect(found('style012345')).toEqual(['id of style']);
    expect(found('style')).toEqual(['id of cat']);
    expect(found('ffffffffffff')).toEqual(['id of cat']);
  });
});

it('tags are put in, changed and taken out', () => {
  const tagged = withTag('a red apple ', { name: 'cat', weight: 0.5 });
  expect(tagged).toBe('a red apple <lora:cat:0.5>');
  expect(withTag('', { name: 'cat', weight: 1 })).toBe('<lora:cat:1>');
  expect(changeTag(tagged, SHELF, 'id of cat', -0.25)).toBe('a red apple <lora:cat:-0.25>');
  expect(changeTag(tagged, SHELF, 'id of style', 2)).toBe(tagged);
  expect(changeTag('a <lora:cat> and <lora:cat:1:2> b', SHELF, 'id of cat', undefined)).toBe('a and b');
});

it('tags are changed by whatever name their LoRA goes', () => {
  expect(changeTag('a <lora:Cat:0.8>', SHELF, 'id of cat', 0.5)).toBe('a <lora:Cat:0.5>');
  expect(changeTag('a <lora:OIL>, b', SHELF, 'id of style', undefined)).toBe('a, b');
  // Where case tells one from another, it does here, too.
  expect(changeTag('<lora:style:1>', SHELF, 'id of Style', 2)).toBe('<lora:style:1>');
});
