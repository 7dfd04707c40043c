/**
 * @file Emphasis in prompts as AUTOMATIC1111's web UI means it: `(text)` weighs 1.1 times as much, `[text]` a 1.1th,
 * `(text:1.3)` 1.3 times; brackets nest, a backslash before a bracket or a backslash takes it literally, brackets that are
 * never closed reach to the end, and `BREAK` begins a new part. Prompt editing (`[from:to:when]`), alternation
 * (`[a|b]`) and `AND` are not computed: their brackets are emphasis like any others, the rest of them is text.
 */

/** A stretch of text whose words all weigh the same. */
export interface WeightedText {
  readonly text: string;
  /** 1 is as written. */
  readonly weight: number;
}

/** What a pair of round brackets weighs; one of square brackets takes as much away. */
export const BRACKET_WEIGHT = 1.1;

const NUMBER = String.raw`[+-]?(?:\d+\.?\d*|\.\d+)`;
/** An escape, the end of a bracket with its weight, a character that may mean something, or a stretch of others. */
const PIECE = new RegExp(String.raw`\\([\\()[\]]?)|:\s*(${NUMBER})\s*\)|[()[\]:]|[^\\()[\]:]+`, 'g');
const BREAK = /\s*(?<![\p{L}\p{N}_])BREAK(?![\p{L}\p{N}_])\s*/u;

interface Piece {
  readonly text: string;
  readonly part: number;
  weight: number;
}

/** The parts of a prompt, one more than it has `BREAK`s, each as stretches of one weight. Takes any text. */
export function parseEmphasis(prompt: string): WeightedText[][] {
  const pieces: Piece[] = [];
  /** Where the brackets that are open began. */
  const open: Record<'round' | 'square', number[]> = { round: [], square: [] };
  let part = 0;
  const weigh = (start: number, weight: number): void => {
    for (const piece of pieces.slice(start)) piece.weight *= weight;
  };
  const close = (kind: keyof typeof open, weight: number): boolean => {
    const start = open[kind].pop();
    if (start !== undefined) weigh(start, weight);
    return start !== undefined;
  };

  for (const [whole, escaped, weight] of prompt.matchAll(PIECE)) {
    if (escaped !== undefined) pieces.push({ text: escaped, part, weight: 1 });
    else if (whole === '(') open.round.push(pieces.length);
    else if (whole === '[') open.square.push(pieces.length);
    else if (weight !== undefined && close('round', Number(weight))) continue;
    else if (whole === ')' && close('round', BRACKET_WEIGHT)) continue;
    else if (whole === ']' && close('square', 1 / BRACKET_WEIGHT)) continue;
    else {
      for (const [i, text] of whole.split(BREAK).entries()) {
        if (i > 0) part++;
        pieces.push({ text, part, weight: 1 });
      }
    }
  }
  for (const start of open.round) weigh(start, BRACKET_WEIGHT);
  for (const start of open.square) weigh(start, 1 / BRACKET_WEIGHT);
  return merged(pieces, part + 1);
}

/** Neighbours of one weight become one text, because words may reach across what parted them. */
function merged(pieces: readonly Piece[], count: number): WeightedText[][] {
  const parts: { text: string; weight: number }[][] = Array.from({ length: count }, () => []);
  for (const { text, part, weight } of pieces) {
    const stretches = parts[part];
    const last = stretches?.at(-1);
    if (last?.weight === weight) last.text += text;
    else stretches?.push({ text, weight });
  }
  return parts;
}
