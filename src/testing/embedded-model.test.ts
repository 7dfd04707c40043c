/** @file The model that comes with the site, as it is shipped: how large it is, and that what is said of it is true. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';

const MODEL = 'public/models/emoji';
const MOST_BYTES = 48e6;
const BYTES_PER_WEIGHT = 2;

const json = (file: string) => JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
const files = readdirSync(MODEL, { recursive: true, encoding: 'utf8' }).map((name) => path.join(MODEL, name));
const bytesOf = (names: readonly string[]) => names.reduce((sum, name) => sum + statSync(name).size, 0);

it('is no larger than a first visit can bear', () => {
  expect(bytesOf(files.filter((name) => statSync(name).isFile()))).toBeLessThanOrEqual(MOST_BYTES);
  const weights = files.filter((name) => name.endsWith('.safetensors'));
  expect(weights).toHaveLength(5);
  expect(bytesOf(weights) / BYTES_PER_WEIGHT).toBeLessThan(24e6);
});

it.each(['tokenizer', 'tokenizer_2'])(
  '%s has the end of a text as its highest id, which pooling looks for',
  (name) => {
    const { model, added_tokens: added } = json(`${MODEL}/${name}/tokenizer.json`) as {
      model: { vocab: Record<string, number> };
      added_tokens: { id: number; content: string }[];
    };
    const ids = [...Object.values(model.vocab), ...added.map(({ id }) => id)];
    expect(added.find(({ content }) => content === '<|endoftext|>')?.id).toBe(Math.max(...ids));
  },
);

it('proposes the prompts, sizes and styles that its recipe names', () => {
  const manifest = json(`${MODEL}/emulsion.json`);
  expect(manifest['examples']).toEqual(json('training/examples.json'));
  expect(manifest).toMatchObject(json('training/sizes-and-styles.json'));
});

it('is as good as it has to be, by the figures that are published of it', () => {
  const figures = json('docs/model/figures.json') as Record<string, Record<string, number>>;
  const { '4-steps': four, '1-step': one, 'teacher-30-steps': teacher } = figures;
  expect(four).toMatchObject({ pictures: 300 });
  const shares = ['object', 'colour', 'background'].map((key) => [four?.[key], teacher?.[key]] as const);
  for (const [index, least] of [0.9, 0.85, 0.95].entries())
    expect(shares[index]?.[0]).toBeGreaterThanOrEqual(least);
  for (const [mine = NaN, its = NaN] of shares) expect(mine).toBeGreaterThan(its - 0.03);
  expect(one?.['object']).toBeGreaterThanOrEqual(0.8);
  expect(Math.abs((four?.['objectEnglish'] ?? NaN) - (four?.['objectChinese'] ?? NaN))).toBeLessThan(0.05);
});
