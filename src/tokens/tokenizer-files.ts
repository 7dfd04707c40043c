/**
 * @file Reads the files of a `tokenizer/` folder: `tokenizer.json`, or `vocab.json` and `merges.txt`, with
 * `special_tokens_map.json` and `tokenizer_config.json` beside them. What is read, and which file wins, follows
 * transformers' `CLIPTokenizer`. Refused: files that are not what their names say, and a `tokenizer.json` of
 * another kind of tokenizer.
 */
import { AppError } from '../error.ts';
import { WORD_END } from './byte-level.ts';
import type { Merge } from './byte-pair-encoding.ts';
import { invalidTokenizer, isRecord, parseJsonFile } from './json.ts';
import type { JsonFile } from './json.ts';
import { readSpecialTokens } from './special-tokens.ts';
import type { SpecialTokens } from './special-tokens.ts';

/** The text of each file; absent files are left out. */
export interface TokenizerFiles {
  readonly vocab?: string;
  readonly merges?: string;
  readonly tokenizerJson?: string;
  readonly specialTokensMap?: string;
  readonly tokenizerConfig?: string;
}

type Side = 'left' | 'right';

/** Everything the files say, checked. */
export interface TokenizerDefinition extends SpecialTokens {
  /** The file that holds the vocabulary, for messages. */
  readonly vocabularyFile: string;
  readonly vocabulary: ReadonlyMap<string, number>;
  /** By rank. */
  readonly merges: readonly Merge[];
  /** `model_max_length`; `Infinity` where the files set none. */
  readonly maxLength: number;
  readonly paddingSide: Side;
}

/** Ids stay below this so that a pair of ids fits one exact number; no embedding table comes near it. */
const ID_LIMIT = 2 ** 24;

/**
 * Reads and checks a tokenizer's files.
 * @param folder name of the tokenizer's folder, for messages
 * @throws AppError `model/config-missing`, `model/tokenizer-invalid`
 */
export function readTokenizerFiles(files: TokenizerFiles, folder: string): TokenizerDefinition {
  const config = parseJsonFile(`${folder}/tokenizer_config.json`, files.tokenizerConfig);
  const map = parseJsonFile(`${folder}/special_tokens_map.json`, files.specialTokensMap);
  const json = parseJsonFile(`${folder}/tokenizer.json`, files.tokenizerJson);
  const tables =
    files.tokenizerJson === undefined ? readVocabAndMerges(files, folder) : readTokenizerJson(json);
  return {
    ...tables,
    ...readSpecialTokens(tables.vocabulary, config, map, json),
    maxLength: readMaxLength(config),
    paddingSide: readSide(config.record['padding_side'] ?? directionOf(json.record['padding']), config.file),
  };
}

type Tables = Pick<TokenizerDefinition, 'vocabularyFile' | 'vocabulary' | 'merges'>;

function readVocabAndMerges(files: TokenizerFiles, folder: string): Tables {
  const vocabularyFile = `${folder}/vocab.json`;
  const mergesFile = `${folder}/merges.txt`;
  if (files.vocab === undefined) throw new AppError('model/config-missing', { file: vocabularyFile });
  if (files.merges === undefined) throw new AppError('model/config-missing', { file: mergesFile });
  const vocabulary = readVocabulary(parseJsonFile(vocabularyFile, files.vocab));
  const lines = files.merges.split('\n').map((line) => line.replace(/\r$/, ''));
  if (lines.at(-1) === '') lines.pop();
  const merges = lines.flatMap((line, index) =>
    line.startsWith('#version')
      ? []
      : readMerge(line.split(' '), vocabulary, mergesFile, `line ${index + 1}`),
  );
  return { vocabularyFile, vocabulary, merges };
}

function readTokenizerJson({ file, record }: JsonFile): Tables {
  const model = record['model'];
  if (!isRecord(model)) throw invalidTokenizer(file, 'it has no "model"');
  // Old files leave the type out.
  const type = model['type'] ?? 'BPE';
  if (type !== 'BPE') throw invalidTokenizer(file, `its model is ${JSON.stringify(type)}, not "BPE"`);
  if (model['end_of_word_suffix'] !== WORD_END) {
    throw invalidTokenizer(
      file,
      `its end_of_word_suffix is ${JSON.stringify(model['end_of_word_suffix'])}, not "${WORD_END}"`,
    );
  }
  const steps = stepTypes(record['pre_tokenizer']);
  if (steps.join() !== 'Split,ByteLevel') {
    throw invalidTokenizer(file, `its pre_tokenizer is [${steps.join(', ')}], not CLIP's [Split, ByteLevel]`);
  }
  if (!isRecord(model['vocab'])) throw invalidTokenizer(file, 'its vocabulary is not a map');
  if (!Array.isArray(model['merges'])) throw invalidTokenizer(file, 'its merges are not a list');
  const vocabulary = readVocabulary({ file, record: model['vocab'] });
  const merges = model['merges'].map((merge: unknown, index) =>
    readMerge(typeof merge === 'string' ? merge.split(' ') : merge, vocabulary, file, `merge ${index + 1}`),
  );
  return { vocabularyFile: file, vocabulary, merges };
}

function stepTypes(preTokenizer: unknown): unknown[] {
  if (!isRecord(preTokenizer)) return [];
  const steps: unknown = preTokenizer['pretokenizers'];
  return Array.isArray(steps) ? steps.flatMap(stepTypes) : [preTokenizer['type']];
}

function readVocabulary({ file, record }: JsonFile): Map<string, number> {
  const vocabulary = new Map<string, number>();
  for (const [token, id] of Object.entries(record)) {
    if (typeof id !== 'number' || !Number.isInteger(id) || id < 0 || id >= ID_LIMIT) {
      throw invalidTokenizer(file, `the id of ${JSON.stringify(token)} is ${JSON.stringify(id)}`);
    }
    vocabulary.set(token, id);
  }
  return vocabulary;
}

function readMerge(
  pair: unknown,
  vocabulary: ReadonlyMap<string, number>,
  file: string,
  where: string,
): Merge {
  const parts: readonly unknown[] = Array.isArray(pair) ? pair : [];
  const [first, second] = parts;
  if (typeof first !== 'string' || typeof second !== 'string' || parts.length > 2) {
    throw invalidTokenizer(file, `${where} is not a pair of tokens`);
  }
  const idOf = (token: string): number => {
    const id = vocabulary.get(token);
    if (id === undefined)
      throw invalidTokenizer(file, `${where}: ${JSON.stringify(token)} is not in the vocabulary`);
    return id;
  };
  return { left: idOf(first), right: idOf(second), merged: idOf(first + second) };
}

function readMaxLength({ file, record }: JsonFile): number {
  const value = record['model_max_length'] ?? record['max_len'] ?? Infinity;
  // Both the start and the end marker have to fit.
  if (typeof value === 'number' && value >= 2 && (Number.isInteger(value) || value === Infinity))
    return value;
  throw invalidTokenizer(file, `model_max_length is ${JSON.stringify(value)}`);
}

function readSide(value: unknown, file: string): Side {
  const side = value ?? 'right';
  if (side === 'left' || side === 'right') return side;
  throw invalidTokenizer(file, `padding_side is ${JSON.stringify(value)}`);
}

/** `tokenizer.json` writes sides with a capital. */
function directionOf(settings: unknown): unknown {
  const direction = isRecord(settings) ? settings['direction'] : undefined;
  return typeof direction === 'string' ? direction.toLowerCase() : undefined;
}
