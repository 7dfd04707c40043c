import { expect, it } from 'vitest';
import { parseManifest } from './manifest.ts';

const examplesOf = (examples: unknown) => parseManifest(JSON.stringify({ examples })).examples;

it('takes examples for every language, or for each its own', () => {
  expect(examplesOf(undefined)).toEqual({});
  expect(examplesOf(['a cat'])).toEqual({ '*': ['a cat'] });
  expect(examplesOf({ en: ['a cat'], 'zh-CN': ['猫'] })).toEqual({ en: ['a cat'], 'zh-CN': ['猫'] });
});

it.each([
  ['a cat', String.raw`the field \"examples\" is \"a cat\", not a list of names`],
  [{ en: 'a cat' }, String.raw`the field \"en\" is \"a cat\", not a list of names`],
])('refuses the examples %j', (examples, reason) => {
  expect(() => examplesOf(examples)).toThrow(reason);
});
