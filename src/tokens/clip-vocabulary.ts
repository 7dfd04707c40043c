/**
 * @file CLIP's own vocabulary, for checkpoints that come without tokenizer files. All of it follows from the list of
 * merges: first the 256 bytes, then the same as ends of words, then each merge's result, then the two markers. A
 * smaller encoder has the same vocabulary with fewer merges.
 */
import { BYTE_SYMBOLS, WORD_END } from './byte-level.ts';

const START = '<|startoftext|>';
const END = '<|endoftext|>';
const VERSION = '#version: 0.2';

/** The files of a `tokenizer/` folder, by name. */
export type TokenizerFolder = Readonly<
  Record<'vocab.json' | 'merges.txt' | 'tokenizer_config.json' | 'special_tokens_map.json', string>
>;

/**
 * Writes the files of a CLIP tokenizer.
 * @param mergeList `merges.txt` as CLIP has it
 * @param size ids in the vocabulary, the rows of the encoder's token table
 * @param length tokens the encoder reads
 * @param padding the token texts are filled up with: SDXL's first encoder takes the end marker, its second "!"
 */
export function clipTokenizerFiles(
  mergeList: string,
  { size, length, padding }: { size: number; length: number; padding: 'end' | '!' },
): TokenizerFolder {
  // CLIP orders the bytes by their symbols: the printable ones come first.
  const bytes = [...BYTE_SYMBOLS].sort();
  const alphabet = [...bytes, ...bytes.map((symbol) => symbol + WORD_END)];
  const wanted = Math.max(0, size - alphabet.length - 2);
  const lines = mergeList.split('\n').filter((line) => line !== '' && !line.startsWith('#version'));
  const merges = lines.slice(0, wanted);
  const tokens = [...alphabet, ...merges.map((merge) => merge.replace(' ', '')), START, END];
  // Written by hand because a JavaScript object would move the tokens "0" … "9" to the front.
  const entries = tokens.map((token, id) => `${JSON.stringify(token)}:${id}`);
  const special = {
    bos_token: START,
    eos_token: END,
    unk_token: END,
    pad_token: padding === 'end' ? END : padding,
  };
  return {
    'vocab.json': `{${entries.join(',')}}`,
    'merges.txt': [VERSION, ...merges, ''].join('\n'),
    'tokenizer_config.json': JSON.stringify({
      ...special,
      model_max_length: length,
      tokenizer_class: 'CLIPTokenizer',
    }),
    'special_tokens_map.json': JSON.stringify(special),
  };
}
