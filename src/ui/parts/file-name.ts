/** @file Names for saved pictures. */

/** Longer names are cut, in characters; file systems allow 255 bytes, and people read less. */
const MAX_WORDS_LENGTH = 60;

/** `a-red-apple-42.png`: the prompt's letters and digits, in any script, and the seed. */
export function pictureFileName(prompt: string, seed: bigint): string {
  const words = prompt.normalize('NFC').match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
  let name = '';
  for (const word of words) {
    const longer = name === '' ? word : `${name}-${word}`;
    if (Array.from(longer).length > MAX_WORDS_LENGTH) break;
    name = longer;
  }
  // A prompt that is one long word, as Chinese without punctuation is.
  if (name === '')
    name = Array.from(words[0] ?? 'emulsion')
      .slice(0, MAX_WORDS_LENGTH)
      .join('');
  return `${name}-${seed}.png`;
}
