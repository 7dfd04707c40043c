/** @file `lora-check` on the command line, with files that others made. */
import { expect, test } from '@playwright/test';
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

test('a file that is not there is wrong usage', async () => {
  const { code, stdout, stderr } = await run('lora-check', ['no-such.safetensors']).result;
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toEqual(['error: usage: there is no file "no-such.safetensors"']);
});
