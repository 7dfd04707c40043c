/** @file Ways of guidance on the command line: what each costs, what is written into the picture, what is refused. */
import { readFileSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import { readPngText } from '../src/image/png.ts';
import { generate } from './command-line.ts';

const ORDER = [
  ...['a red apple', '--negative', 'blue', '--model', 'e2e/fixtures/tiny-sdxl/model', '--backend', 'wasm'],
  ...['--sampler', 'turbo', '--steps', '4', '--width', '64', '--height', '64', '--seed', '7'],
];

for (const [guidance, unetEvaluations] of [
  ['off', 4],
  ['first-step', 5],
  ['full', 8],
  ['onetime-negative', 5],
] as const) {
  test(`--guidance ${guidance} takes ${unetEvaluations} evaluations for four steps`, async ({}, testInfo) => {
    const out = testInfo.outputPath('picture.png');
    const flags = ['--guidance', guidance, '--guidance-rescale', '0.7', '--clip-skip', '1'];
    const { code, stdout, stderr } = await generate(...ORDER, ...flags, '--out', out, '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ guidance, unetEvaluations });
    const hasNegative = guidance !== 'off';
    expect(stderr.some((line) => /negative prompt only acts/i.test(line))).toBe(!hasNegative);
    const text = readPngText(readFileSync(out))['parameters'] ?? '';
    expect(text.includes('Negative prompt: blue')).toBe(hasNegative);
    expect(text).toContain(`CFG scale: ${hasNegative ? 1.5 : 1}, `);
    expect(text).toContain('Clip skip: 2, ');
  });
}

test('--guidance distilled is refused where a model has none inside, and clip skip beyond its layers', async ({}, testInfo) => {
  const out = testInfo.outputPath('picture.png');
  for (const [flags, sentence] of [
    [['--guidance', 'distilled'], /^error: request\/invalid: .*no guidance inside/],
    [['--clip-skip', '3'], /^error: request\/invalid: .*clip skip.*from 0 to 2/],
  ] as const) {
    const { code, stderr } = await generate(...ORDER, ...flags, '--out', out);
    expect(code).toBe(1);
    expect(stderr.filter((line) => sentence.test(line))).toHaveLength(1);
  }
});
