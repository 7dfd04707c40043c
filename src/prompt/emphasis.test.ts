import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseEmphasis, type WeightedText } from './emphasis.ts';
import golden from './golden/a1111.json' with { type: 'json' };

const parsed = golden.parsed as unknown as readonly [string, readonly [string, number][]][];

/** As the web UI lists them; what has no text means nothing. */
function listed(parts: readonly (readonly WeightedText[])[]): [string, number][] {
  const stretches = parts.flatMap((part, i): [string, number][] => [
    ...(i === 0 ? [] : [['BREAK', -1] as [string, number]]),
    ...part.map(({ text, weight }): [string, number] => [text, weight]),
  ]);
  return stretches.filter(([text]) => text !== '');
}

const escape = (text: string): string => text.replace(/[\\()[\]]/g, String.raw`\$&`);
/** Free of what means something. */
const word = fc.string({ unit: fc.constantFrom('a', 'b', ' ', ',', 'é', '红') });
const weight = fc.integer({ min: -30, max: 30 }).map((tenths) => tenths / 10);

describe('parseEmphasis', () => {
  it.each(parsed)('reads %j as the web UI does', (prompt, expected) => {
    expect(listed(parseEmphasis(prompt))).toEqual(expected.filter(([text]) => text !== ''));
  });

  it('begins a new part at a BREAK within brackets too', () => {
    expect(parseEmphasis('(a BREAK b:1.5)')).toEqual([
      [{ text: 'a', weight: 1.5 }],
      [{ text: 'b', weight: 1.5 }],
    ]);
  });

  it('takes what is no number for text', () => {
    expect(listed(parseEmphasis('(a:1.2.3)'))).toEqual([['a:1.2.3', 1.1]]);
  });

  it('gives back what has been escaped', () => {
    const text = fc.string({ unit: fc.constantFrom('a', ':', '(', ')', '[', ']', '\\', ' ', '1.2', '红') });
    fc.assert(
      fc.property(text, (written) => {
        expect(listed(parseEmphasis(escape(written)))).toEqual(written === '' ? [] : [[written, 1]]);
      }),
    );
  });

  it('multiplies what nests, whatever stands around it', () => {
    fc.assert(
      fc.property(word, word, word, weight, weight, (before, inner, after, a, b) => {
        const [part = []] = parseEmphasis(`${before}(((${inner}:${a})):${b})${after}`);
        const weights = part.filter(({ text }) => text !== '');
        expect(weights.map(({ text }) => text).join('')).toBe(before + inner + after);
        const inside = inner === '' ? [] : [a * 1.1 * b];
        for (const expected of inside)
          expect(weights.some((stretch) => Math.abs(stretch.weight - expected) < 1e-9)).toBe(true);
        for (const stretch of weights)
          expect([1, ...inside].some((each) => Math.abs(stretch.weight - each) < 1e-9)).toBe(true);
      }),
    );
  });

  it('loses no word of any text, and weighs each with a number', () => {
    const any = fc.string({ unit: fc.constantFrom('(', ')', '[', ']', ':', '\\', '1.2', 'a', 'BREAK', ' ') });
    fc.assert(
      fc.property(any, (prompt) => {
        const parts = parseEmphasis(prompt);
        const letters = (text: string): number => text.split('a').length;
        expect(
          letters(
            listed(parts)
              .map(([text]) => text)
              .join(''),
          ),
        ).toBe(letters(prompt));
        expect(parts.flat().every((stretch) => Number.isFinite(stretch.weight))).toBe(true);
        for (const part of parts)
          for (const [i, stretch] of part.entries()) expect(stretch.weight).not.toBe(part[i + 1]?.weight);
      }),
    );
  });
});
