import { beforeEach, expect, it, vi } from 'vitest';
import { PromptHistory } from './prompt-history.ts';

/** What the browser keeps. */
let kept: Map<string, string>;

beforeEach(() => {
  kept = new Map();
  vi.stubGlobal('localStorage', {
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, value: string) => kept.set(name, value),
  });
});

function historyOf(...prompts: readonly string[]): PromptHistory {
  const history = new PromptHistory();
  for (const prompt of prompts) history.add(prompt);
  return history;
}

it('keeps prompts for later visits, the newest first and each once', () => {
  historyOf('a', 'b', 'a', '', '红苹果');
  expect(new PromptHistory().entries).toEqual(['红苹果', 'a', 'b']);
});

it('keeps what another tab adds, and no more than a hundred', () => {
  const [one, other] = [new PromptHistory(), new PromptHistory()];
  one.add('one');
  other.add('other');
  expect(other.entries).toEqual(['other', 'one']);
  for (let i = 0; i < 120; i++) one.add(String(i));
  expect(one.entries).toHaveLength(100);
  expect(one.entries[0]).toBe('119');
});

it('walks back and forth, and returns to what was being written', () => {
  const history = historyOf('a', 'b', 'c');
  expect(history.newer()).toBeUndefined();
  expect(['draft', 'c', 'b'].map((text) => history.older(text))).toEqual(['c', 'b', 'a']);
  expect(history.position).toBe(3);
  expect(history.older('a')).toBeUndefined();
  expect([history.newer(), history.newer(), history.newer()]).toEqual(['b', 'c', 'draft']);
  expect(history.position).toBe(0);
  expect(history.newer()).toBeUndefined();
});

it('begins with the one before where the last one is still in the box', () => {
  const history = historyOf('a', 'b');
  expect(history.older('b')).toBe('a');
  expect(history.newer()).toBe('b');
  // Nothing but what is in the box.
  expect(historyOf().older('x')).toBe('b');
});

it('takes an old prompt that was changed for the one being written', () => {
  const history = historyOf('a', 'b');
  history.older('draft');
  history.leave();
  expect(history.older('b, changed')).toBe('b');
  expect(history.newer()).toBe('b, changed');
});

it('is emptied', () => {
  const history = historyOf('a');
  history.clear();
  expect(history.entries).toEqual([]);
  expect(new PromptHistory().entries).toEqual([]);
  expect(history.older('x')).toBeUndefined();
});

it.each(['{', '{"a":1}', '[1,"a"]'])('survives what it did not write: %s', (text) => {
  kept.set('emulsion:prompt-history', text);
  const history = historyOf('b');
  expect(history.entries[0]).toBe('b');
});

it('lasts for the visit where the browser keeps nothing', () => {
  vi.stubGlobal('localStorage', undefined);
  expect(historyOf('a', 'b').entries).toEqual(['b', 'a']);
});
