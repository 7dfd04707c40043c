import { describe, expect, it } from 'vitest';
import type { AppError } from '../error.ts';
import { BYTE_SYMBOLS, WORD_END } from './byte-level.ts';
import { parseTokenizer } from './clip-tokenizer.ts';
import savedTokenizer from './golden/tokenizer.json' with { type: 'json' };
import type { TokenizerFiles } from './tokenizer-files.ts';

const TOKENS = [
  ...BYTE_SYMBOLS,
  ...BYTE_SYMBOLS.map((symbol) => symbol + WORD_END),
  'ab',
  '<|startoftext|>',
  '<|endoftext|>',
];
const VOCABULARY = Object.fromEntries(TOKENS.map((token, id) => [token, id]));

const files = (overrides: TokenizerFiles = {}): TokenizerFiles => ({
  vocab: JSON.stringify(VOCABULARY),
  merges: '#version: 0.2\na b\n',
  ...overrides,
});

const savedWith = (model: object, fields: object = {}): TokenizerFiles => ({
  tokenizerJson: JSON.stringify({
    ...savedTokenizer,
    ...fields,
    model: { ...savedTokenizer.model, ...model },
  }),
});

const config = (fields: object): TokenizerFiles => files({ tokenizerConfig: JSON.stringify(fields) });

function refusal(broken: TokenizerFiles): AppError {
  try {
    parseTokenizer(broken, 'tokenizer_2', 77);
  } catch (error) {
    return error as AppError;
  }
  throw new Error('accepted');
}

describe('missing files', () => {
  it.each([
    ['vocab.json', { merges: 'a b' }],
    ['merges.txt', { vocab: '{}' }],
  ])('names %s', (file, present) => {
    expect(refusal(present)).toMatchObject({
      code: 'model/config-missing',
      detail: { file: `tokenizer_2/${file}` },
    });
  });
});

describe('broken or foreign files', () => {
  const split = { type: 'Split' };
  const withoutZ = JSON.stringify({ ...VOCABULARY, z: undefined });
  it.each<[string, TokenizerFiles, string, RegExp]>([
    ['JSON that ends early', files({ vocab: '{"a": 0' }), 'vocab.json', /JSON/],
    ['a list as vocabulary', files({ vocab: '["a"]' }), 'vocab.json', /not a JSON object/],
    ['null as vocabulary', files({ vocab: 'null' }), 'vocab.json', /not a JSON object/],
    ['an id that is text', files({ vocab: '{"a": "0"}' }), 'vocab.json', /"a" is "0"/],
    ['a fractional id', files({ vocab: '{"a": 0.5}' }), 'vocab.json', /0\.5/],
    ['a negative id', files({ vocab: '{"a": -1}' }), 'vocab.json', /-1/],
    ['an absurd id', files({ vocab: '{"a": 4294967296}' }), 'vocab.json', /4294967296/],
    ['a merge of one', files({ merges: '#version: 0.2\na b\nab\n' }), 'merges.txt', /line 3/],
    ['a merge of three', files({ merges: 'a b c\n' }), 'merges.txt', /line 1/],
    ['an empty line', files({ merges: 'a b\n\n' }), 'merges.txt', /line 2/],
    ['a merge to an unknown token', files({ merges: 'b a\n' }), 'merges.txt', /line 1: "ba"/],
    ['a page instead of merges', files({ merges: '<!doctype html>\n' }), 'merges.txt', /line 1/],
    [
      'a map that is a list',
      files({ specialTokensMap: '[]' }),
      'special_tokens_map.json',
      /not a JSON object/,
    ],
    [
      'a token that is a number',
      files({ specialTokensMap: '{"pad_token": 0}' }),
      'special_tokens_map.json',
      /token is 0/,
    ],
    [
      'a token without content',
      files({ specialTokensMap: '{"pad_token": {}}' }),
      'special_tokens_map.json',
      /token is \{\}/,
    ],
    ['no padding token', config({ pad_token: null }), 'tokenizer_config.json', /no pad_token/],
    ['no end marker', config({ eos_token: null }), 'tokenizer_config.json', /no eos_token/],
    [
      'a length of words',
      config({ model_max_length: 'long' }),
      'tokenizer_config.json',
      /model_max_length is "long"/,
    ],
    [
      'a length without room for the markers',
      config({ model_max_length: 1 }),
      'tokenizer_config.json',
      /model_max_length is 1/,
    ],
    ['an unknown side', config({ padding_side: 'top' }), 'tokenizer_config.json', /padding_side is "top"/],
    [
      'a listed token that is null',
      config({ added_tokens_decoder: { 1: null } }),
      'tokenizer_config.json',
      /token is null/,
    ],
    [
      'listed tokens that are no map',
      config({ added_tokens_decoder: [] }),
      'tokenizer_config.json',
      /not a map/,
    ],
    [
      'a missing byte and no unknown token',
      files({ vocab: withoutZ, specialTokensMap: '{"unk_token": "<unk>"}' }),
      'vocab.json',
      /"z"/,
    ],
    ['another model', savedWith({ type: 'WordPiece' }), 'tokenizer.json', /"WordPiece"/],
    ['no model', { tokenizerJson: '{}' }, 'tokenizer.json', /no "model"/],
    [
      'no word suffix',
      savedWith({ end_of_word_suffix: null }),
      'tokenizer.json',
      /end_of_word_suffix is null/,
    ],
    [
      'another pre-tokenizer',
      savedWith({}, { pre_tokenizer: { type: 'Whitespace' } }),
      'tokenizer.json',
      /\[Whitespace\]/,
    ],
    ['no pre-tokenizer', savedWith({}, { pre_tokenizer: null }), 'tokenizer.json', /pre_tokenizer is \[\]/],
    [
      'half a pre-tokenizer',
      savedWith({}, { pre_tokenizer: { type: 'Sequence', pretokenizers: [split] } }),
      'tokenizer.json',
      /\[Split\]/,
    ],
    ['a vocabulary that is a list', savedWith({ vocab: [] }), 'tokenizer.json', /vocabulary is not a map/],
    ['merges that are a map', savedWith({ merges: {} }), 'tokenizer.json', /merges are not a list/],
    ['a merge that is a number', savedWith({ merges: [['i', 'n'], 7] }), 'tokenizer.json', /merge 2/],
    ['added tokens that are a map', savedWith({}, { added_tokens: {} }), 'tokenizer.json', /not a list/],
  ])('refuses %s', (_, broken, file, reason) => {
    expect(refusal(broken)).toMatchObject({
      code: 'model/tokenizer-invalid',
      detail: { file: `tokenizer_2/${file}`, reason: expect.stringMatching(reason) as string },
    });
  });
});

describe('lenient where the reference is', () => {
  const ids = (tokenizerFiles: TokenizerFiles): number[] => {
    const tokenizer = parseTokenizer(tokenizerFiles, 'tokenizer', 6);
    return [...tokenizer.window(tokenizer.tokens('ab')).ids];
  };
  it.each<[string, TokenizerFiles]>([
    ['Windows line ends', files({ merges: '#version: 0.2\r\na b\r\n' })],
    ['no version line and no last line end', files({ merges: 'a b' })],
    ['a length of null', config({ model_max_length: null })],
    ['an absurdly large length', config({ model_max_length: 1e30 })],
    [
      'a missing byte with an unknown token',
      files({ vocab: JSON.stringify({ ...VOCABULARY, z: undefined }) }),
    ],
  ])('accepts %s', (_, tokenizerFiles) => {
    expect(ids(tokenizerFiles)).toEqual(ids(files()));
  });
});
