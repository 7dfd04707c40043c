/** @file For tests in Node: the fixtures on disk. */
import { readFileSync } from 'node:fs';
import { parseTokenizer, type ClipTokenizer } from '../tokens/clip-tokenizer.ts';

const FIXTURES = new URL('../../e2e/fixtures/', import.meta.url);

/** The text of a file under the fixtures. */
export function readFixture(path: string): string {
  return readFileSync(new URL(path, FIXTURES), 'utf8');
}

/** A tokenizer of the tiny model, with windows of another length where one is given. */
export function tinyTokenizer(folder: 'tokenizer' | 'tokenizer_2', length = 77): ClipTokenizer {
  const read = (file: string): string => readFixture(`tiny-sdxl/model/${folder}/${file}`);
  const files = {
    vocab: read('vocab.json'),
    merges: read('merges.txt'),
    specialTokensMap: read('special_tokens_map.json'),
    tokenizerConfig: read('tokenizer_config.json'),
  };
  return parseTokenizer(files, folder, length);
}
