/**
 * @file Weighs a stretch of a prompt more or less, by writing its brackets: what the emphasis keys of AUTOMATIC1111's web
 * UI do. `word` becomes `(word:1.1)`, that `(word:1.2)`, and where a weight comes back to 1 the brackets go.
 */
import { BRACKET_WEIGHT } from './emphasis.ts';

/** A piece of a text replaced, and what is selected afterwards. */
export interface TextEdit {
  readonly from: number;
  readonly to: number;
  readonly insert: string;
  readonly selection: readonly [start: number, end: number];
}

/** A stretch without its brackets, what it weighs by them, and where it begins and ends with them. */
interface Stretch {
  readonly start: number;
  readonly end: number;
  readonly weight: number;
  readonly from: number;
  readonly to: number;
}

interface Pair {
  readonly open: number;
  readonly close: number;
}

/** Parts words from each other; what else stands in a prompt belongs to one. */
const DELIMITER = /[\s.,\\/!?%^*;:{}=`~()[\]<>|"，。！？；：、（）《》“”…]/;
const TAG = /<\w+:[^<>]*>/g;
const CLOSED_BY_WEIGHT = /^\s*:\s*([+-]?(?:\d+\.?\d*|\.\d+))\s*\)/;
const ENDS_IN_WEIGHT = /\s*:\s*[+-]?(?:\d+\.?\d*|\.\d+)\s*$/;

/**
 * The edit that adds to the weight of what is selected; with nothing selected, of the brackets that the caret is in, else
 * of the word that it touches, else of brackets that it touches. `undefined` where there is neither, and within `<lora:…>` and its like.
 */
export function adjustEmphasis(text: string, start: number, end: number, by: number): TextEdit | undefined {
  for (const { index, 0: tag } of text.matchAll(TAG))
    if (start < index + tag.length && end > index) return undefined;
  const pairs = findPairs(text);
  const chosen = start === end ? aroundCaret(text, pairs, start) : trimmed(text, pairs, start, end);
  if (!chosen) return undefined;
  const stretch = withBrackets(text, pairs, chosen);
  const weight = Number((stretch.weight + by).toFixed(4));
  const inner = text.slice(stretch.start, stretch.end);
  const written = Number.isInteger(weight) ? weight.toFixed(1) : String(weight);
  const [opening, closing] = weight === 1 ? ['', ''] : ['(', `:${written})`];
  const first = stretch.from + opening.length;
  return {
    from: stretch.from,
    to: stretch.to,
    insert: opening + inner + closing,
    selection: [first, first + inner.length],
  };
}

/** Brackets that belong together, as they are read: each kind for itself, but for those that are escaped. */
function findPairs(text: string): Pair[] {
  const pairs: Pair[] = [];
  const open: Record<string, number[]> = { ')': [], ']': [] };
  for (const { index, 0: sign } of text.matchAll(/\\.|[()[\]]/gs)) {
    if (sign === '(') open[')']?.push(index);
    else if (sign === '[') open[']']?.push(index);
    else {
      const start = open[sign]?.pop();
      if (start !== undefined) pairs.push({ open: start, close: index });
    }
  }
  return pairs;
}

type Range = Pick<Stretch, 'start' | 'end'>;

function aroundCaret(text: string, pairs: readonly Pair[], caret: number): Range | undefined {
  const around = pairs.filter(({ open, close }) => open < caret && caret <= close);
  const innermost = around.toSorted((a, b) => b.open - a.open)[0];
  if (innermost) return contents(text, pairs, innermost);
  let [start, end] = [caret, caret];
  while (start > 0 && !DELIMITER.test(text.charAt(start - 1))) start--;
  while (end < text.length && !DELIMITER.test(text.charAt(end))) end++;
  if (start < end) return { start, end };
  const touched = pairs.find(({ open, close }) => open === caret || close === caret - 1);
  return touched && contents(text, pairs, touched);
}

/** A selection without white space at its ends, and without a pair of brackets that it holds whole. */
function trimmed(text: string, pairs: readonly Pair[], start: number, end: number): Range | undefined {
  const selected = text.slice(start, end);
  const first = start + selected.length - selected.trimStart().length;
  const last = first + selected.trim().length;
  if (first === last) return undefined;
  const whole = pairs.find(({ open, close }) => open === first && close === last - 1);
  return whole ? contents(text, pairs, whole) : { start: first, end: last };
}

/** What brackets hold, without a weight, and without further brackets around all of it. */
function contents(text: string, pairs: readonly Pair[], { open, close }: Pair): Range {
  const inner = text.slice(open + 1, close);
  const weight = text.charAt(open) === '(' ? (ENDS_IN_WEIGHT.exec(inner)?.[0].length ?? 0) : 0;
  const nested = pairs.find((pair) => pair.open === open + 1 && pair.close === close - 1);
  return nested ? contents(text, pairs, nested) : { start: open + 1, end: close - weight };
}

/** Takes in the brackets that stand right around a stretch: one pair with a weight, or any number of one kind without. */
function withBrackets(text: string, pairs: readonly Pair[], { start, end }: Range): Stretch {
  const weighed = CLOSED_BY_WEIGHT.exec(text.slice(end));
  const closeOf = (open: number): number | undefined => pairs.find((pair) => pair.open === open)?.close;
  if (weighed && text.charAt(start - 1) === '(') {
    const to = end + weighed[0].length;
    if (closeOf(start - 1) === to - 1) return { start, end, weight: Number(weighed[1]), from: start - 1, to };
  }
  const bracket = text.charAt(start - 1);
  let depth = 0;
  while (text.charAt(start - 1 - depth) === bracket && closeOf(start - 1 - depth) === end + depth) depth++;
  const power = (bracket === '(' ? BRACKET_WEIGHT : 1 / BRACKET_WEIGHT) ** depth;
  // Steps are counted from a weight that is written with one digit.
  return { start, end, weight: Math.round(power * 10) / 10, from: start - depth, to: end + depth };
}
