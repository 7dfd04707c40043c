import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Notice } from '../engine/protocol/generate.ts';
import { noticeSentence, type Locale, type UiText } from './index.ts';
import { LANGUAGES, type Language } from './languages.ts';

const { en, ...OTHERS } = LANGUAGES;
const KEYS = Object.keys(en.messages.ui) as UiText[];

/** Those whose values are lists. */
const OF_LISTS: readonly UiText[] = ['names', 'sentences', 'phrases', 'pictureNotHonoured', 'importMended'];

/** A text, made of values that can be found in it again. */
function textOf({ messages }: Language, key: UiText): string {
  const text: unknown = messages.ui[key];
  if (typeof text === 'string') return text;
  const values = OF_LISTS.includes(key) ? [['1111.', '2222.']] : ['1111', '2222', '3333', '4444'];
  return (text as (...values: unknown[]) => string)(...values);
}

/** Which of them are there; one may be less by what is named beside it. */
const valuesOf = (text: string): string[] => [...new Set(text.match(/(\d)\1\1(?=\d\b)/g))].sort();

/** Commas and the like as they are written between Chinese characters. */
const WRONG_PUNCTUATION = /\p{Script=Han}[,:;!?.]| [，。：；（）]/u;

/** Every name and meaning of the capabilities. */
function capabilitiesOf({ messages }: Language): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const [id, { name, meanings }] of Object.entries(messages.capabilities)) {
    texts[id] = name;
    for (const [state, meaning] of Object.entries<string>(meanings)) texts[`${id} ${state}`] = meaning;
  }
  return texts;
}

describe.each(Object.entries<Language>(OTHERS))('%s', (_, language) => {
  it('has every text of the page, and no other', () => {
    expect(Object.keys(language.messages.ui).sort()).toEqual([...KEYS].sort());
    for (const key of KEYS) {
      expect(typeof language.messages.ui[key], key).toBe(typeof en.messages.ui[key]);
      expect(textOf(language, key).trim(), key).not.toBe('');
      expect(textOf(language, key), key).not.toMatch(WRONG_PUNCTUATION);
    }
  });

  it('says the same values as English', () => {
    for (const key of KEYS) expect(valuesOf(textOf(language, key)), key).toEqual(valuesOf(textOf(en, key)));
  });

  it('is translated: hardly a text is the same as in English', () => {
    const same = KEYS.filter((key) => textOf(language, key) === textOf(en, key));
    expect(same.length, same.join(', ')).toBeLessThan(0.05 * KEYS.length);
  });

  it('says of every capability what English says, with the same codes of errors', () => {
    const [own, english] = [capabilitiesOf(language), capabilitiesOf(en)];
    expect(Object.keys(own).sort()).toEqual(Object.keys(english).sort());
    for (const [id, text] of Object.entries(own)) {
      expect(text, id).toMatch(id.includes(' ') ? /.\p{Sentence_Terminal}$/u : /./);
      expect(text, id).not.toMatch(WRONG_PUNCTUATION);
      expect(text.match(/\b[a-z]+\/[a-z]+\b/g), id).toEqual((english[id] ?? '').match(/\b[a-z]+\/[a-z]+\b/g));
    }
  });
});

/** One of every kind. */
const NOTICES: { readonly [K in Notice['kind']]: Extract<Notice, { kind: K }> } = {
  'prompt-editing': { kind: 'prompt-editing', found: '[a|b]' },
  'negative-unused': { kind: 'negative-unused' },
  'guidance-scale-unused': { kind: 'guidance-scale-unused' },
  'guidance-twice': { kind: 'guidance-twice', mode: 'full' },
  'guidance-rescale-unused': { kind: 'guidance-rescale-unused' },
  'gpu-budget-unused': { kind: 'gpu-budget-unused' },
  'model-assumed': { kind: 'model-assumed', assumptions: ['A1', 'A2'] },
  'weights-rounded': { kind: 'weights-rounded', relativeL2: 0.0016, tensors: 3 },
  'vae-tiled': { kind: 'vae-tiled', tile: 512 },
  'vae-encoded-tiled': { kind: 'vae-encoded-tiled', tile: 512 },
  'guidance-embedded': { kind: 'guidance-embedded', scale: 3.5 },
};

describe.each(Object.keys(LANGUAGES) as Locale[])('the notices in %s', (locale) => {
  it.each(Object.values(NOTICES))('name every value of $kind on one line', (notice) => {
    const sentence = noticeSentence(notice, locale);
    const { kind, ...values } = { ...notice };
    // A share is said in percent.
    const said = kind === 'weights-rounded' ? { ...values, relativeL2: 0.16 } : values;
    for (const value of Object.values(said))
      for (const part of [value].flat()) expect(sentence).toContain(String(part));
    expect(sentence).toMatch(/^[^\n]*\p{Sentence_Terminal}$/u);
    expect(sentence).not.toMatch(WRONG_PUNCTUATION);
  });

  it('are all different', () => {
    const sentences = Object.values(NOTICES).map((notice) => noticeSentence(notice, locale));
    expect(new Set(sentences).size).toBe(sentences.length);
  });
});

it('no text of the page is left that nothing says', () => {
  const filesIn = (folder: string): string[] =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) => path.join(folder, file));
  const code = [...filesIn('src'), ...filesIn('scripts/vite')]
    .filter((file) => /(?<!\.test)\.ts$/.test(file) && !file.startsWith(path.join('src', 'locale')))
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n');
  // A key is written out, or made of its first part and something that varies.
  const beginnings = new Set(code.match(/(?<=`)\w+\.(?=\$\{)/g));
  const dead = KEYS.filter(
    (key) =>
      !code.includes(`'${key}'`) &&
      !code.includes(`.ui.${key}`) &&
      !beginnings.has(key.slice(0, key.indexOf('.') + 1)),
  );
  expect(dead).toEqual([]);
});
