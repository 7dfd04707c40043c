import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tinyTokenizer } from '../testing/files.ts';
import { countTokens, splitPrompt } from './chunks.ts';
import golden from './golden/a1111.json' with { type: 'json' };

type GoldenChunk = readonly [ids: string, weights: readonly [weight: number, count: number][]];
const chunked = golden.chunked as unknown as readonly [number, string, readonly GoldenChunk[]][];

const tokenizerFor = (capacity: number) => tinyTokenizer('tokenizer', capacity + 2);

describe('splitPrompt', () => {
  const tokenizers = new Map([75, 18].map((capacity) => [capacity, tokenizerFor(capacity)]));

  it.each(chunked)('cuts into chunks of %i as the web UI does: %j', (capacity, prompt, expected) => {
    const tokenizer = tokenizers.get(capacity) ?? tokenizerFor(capacity);
    expect(splitPrompt(prompt, tokenizer)).toEqual(
      expected.map(([ids, weights]) => ({
        ids: ids === '' ? [] : ids.split(' ').map(Number),
        weights: weights.flatMap(([weight, count]) => Array<number>(count).fill(weight)),
      })),
    );
  });

  it('loses no token and fills no chunk beyond its capacity, for any text and capacity', () => {
    const unit = fc.constantFrom('a fox', ', ', ' ', '(', ')', 'BREAK', ':1.2)', '[', ']');
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 60 }), fc.integer({ min: 1, max: 30 }), (prompt, capacity) => {
        const tokenizer = tokenizerFor(capacity);
        const whole = splitPrompt(prompt, { ...tokenizer, capacity: Infinity });
        const chunks = splitPrompt(prompt, tokenizer);
        expect(chunks.flatMap(({ ids }) => ids)).toEqual(whole.flatMap(({ ids }) => ids));
        expect(chunks.flatMap(({ weights }) => weights)).toEqual(whole.flatMap(({ weights }) => weights));
        expect(chunks.length).toBeGreaterThan(0);
        for (const { ids } of chunks) expect(ids.length).toBeLessThanOrEqual(capacity);
      }),
    );
  });

  it('counts as the web UI counts', () => {
    const tokenizer = tokenizerFor(75);
    const count = (prompt: string): number => countTokens(splitPrompt(prompt, tokenizer), 75);
    expect(count('')).toBe(0);
    expect(count('a fox')).toBe(tokenizer.tokens('a fox').length);
    expect(count('a BREAK a fox')).toBe(75 + tokenizer.tokens('a fox').length);
    expect(count('a '.repeat(80))).toBe(80);
  });
});
