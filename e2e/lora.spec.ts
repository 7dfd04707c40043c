/** @file `lora-check` on the command line, with files that others made. */
import { readFileSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import { parseF32Safetensors } from '../src/weights/safetensors.ts';
import { run } from './command-line.ts';

const FIXTURES = 'e2e/fixtures/tiny-sdxl';

interface Verdict {
  readonly admitted: boolean;
  readonly reasons: readonly { readonly rule: string }[];
  readonly total: { readonly modules: number };
}

test('admits what keeps the rules, and names the one that is broken', async ({}, testInfo) => {
  const place = ['--model', `${FIXTURES}/model`, '--profile', testInfo.outputPath('profile')];
  const check = async (name: string) => {
    const { code, stdout } = await run('lora-check', [`${FIXTURES}/lora_${name}.safetensors`, ...place])
      .result;
    const { admitted, reasons, total } = JSON.parse(stdout) as Verdict;
    return [code, admitted, [...new Set(reasons.map(({ rule }) => rule))], total.modules];
  };
  expect(await check('peft_r8_a4')).toEqual([0, true, [], 170]);
  expect(await check('bad_alpha32')).toEqual([1, false, ['scale'], 2]);
});

test('repairs what can be repaired, and writes it', async ({}, testInfo) => {
  const out = testInfo.outputPath('repaired.safetensors');
  const place = ['--model', `${FIXTURES}/model`, '--profile', testInfo.outputPath('profile')];
  const order = [`${FIXTURES}/lora_bad_conv_in.safetensors`, ...place, '--policy', 'adapt', '--out', out];
  const { code, stdout } = await run('lora-check', order).result;
  const { admitted, repairs } = JSON.parse(stdout) as Verdict & { repairs: unknown };
  expect([code, admitted, repairs]).toEqual([0, true, [{ kind: 'left-out', module: 'conv_in' }]]);
  const tensors = parseF32Safetensors(readFileSync(out), 'repaired');
  expect([...tensors.keys()].filter((name) => name.endsWith('.alpha'))).toHaveLength(2);
});

test('a file that is not there is wrong usage', async () => {
  const { code, stdout, stderr } = await run('lora-check', ['no-such.safetensors']).result;
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toEqual(['error: usage: there is no file "no-such.safetensors"']);
});
