/** @file A model whose inner values leave the range of float16: painted by the command line, and counted by bench:black. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { generate, run } from './command-line.ts';

const TINY = 'e2e/fixtures/tiny-sdxl/model';

test('what overflows float16 is refused there, named, and painted at bf16', async ({}, testInfo) => {
  const model = testInfo.outputPath('overflowing');
  const made = await run('make-overflow', [TINY, model]).result;
  expect(made.code).toBe(0);
  const out = testInfo.outputPath('picture.png');
  const order = [...['a red apple', '--model', model, '--seed', '1', '--steps', '1', '--backend', 'wasm']];
  const paint = (precision: string) => generate(...order, '--out', out, '--json', '--precision', precision);

  const refused = await paint('f16');
  expect(refused.code).toBe(1);
  expect(refused.stdout).toBe('');
  expect(existsSync(out)).toBe(false);
  const last = refused.stderr.at(-1);
  expect(last).toMatch(/^error: image\/not-finite: The picture \(seed 1\) would be black: .*\bvae decoder\./);
  expect(last).toContain('Choose bf16 or f32.');

  const painted = await paint('bf16');
  expect(painted.code).toBe(0);
  expect(JSON.parse(painted.stdout)).toMatchObject({
    precision: 'bf16',
    images: [{ nonFinite: 0, black: false }],
  });
});

test(
  'bench:black counts what each precision gives, and goes on where it stopped',
  { tag: '@slow' },
  async ({}, testInfo) => {
    const out = testInfo.outputPath('report');
    const list = testInfo.outputPath('prompts.json');
    writeFileSync(list, JSON.stringify(['a red apple']));
    const order = [
      '--model',
      TINY,
      '--prompts-file',
      list,
      '--count',
      '1',
      '--steps',
      '1',
      '--backend',
      'wasm',
    ];
    const places = ['--out', out, '--profile', testInfo.outputPath('profile')];
    const bench = () => run('bench:black', [...order, ...places]).result;
    const first = await bench();
    expect(first.code).toBe(0);
    const report = readFileSync(join(out, 'report.json'), 'utf8');
    const { rows } = JSON.parse(report) as { rows: Record<string, unknown>[] };
    const row = (variant: string, precision: string, black: number) =>
      expect.objectContaining({ variant, precision, count: 1, black, nonFinite: 0 }) as unknown;
    expect(rows).toEqual([
      ...['f32', 'bf16', 'f16'].map((precision) => row('usual', precision, 0)),
      ...[row('overflowing', 'f32', 0), row('overflowing', 'bf16', 0), row('overflowing', 'f16', 1)],
    ]);

    const journal = join(out, 'journal.jsonl');
    const lines = readFileSync(journal, 'utf8').trimEnd().split('\n');
    writeFileSync(journal, `${lines.slice(0, -1).join('\n')}\n`);
    rmSync(join(out, 'report.json'));
    const second = await bench();
    expect(second.code).toBe(0);
    expect(second.stderr.filter((line) => / of 6: /.test(line))).toHaveLength(1);
    expect(readFileSync(join(out, 'report.json'), 'utf8')).toBe(report);
  },
);
