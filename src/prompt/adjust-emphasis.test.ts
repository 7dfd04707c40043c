import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { adjustEmphasis } from './adjust-emphasis.ts';
import { parseEmphasis } from './emphasis.ts';

const STEP = 0.1;

/** The text with its selection between bars, or a caret as one; `undefined` where nothing is to be edited. */
function press(marked: string, by: number): string | undefined {
  const [before = '', selected = '', after] = marked.split('|');
  const text = before + selected + (after ?? '');
  const end = after === undefined ? before.length : before.length + selected.length;
  const edit = adjustEmphasis(text, before.length, end, by);
  if (!edit) return undefined;
  const written = text.slice(0, edit.from) + edit.insert + text.slice(edit.to);
  const [first, last] = edit.selection;
  return `${written.slice(0, first)}|${written.slice(first, last)}|${written.slice(last)}`;
}

describe('adjustEmphasis', () => {
  it.each([
    ['a fo|x', 'a (|fox|:1.1)'],
    ['a |fox runs', 'a (|fox|:1.1) runs'],
    ['a (|fox|:1.1)', 'a (|fox|:1.2)'],
    ['a (fo|x:1.1) b', 'a (|fox|:1.2) b'],
    ['a (fox:1.|1) b', 'a (|fox|:1.2) b'],
    ['a (fox:0.9|)', 'a |fox|'],
    ['(|a fox|:0.9) b', '|a fox| b'],
    ['| a fox | b', ' (|a fox|:1.1)  b'],
    ['(a fox:|1.9)', '(|a fox|:2.0)'],
    ['(a f|ox)', '(|a fox|:1.2)'],
    ['((a f|ox))', '(|a fox|:1.3)'],
    ['[a f|ox]', '|a fox|'],
    ['[[a f|ox]]', '(|a fox|:0.9)'],
    ['|(a fox:1.3)| b', '(|a fox|:1.4) b'],
    ['((fox:1.2) r|ed:1.5)', '(|(fox:1.2) red|:1.6)'],
    ['(a (f|ox:1.2) red:1.5)', '(a (|fox|:1.3) red:1.5)'],
    ['a (fox:1.1)|', 'a (|fox|:1.2)'],
    ['a |(fox:1.1)', 'a (|fox|:1.2)'],
    ['a ((fox))|', 'a (|fox|:1.3)'],
    ['a |((fox))|', 'a (|fox|:1.3)'],
    ['(fox)|red', '(fox)(|red|:1.1)'],
    ['a \\(f|ox\\)', 'a \\((|fox|:1.1)\\)'],
    ['红苹|果，水彩', '(|红苹果|:1.1)，水彩'],
    ['well-kn|own fox', '(|well-known|:1.1) fox'],
    ['(fox:-0.5|)', '(|fox|:-0.4)'],
    ['(fox|', '((|fox|:1.1)'],
  ])('weighs %j more', (marked, expected) => {
    expect(press(marked, STEP)).toBe(expected);
  });

  it.each([
    ['a fo|x', 'a (|fox|:0.9)'],
    ['(|fox|:1.1)', '|fox|'],
    ['(a f|ox)', '|a fox|'],
    ['(fox:0.1|)', '(|fox|:0.0)'],
  ])('weighs %j less', (marked, expected) => {
    expect(press(marked, -STEP)).toBe(expected);
  });

  it.each(['', '|', 'a | b', 'a| |b', 'a <lora:fo|x:1> b', '|a <lora:x:1>| b'])(
    'leaves %j alone',
    (marked) => {
      expect(press(marked, STEP)).toBeUndefined();
    },
  );

  it('changes the weight of what is selected by the step, and of nothing else', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'é', '红'), minLength: 1 });
    const text = fc.array(word, { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(
        text,
        fc.nat(),
        fc.array(fc.boolean(), { minLength: 1, maxLength: 30 }),
        (words, n, ups) => {
          const at = n % words.length;
          let start = words.slice(0, at).join(' ').length + (at > 0 ? 1 : 0);
          let end = start + (words[at]?.length ?? 0);
          let prompt = words.join(' ');
          for (const up of ups) {
            const edit = adjustEmphasis(prompt, start, end, up ? STEP : -STEP);
            if (!edit) throw new Error('nothing was edited');
            prompt = prompt.slice(0, edit.from) + edit.insert + prompt.slice(edit.to);
            [start, end] = edit.selection;
          }
          const net = ups.reduce((sum, up) => sum + (up ? 1 : -1), 0) / 10;
          const [part = []] = parseEmphasis(prompt);
          expect(part.map((stretch) => stretch.text).join('')).toBe(words.join(' '));
          const weights = part.map(({ weight }) => weight).filter((weight) => weight !== 1);
          expect(weights.map((weight) => weight.toFixed(6))).toEqual(net === 0 ? [] : [(1 + net).toFixed(6)]);
        },
      ),
    );
  });
});
