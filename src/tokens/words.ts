/**
 * @file From a prompt to the words CLIP knows: the normalisation and the split that Hugging Face's `tokenizers`
 * performs for `CLIPTokenizer`. Its character classes are Unicode's, not JavaScript's `\s` (which takes U+FEFF
 * for a space and U+0085 for none). Letters that only newer Unicode versions know depend on the engine's tables.
 */

/** Either marker of a text as a word of its own, in three parts; a contraction; letters; one digit; the rest. */
const WORD =
  /(<\|)(startoftext|endoftext)(\|>)|'(?:[stmd]|re|ve|ll)|\p{L}+|\p{N}|[^\p{White_Space}\p{L}\p{N}]+/gu;

/** Composed characters (NFC), one space for every run of white space, lower case. */
export function normalizeText(text: string): string {
  const composed = text.normalize('NFC').replace(/\p{White_Space}+/gu, ' ');
  // The reference lowers each character on its own, where a Σ never becomes the final ς.
  return composed.replaceAll('Σ', 'σ').toLowerCase();
}

/** The words of a normalised text; white space is dropped. */
export function splitWords(text: string): string[] {
  const words: string[] = [];
  for (const [word, open, name, close] of text.matchAll(WORD)) {
    if (open !== undefined && name !== undefined && close !== undefined) words.push(open, name, close);
    else words.push(word);
  }
  return words;
}
