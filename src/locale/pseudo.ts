/**
 * @file The pseudo-language, a tool of developers: English, accented, longer and in brackets. What shows without brackets
 * is no text of a language, what is cut has too little room, and brackets in a row are a sentence made of pieces.
 */
import { en, type Messages } from './en/index.ts';

const PLAIN = 'abcdefghijklmnoprstuwyzABCDEFGHIJKLMNOPRSTUWYZ';
const ACCENTED = 'áƀçđéƒĝĥíĵķļɱñóþŕšťúŵýžÁƁÇĐÉƑĜĤÍĴĶĻṀÑÓÞŔŠŤÚŴÝŽ';
/** Said twice, they make a text as much longer as other languages are. */
const VOWELS = /[aeiou]/i;

/** English in disguise; the values of a text stay plain. */
export const pseudo = disguised(en) as Messages;

/** Texts, functions that make texts of values, and objects of both. */
function disguised(texts: unknown): unknown {
  if (typeof texts === 'string') return disguise(texts, []);
  if (typeof texts === 'function')
    return (...values: unknown[]) => disguise((texts as (...values: unknown[]) => string)(...values), values);
  return Object.fromEntries(
    Object.entries(texts as object).map(([key, inner]: [string, unknown]) => [key, disguised(inner)]),
  );
}

function disguise(text: string, values: readonly unknown[]): string {
  const kept = wordsOf(values).sort((a, b) => b.length - a.length);
  // Split by what is captured, every second part is a value.
  const parts = kept.length === 0 ? [text] : text.split(new RegExp(`(${kept.map(escaped).join('|')})`));
  return `⟦${parts.map((part, i) => (i % 2 === 0 ? accent(part) : part)).join('')}⟧`;
}

/** Values as they stand in a text, and those that they hold. */
function wordsOf(values: readonly unknown[]): string[] {
  return values.flatMap((value) => {
    if (typeof value === 'object' && value !== null) return wordsOf(Object.values(value));
    const word = String(value);
    return word === '' ? [] : [word];
  });
}

function accent(text: string): string {
  return text.replace(/[a-z]/gi, (letter) => {
    const accented = ACCENTED.charAt(PLAIN.indexOf(letter)) || letter;
    return VOWELS.test(letter) ? accented + accented.toLowerCase() : accented;
  });
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
