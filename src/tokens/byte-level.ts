/**
 * @file The byte alphabet of GPT-2 and CLIP vocabularies: each of the 256 bytes is written as one visible
 * character, so that a vocabulary can be a text file. Printable Latin-1 bytes stand for themselves, the others
 * are shifted to U+0100 and up. (Radford et al. 2019, "Language Models are Unsupervised Multitask Learners".)
 */

/** Marks the last symbol of a word, as CLIP's vocabulary writes it. */
export const WORD_END = '</w>';

/** The character of each byte; index = byte. */
export const BYTE_SYMBOLS: readonly string[] = byteSymbols();

const BYTES = new Map(BYTE_SYMBOLS.map((symbol, byte) => [symbol, byte]));

const encoder = new TextEncoder();
// `ignoreBOM` keeps a U+FEFF the user typed; without it the decoder would swallow one at the start.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** The symbols of one word: one per UTF-8 byte, the last one carrying {@link WORD_END}. */
export function toByteSymbols(word: string): string[] {
  const symbols = Array.from(encoder.encode(word), (byte) => BYTE_SYMBOLS[byte] ?? '');
  const last = symbols.pop();
  return last === undefined ? [] : [...symbols, last + WORD_END];
}

/**
 * Readable text of a run of tokens, words separated by one space. Bytes that are no UTF-8, which a cut through
 * a character leaves, become U+FFFD.
 */
export function toReadableText(tokens: readonly string[]): string {
  const bytes = tokens.flatMap((token) => {
    const characters = Array.from(token);
    const known = characters.flatMap((character) => BYTES.get(character) ?? []);
    return known.length === characters.length ? known : [...encoder.encode(token)];
  });
  const text = decoder.decode(new Uint8Array(bytes)).replaceAll(WORD_END, ' ');
  return text.replace(/^ +| +$/g, '');
}

function byteSymbols(): string[] {
  let shifted = 0x100;
  return Array.from({ length: 256 }, (_, byte) => {
    const printable = (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte !== 0xad);
    return String.fromCharCode(printable ? byte : shifted++);
  });
}
