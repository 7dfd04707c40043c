import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { SharedSettings } from '../settings/share-link.ts';
import { FormKeeper } from './form-keeper.ts';

const SAID: SharedSettings = {
  ...{ prompt: 'a fox', negative: 'blur', seed: 7n, variation: undefined, steps: 2 },
  ...{ size: { width: 192, height: 256 }, styles: ['flat'], samplers: ['lcm'], guidance: 'full' },
  ...{ guidanceScale: 3, guidanceRescale: 0.5, clipSkip: 1, precision: 'bf16', model: 'Emoji' },
};
const stored = new Map<string, string>();
const isRefused = (): never => {
  throw new DOMException('refused', 'SecurityError');
};

beforeEach(() =>
  vi.stubGlobal('sessionStorage', {
    getItem: (name: string) => stored.get(name) ?? null,
    setItem: (name: string, value: string) => stored.set(name, value),
  }),
);
afterEach(() => {
  stored.clear();
  vi.unstubAllGlobals();
});

/** The form of a page that was just loaded. */
function keeperOf(said: SharedSettings): FormKeeper {
  const host = { addController: vi.fn(), removeController: vi.fn(), requestUpdate: vi.fn() };
  return new FormKeeper({ ...host, updateComplete: Promise.resolve(true) }, () => said);
}

it('gives back once what was kept', () => {
  keeperOf(SAID).keep();
  const keeper = keeperOf(SAID);
  expect(keeper.prompt).toBe('a fox');
  expect(keeper.take({ name: 'Emoji' })).toEqual(SAID);
  expect(keeper.take({ name: 'Emoji' })).toEqual({});
});

it('gives another model no more than the words', () => {
  keeperOf(SAID).keep();
  expect(keeperOf(SAID).take({ name: 'Other' })).toEqual({ prompt: 'a fox', negative: 'blur' });
});

it('keeps what no model has taken yet, with what is written meanwhile', () => {
  keeperOf(SAID).keep();
  keeperOf({ ...SAID, prompt: 'a rocket', steps: 4, model: undefined }).keep();
  const keeper = keeperOf(SAID);
  expect(keeper.prompt).toBe('a rocket');
  expect(keeper.take({ name: 'Emoji' })).toMatchObject({ steps: 2, styles: ['flat'] });
});

it.each(['', 'nonsense', '#prompt=a&steps=0', '#prompt=a%E7'])('has nothing of “%s”', (damaged) => {
  stored.set('emulsion:form', damaged);
  const keeper = keeperOf(SAID);
  expect(keeper.prompt).toBe('');
  expect(keeper.take({ name: 'Emoji' })).toEqual({});
});

it('does without storage', () => {
  vi.stubGlobal('sessionStorage', { getItem: isRefused, setItem: isRefused });
  const keeper = keeperOf(SAID);
  expect(keeper.prompt).toBe('');
  keeper.keep();
});
