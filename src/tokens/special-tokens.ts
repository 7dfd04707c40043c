/**
 * @file Special and added tokens from `tokenizer_config.json`, `special_tokens_map.json` and `tokenizer.json`,
 * in the order and with the precedence of transformers: a config with `added_tokens_decoder` is complete,
 * otherwise the map overrides the config and `tokenizer.json` lists further tokens. A token that the
 * vocabulary lacks gets the next free id, whatever id a file claims for it.
 */
import type { AddedToken } from './added-tokens.ts';
import { invalidTokenizer, isRecord } from './json.ts';
import type { JsonFile } from './json.ts';

/** Ids of the tokens with a role, and the tokens to look for in the text. */
export interface SpecialTokens {
  readonly bosId: number;
  readonly eosId: number;
  readonly padId: number;
  /** Content of the unknown token; `undefined` where the files set it to null. */
  readonly unknownToken: string | undefined;
  readonly addedTokens: readonly AddedToken[];
}

interface TokenEntry {
  readonly content: string;
  readonly normalized: boolean;
  readonly singleWord: boolean;
  readonly special: boolean;
}

/** The roles in the order in which their tokens are added. */
const ROLES = ['bos_token', 'eos_token', 'unk_token', 'sep_token', 'pad_token', 'cls_token', 'mask_token'];

const START = '<|startoftext|>';
const END = '<|endoftext|>';
const DEFAULTS = { bos_token: START, eos_token: END, unk_token: END, pad_token: END };

/** @throws AppError `model/tokenizer-invalid` */
export function readSpecialTokens(
  vocabulary: ReadonlyMap<string, number>,
  config: JsonFile,
  map: JsonFile,
  tokenizerJson: JsonFile,
): SpecialTokens {
  const decoder = config.record['added_tokens_decoder'];
  const listed = decoder === undefined ? readAddedTokens(tokenizerJson) : readDecoder(decoder, config.file);
  const sources = [{ file: config.file, record: DEFAULTS }, config, ...(decoder === undefined ? [map] : [])];

  const named = new Map<string, TokenEntry | undefined>(ROLES.map((role) => [role, undefined]));
  for (const source of sources) {
    for (const [name, entry] of readNamedTokens(source)) named.set(name, entry);
  }
  const isListed = new Set(listed.map((entry) => entry.content));
  const others = [...named.values(), ...sources.flatMap(readUnnamedTokens)].filter(
    (entry) => entry !== undefined && !isListed.has(entry.content),
  );
  const tokens = assignIds([...listed, ...others], vocabulary);

  const idOf = (role: string): number => {
    const content = named.get(role)?.content;
    const token = content === undefined ? undefined : tokens.get(content);
    if (!token) throw invalidTokenizer(config.file, `there is no ${role}`);
    return token.id;
  };
  const roleContents = new Set([...named.values()].map((entry) => entry?.content));
  const findsSpecial = config.record['split_special_tokens'] !== true;
  return {
    bosId: idOf('bos_token'),
    eosId: idOf('eos_token'),
    padId: idOf('pad_token'),
    unknownToken: named.get('unk_token')?.content,
    addedTokens: [...tokens.values()].filter(
      (token) => findsSpecial || !(token.special || roleContents.has(token.content)),
    ),
  };
}

/** The next free id is the count of the vocabulary, or follows the last one given. Later entries win. */
function assignIds(
  entries: readonly (TokenEntry | undefined)[],
  vocabulary: ReadonlyMap<string, number>,
): Map<string, TokenEntry & AddedToken> {
  const tokens = new Map<string, TokenEntry & AddedToken>();
  let nextId = vocabulary.size;
  for (const entry of entries) {
    if (!entry || entry.content === '') continue;
    const id = tokens.get(entry.content)?.id ?? vocabulary.get(entry.content) ?? nextId;
    tokens.set(entry.content, { ...entry, id });
    nextId = Math.max(nextId, id + 1);
  }
  return tokens;
}

/** `…_token` fields and the fields of an `extra_special_tokens` object; null takes a role's default away. */
function readNamedTokens({ file, record }: JsonFile): [string, TokenEntry | undefined][] {
  const extra = record['extra_special_tokens'];
  const fields = Object.entries({ ...record, ...(isRecord(extra) ? extra : {}) });
  return fields.flatMap(([name, value]): [string, TokenEntry | undefined][] => {
    const isRole = ROLES.includes(name);
    if (!isRole && !name.endsWith('_token') && !(isRecord(extra) && name in extra)) return [];
    if (value === null) return isRole ? [[name, undefined]] : [];
    // Fields such as `add_bos_token` are settings, not tokens.
    if (!isRole && typeof value !== 'string' && !isRecord(value)) return [];
    return [[name, readEntry(value, file, true)]];
  });
}

function readUnnamedTokens({ file, record }: JsonFile): TokenEntry[] {
  return ['additional_special_tokens', 'extra_special_tokens'].flatMap((field) => {
    const list = record[field];
    return Array.isArray(list) ? list.map((value: unknown) => readEntry(value, file, true)) : [];
  });
}

function readAddedTokens({ file, record }: JsonFile): TokenEntry[] {
  const list = record['added_tokens'] ?? [];
  if (!Array.isArray(list)) throw invalidTokenizer(file, 'added_tokens is not a list');
  const numbered = list.map((value: unknown): [number, unknown] => [
    isRecord(value) ? Number(value['id']) : NaN,
    value,
  ]);
  return byId(numbered, file);
}

function readDecoder(decoder: unknown, file: string): TokenEntry[] {
  if (!isRecord(decoder)) throw invalidTokenizer(file, 'added_tokens_decoder is not a map');
  return byId(
    Object.entries(decoder).map(([id, value]): [number, unknown] => [Number(id), value]),
    file,
  );
}

function byId(numbered: readonly [number, unknown][], file: string): TokenEntry[] {
  return [...numbered].sort(([a], [b]) => a - b).map(([, value]) => readEntry(value, file, false));
}

/** A token as a string or as an object; `special` holds for one that does not say. */
function readEntry(value: unknown, file: string, special: boolean): TokenEntry {
  if (typeof value === 'string')
    return { content: value, normalized: false, singleWord: false, special: true };
  if (!isRecord(value) || typeof value['content'] !== 'string') {
    throw invalidTokenizer(file, `a token is ${JSON.stringify(value)}`);
  }
  const isSpecial = value['special'] === undefined ? special : value['special'] === true;
  return {
    content: value['content'],
    normalized: value['normalized'] === undefined ? !isSpecial : value['normalized'] === true,
    singleWord: value['single_word'] === true,
    special: isSpecial,
  };
}
