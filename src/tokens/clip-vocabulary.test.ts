import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseTokenizer, type ClipTokenizer } from './clip-tokenizer.ts';
import { clipTokenizerFiles } from './clip-vocabulary.ts';

const text = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');
const MERGES = text('clip-vocabulary/merges.txt');
const tokenizer = (folder: string, size: number, padding: 'end' | '!') => {
  const files = clipTokenizerFiles(MERGES, { size, length: 77, padding });
  const named = {
    vocab: files['vocab.json'],
    merges: files['merges.txt'],
    tokenizerConfig: files['tokenizer_config.json'],
    specialTokensMap: files['special_tokens_map.json'],
  };
  return parseTokenizer(named, folder, 77);
};

describe('clipTokenizerFiles', () => {
  it('gives back the whole vocabulary', () => {
    const files = clipTokenizerFiles(MERGES, { size: 49_408, length: 77, padding: 'end' });
    expect(files['vocab.json'] === text('clip-vocabulary/vocab.json')).toBe(true);
    expect(files['merges.txt'] === MERGES).toBe(true);
  });

  it('is cut as the tiny model was', () => {
    const files = clipTokenizerFiles(MERGES, { size: 1000, length: 77, padding: 'end' });
    const tiny = '../../e2e/fixtures/tiny-sdxl/model/tokenizer/';
    expect(JSON.parse(files['vocab.json'])).toEqual(JSON.parse(text(`${tiny}vocab.json`)));
    expect(files['merges.txt'].trim()).toBe(text(`${tiny}merges.txt`).trim());
  });

  // transformers' CLIPTokenizer on SDXL's tokenizer files
  it('pads as SDXL does', () => {
    const ids = (read: ClipTokenizer): number[] => [...read.window(read.tokens('a red apple')).ids];
    expect(ids(tokenizer('tokenizer_2', 49_408, '!'))).toEqual([
      49_406,
      320,
      736,
      3055,
      49_407,
      ...Array<number>(72).fill(0),
    ]);
    expect(ids(tokenizer('tokenizer', 1000, 'end'))).toEqual([
      998,
      320,
      736,
      882,
      579,
      999,
      ...Array<number>(71).fill(999),
    ]);
  });
});
