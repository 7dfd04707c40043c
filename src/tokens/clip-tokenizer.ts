/**
 * @file CLIP's tokenizer: text → token ids, and ids → the window of fixed length that a text encoder reads, equal to
 * transformers' `CLIPTokenizer` as diffusers calls it (`padding="max_length"`). Everything comes from the model's own
 * files: vocabulary, merges, special tokens, padding and length. Nothing is cut here: whoever has more ids than a window
 * holds takes several windows. (Radford et al. 2021, "Learning Transferable Visual Models From Natural Language
 * Supervision".)
 */
import { AddedTokenSplitter } from './added-tokens.ts';
import { BYTE_SYMBOLS, WORD_END } from './byte-level.ts';
import { BytePairEncoder } from './byte-pair-encoding.ts';
import { invalidTokenizer } from './json.ts';
import { readTokenizerFiles } from './tokenizer-files.ts';
import type { TokenizerDefinition, TokenizerFiles } from './tokenizer-files.ts';
import { splitWords } from './words.ts';

/** What a text encoder reads at once. */
interface TokenWindow {
  /** Start marker, content, end marker, padding; always {@link ClipTokenizer.maxLength} ids. */
  readonly ids: Int32Array<ArrayBuffer>;
  /** Index of the first id of the content. */
  readonly start: number;
}

export interface ClipTokenizer {
  /** Number of ids of a window. */
  readonly maxLength: number;
  /** How many ids of content a window holds, between its markers; 0 for a tokenizer that reads nothing. */
  readonly capacity: number;
  /** One more than the highest id there is: what the encoder's embedding has to hold. */
  readonly idCount: number;
  /** The id of a comma that ends a word; `undefined` where the vocabulary has none. */
  readonly comma: number | undefined;
  /** The ids of any text, without markers, however many; never throws. */
  tokens(text: string): number[];
  /** The window of at most {@link capacity} ids. */
  window(content: readonly number[]): TokenWindow;
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
  const { vocabulary, merges, addedTokens, bosId, eosId, padId, paddingSide } = definition;
  const maxLength = Math.min(definition.maxLength, positions);
  const encoder = new BytePairEncoder(vocabulary, merges, findUnknownId(definition));
  const splitter = new AddedTokenSplitter(addedTokens);
  const tokens = [...vocabulary.values(), ...addedTokens.map(({ id }) => id)];

  return {
    maxLength,
    capacity: maxLength - 2,
    idCount: 1 + [bosId, eosId, padId, ...tokens].reduce((highest, id) => Math.max(highest, id)),
    comma: vocabulary.get(`,${WORD_END}`),
    tokens: (text) =>
      // A lone surrogate has no UTF-8 form.
      splitter
        .split(text.replace(/\p{Surrogate}/gu, '\ufffd'))
        .flatMap((piece) =>
          typeof piece === 'number' ? piece : splitWords(piece).flatMap((word) => encoder.encode(word)),
        ),
    window: (content) => {
      const ids = new Int32Array(maxLength).fill(padId);
      const offset = paddingSide === 'right' ? 0 : maxLength - content.length - 2;
      ids.set([bosId, ...content, eosId], offset);
      return { ids, start: offset + 1 };
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
