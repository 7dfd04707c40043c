/**
 * @file CLIP's tokenizer: text → the token ids a text encoder reads, equal to transformers' `CLIPTokenizer` as
 * diffusers calls it (`padding="max_length"`, `truncation=True`). Everything comes from the model's own files:
 * vocabulary, merges, special tokens, padding and length. (Radford et al. 2021, "Learning Transferable Visual
 * Models From Natural Language Supervision".)
 */
import { AddedTokenSplitter } from './added-tokens.ts';
import { BYTE_SYMBOLS, toReadableText, WORD_END } from './byte-level.ts';
import { BytePairEncoder } from './byte-pair-encoding.ts';
import { invalidTokenizer } from './json.ts';
import { readTokenizerFiles } from './tokenizer-files.ts';
import type { TokenizerDefinition, TokenizerFiles } from './tokenizer-files.ts';
import { splitWords } from './words.ts';

/** One encoded text. */
interface EncodedText {
  /** Start marker, text, end marker, padding; always {@link ClipTokenizer.maxLength} ids. */
  readonly ids: Int32Array<ArrayBuffer>;
  /** Whether the text was too long. */
  readonly truncated: boolean;
  /** What the ids say, as readable text (lower case, words and punctuation separated by spaces). */
  readonly kept: string;
  /** The text that did not fit, likewise; empty unless `truncated`. */
  readonly cut: string;
}

export interface ClipTokenizer {
  /** Number of ids that `encode` returns. */
  readonly maxLength: number;
  /** One more than the highest id that `encode` can return: what the encoder's embedding has to hold. */
  readonly idCount: number;
  /** Encodes any text; never throws. */
  encode(text: string): EncodedText;
}

/**
 * Makes a tokenizer from the files of its folder.
 * @param folder the folder's name, for messages
 * @param positions the text encoder's `max_position_embeddings`; bounds a `model_max_length` that is larger or
 *   not set
 * @throws AppError `model/config-missing` when neither `tokenizer.json` nor both other files are there;
 *   `model/tokenizer-invalid` when a file is broken or is not a CLIP tokenizer's
 */
export function parseTokenizer(files: TokenizerFiles, folder: string, positions: number): ClipTokenizer {
  const definition = readTokenizerFiles(files, folder);
  const { vocabulary, merges, addedTokens, bosId, eosId, padId, paddingSide, truncationSide } = definition;
  const maxLength = Math.min(definition.maxLength, positions);
  const encoder = new BytePairEncoder(vocabulary, merges, findUnknownId(definition));
  const splitter = new AddedTokenSplitter(addedTokens);
  const tokens = new Map([...vocabulary].map(([token, id]) => [id, token]));
  for (const { id, content } of addedTokens) tokens.set(id, content);

  const encodeContent = (text: string): number[] =>
    // A lone surrogate has no UTF-8 form.
    splitter
      .split(text.replace(/\p{Surrogate}/gu, '\ufffd'))
      .flatMap((piece) =>
        typeof piece === 'number' ? piece : splitWords(piece).flatMap((word) => encoder.encode(word)),
      );
  const decode = (ids: readonly number[]): string => toReadableText(ids.map((id) => tokens.get(id) ?? ''));

  return {
    maxLength,
    idCount: 1 + [bosId, eosId, padId, ...tokens.keys()].reduce((highest, id) => Math.max(highest, id)),
    encode: (text) => {
      const content = encodeContent(text);
      const excess = Math.max(0, content.length - (maxLength - 2));
      const boundary = truncationSide === 'right' ? content.length - excess : excess;
      const head = content.slice(0, boundary);
      const tail = content.slice(boundary);
      const [kept, cut] = truncationSide === 'right' ? [head, tail] : [tail, head];
      const ids = new Int32Array(maxLength).fill(padId);
      ids.set([bosId, ...kept, eosId], paddingSide === 'right' ? 0 : maxLength - kept.length - 2);
      return { ids, truncated: excess > 0, kept: decode(kept), cut: decode(cut) };
    },
  };
}

/** The id of a byte that the vocabulary lacks; `undefined` when it has them all. */
function findUnknownId({
  vocabulary,
  vocabularyFile,
  unknownToken,
}: TokenizerDefinition): number | undefined {
  const missing = BYTE_SYMBOLS.flatMap((symbol) => [symbol, symbol + WORD_END]).find(
    (symbol) => !vocabulary.has(symbol),
  );
  if (missing === undefined) return undefined;
  const id = unknownToken === undefined ? undefined : vocabulary.get(unknownToken);
  if (id !== undefined) return id;
  throw invalidTokenizer(
    vocabularyFile,
    `it has neither ${JSON.stringify(missing)} nor an unknown token for it`,
  );
}
