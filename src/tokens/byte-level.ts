/**
 * @file The byte alphabet of GPT-2 and CLIP vocabularies: each of the 256 bytes is written as one visible
 * character, so that a vocabulary can be a text file. Printable Latin-1 bytes stand for themselves, the others
 * are shifted to U+0100 and up. (Radford et al. 2019, "Language Models are Unsupervised Multitask Learners".)
 */

/** Marks the last symbol of a word, as CLIP's vocabulary writes it. */
export const WORD_END = '</w>';

/** The character of each byte; index = byte. */
export const BYTE_SYMBOLS: readonly string[] = byteSymbols();

const encoder = new TextEncoder();

/** The symbols of one word: one per UTF-8 byte, the last one carrying {@link WORD_END}. */
export function toByteSymbols(word: string): string[] {
  const symbols = Array.from(encoder.encode(word), (byte) => BYTE_SYMBOLS[byte] ?? '');
  const last = symbols.pop();
  return last === undefined ? [] : [...symbols, last + WORD_END];
}

function byteSymbols(): string[] {
  let shifted = 0x100;
  return Array.from({ length: 256 }, (_, byte) => {
    const printable = (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte !== 0xad);
    return String.fromCharCode(printable ? byte : shifted++);
  });
}
