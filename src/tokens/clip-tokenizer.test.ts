import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTokenizer } from './clip-tokenizer.ts';
import type { ClipTokenizer } from './clip-tokenizer.ts';
import golden from './golden/clip-tokenizer.json' with { type: 'json' };
import savedTokenizer from './golden/tokenizer.json' with { type: 'json' };
import type { TokenizerFiles } from './tokenizer-files.ts';

const POSITIONS = 77;

const fixture = (path: string): string =>
  readFileSync(new URL(`../../e2e/fixtures/${path}`, import.meta.url), 'utf8');

const whole = (file: string): string =>
  readFileSync(new URL(`clip-vocabulary/${file}`, import.meta.url), 'utf8');

const FULL: TokenizerFiles = {
  vocab: whole('vocab.json'),
  merges: whole('merges.txt'),
};

function tinyFiles(folder: string): TokenizerFiles {
  const read = (file: string): string => fixture(`tiny-sdxl/model/${folder}/${file}`);
  return {
    vocab: read('vocab.json'),
    merges: read('merges.txt'),
    specialTokensMap: read('special_tokens_map.json'),
    tokenizerConfig: read('tokenizer_config.json'),
  };
}

function goldenFiles(goldenCase: GoldenCase): TokenizerFiles {
  const { base, drop, files, tokenizerJsonEdit: edit } = goldenCase;
  const baseFiles = base === null ? {} : base === 'full' ? FULL : tinyFiles(base);
  const kept = Object.entries({ ...baseFiles, ...files }).filter(([name]) => !drop.includes(name));
  return { ...Object.fromEntries(kept), ...(edit ? { tokenizerJson: editedTokenizerJson(edit) } : {}) };
}

interface TokenizerJsonEdit {
  readonly mergeStrings?: boolean;
  readonly fields?: object;
}

interface GoldenCase {
  readonly name: string;
  /** The fixture whose files are used, with `files` in place of its own and without those in `drop`. */
  readonly base: string | null;
  readonly drop: readonly string[];
  readonly files: TokenizerFiles;
  readonly tokenizerJsonEdit?: TokenizerJsonEdit;
  readonly maxLength: number;
  readonly pad: number;
  /** Index of the text, its ids without trailing padding, readable text of them; what was cut, where it was too long. */
  readonly rows: readonly (readonly [number, string, string?, string?])[];
}

function editedTokenizerJson(edit: TokenizerJsonEdit): string {
  const { model } = savedTokenizer;
  const merges = edit.mergeStrings ? model.merges.map((pair) => pair.join(' ')) : model.merges;
  return JSON.stringify({ ...savedTokenizer, ...edit.fields, model: { ...model, merges } });
}

describe('equals transformers', () => {
  it.each(golden.cases as unknown as GoldenCase[])('$name', (goldenCase) => {
    const { maxLength, pad, rows } = goldenCase;
    const tokenizer = parseTokenizer(goldenFiles(goldenCase), 'tokenizer', maxLength);
    expect(tokenizer.maxLength).toBe(maxLength);
    const cutsLeft = /"truncation_side": "left"/.test(goldenCase.files.tokenizerConfig ?? '');
    for (const [index, ids, , cut] of rows) {
      const text = golden.texts[index] ?? '';
      const content = tokenizer.tokens(text);
      expect(content.length > tokenizer.capacity, text).toBe(cut !== undefined);
      const fitting = cutsLeft
        ? content.slice(Math.max(0, content.length - tokenizer.capacity))
        : content.slice(0, tokenizer.capacity);
      const tokens = ids.split(' ').map(Number);
      const padded = [...tokens, ...Array<number>(maxLength - tokens.length).fill(pad)];
      const window = tokenizer.window(fitting);
      expect([...window.ids], text).toEqual(padded);
      expect(padded.slice(window.start, window.start + fitting.length)).toEqual(fitting);
    }
  });
});

describe('tokenizer.json of the whole vocabulary', () => {
  const merges = (FULL.merges ?? '').trimEnd().split('\n').slice(1);
  const forms: [string, unknown[]][] = [
    ['strings', merges],
    ['pairs', merges.map((merge) => merge.split(' '))],
  ];
  it.each(forms)('gives the ids of vocab.json and merges.txt with merges as %s', (_, list) => {
    const vocab: unknown = JSON.parse(FULL.vocab ?? '');
    const model = { ...savedTokenizer.model, vocab, merges: list };
    const json = JSON.stringify({ ...savedTokenizer, model, added_tokens: [] });
    const fromJson = parseTokenizer({ tokenizerJson: json }, 'tokenizer', POSITIONS);
    const fromPair = parseTokenizer(FULL, 'tokenizer', POSITIONS);
    for (const text of golden.texts) expect(fromJson.tokens(text)).toEqual(fromPair.tokens(text));
  });
});

describe('any text', () => {
  const tokenizers: [string, ClipTokenizer][] = [
    ['the whole vocabulary', parseTokenizer(FULL, 'tokenizer', POSITIONS)],
    ['1000 tokens', parseTokenizer(tinyFiles('tokenizer_2'), 'tokenizer_2', POSITIONS)],
  ];
  it.each(tokenizers)('gives ids of the vocabulary with %s', (_, tokenizer) => {
    const anyText = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.string({ unit: 'grapheme', maxLength: 300 }),
      // Single UTF-16 units, so also surrogates without their other half.
      fc
        .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 300 })
        .map((units) => String.fromCharCode(...units)),
    );
    fc.assert(
      fc.property(anyText, (text) => {
        const ids = tokenizer.tokens(text);
        expect(ids.every((id) => id >= 0 && id < tokenizer.idCount)).toBe(true);
      }),
    );
  });

  it('takes a lone surrogate for U+FFFD', () => {
    for (const [, tokenizer] of tokenizers) {
      expect(tokenizer.tokens('a \ud83d b\udc00')).toEqual(tokenizer.tokens('a \ufffd b\ufffd'));
    }
  });

  it.each([
    ['words', 'a red apple, '.repeat(8_000)],
    ['one word', 'abracadabra'.repeat(9_000)],
    ['one letter', 'a'.repeat(100_000)],
    ['punctuation', '!?'.repeat(50_000)],
    ['combining marks, a tenth as many', `e${'\u0323\u0301'.repeat(5_000)}`],
    ['spaces', `${' '.repeat(100_000)}end`],
    ['emoji', '👩‍🚀'.repeat(20_000)],
  ])('encodes 100 kB of %s within seconds', { timeout: 10_000 }, (_, text) => {
    for (const [, tokenizer] of tokenizers) expect(tokenizer.tokens(text).length).toBeGreaterThan(0);
  });

  it('tells how many ids the embedding needs', () => {
    expect(tokenizers.map(([, tokenizer]) => tokenizer.idCount)).toEqual([49408, 1000]);
  });
});

it('knows the comma', () => {
  const tokenizer = parseTokenizer(FULL, 'tokenizer', POSITIONS);
  expect(tokenizer.tokens('a red apple, a fox')[3]).toBe(tokenizer.comma);
  expect(tokenizer.capacity).toBe(75);
});
