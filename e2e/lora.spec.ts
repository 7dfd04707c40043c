/** @file LoRAs on the command line, with files that others made. */
import { readFileSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import { decode } from 'fast-png';
import { readPngText } from '../src/image/png.ts';
import { parseF32Safetensors } from '../src/weights/safetensors.ts';
import { run } from './command-line.ts';

const FIXTURES = 'e2e/fixtures/tiny-sdxl';

interface Verdict {
  readonly admitted: boolean;
  readonly reasons: readonly { readonly rule: string }[];
  readonly total: { readonly modules: number };
}

test('names the rule that is broken', async ({}, testInfo) => {
  const place = ['--model', `${FIXTURES}/model`, '--profile', testInfo.outputPath('profile')];
  const order = [`${FIXTURES}/lora_bad_alpha32.safetensors`, ...place, '--config-only'];
  const { code, stdout } = await run('lora-check', order).result;
  const { admitted, reasons, total } = JSON.parse(stdout) as Verdict;
  const rules = [...new Set(reasons.map(({ rule }) => rule))];
  expect([code, admitted, rules, total.modules]).toEqual([1, false, ['scale'], 2]);
});

test('repairs what can be repaired, and writes it', async ({}, testInfo) => {
  const out = testInfo.outputPath('repaired.safetensors');
  const place = ['--model', `${FIXTURES}/model`, '--profile', testInfo.outputPath('profile')];
  const order = [
    `${FIXTURES}/lora_bad_conv_in.safetensors`,
    ...place,
    '--policy',
    'adapt',
    '--out',
    out,
    '--config-only',
  ];
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

interface Trial {
  readonly evaluation: { readonly nonFinite: number; readonly moved: number };
  readonly pairs: readonly { readonly seed: string; readonly plain: object; readonly adapted: object }[];
  readonly concerns: readonly { readonly kind: string }[];
}

test('tries out a LoRA that keeps all rules, and writes a report', async ({}, testInfo) => {
  const report = testInfo.outputPath('report.html');
  const order = [`${FIXTURES}/lora_peft_r8_a4.safetensors`, '--model', `${FIXTURES}/model`];
  const flags = ['--backend', 'wasm', '--profile', testInfo.outputPath('profile'), '--report', report];
  const { code, stdout } = await run('lora-check', [...order, ...flags]).result;
  const { admitted, reasons, total, trial } = JSON.parse(stdout) as Verdict & { trial: Trial };
  expect([admitted, reasons, total.modules]).toEqual([true, [], 170]);
  expect([code, trial.evaluation.nonFinite]).toEqual([0, 0]);
  // On other noise, the reference's output moves by 40 % with this LoRA.
  expect(trial.evaluation.moved).toBeGreaterThan(0.05);
  expect(trial.pairs.map(({ seed }) => seed)).toEqual(['1', '2', '3']);
  for (const { plain, adapted } of trial.pairs) expect(adapted).not.toEqual(plain);
  const page = readFileSync(report, 'utf8');
  expect(page.match(/data:image\/png;base64,/g)).toHaveLength(6);
});

test.describe('painting', () => {
  const LORA = `${FIXTURES}/lora_kohya_r8_a4.safetensors`;
  const paint = async (
    folder: string,
    name: string,
    prompt: string,
    flags: readonly string[] = [],
    model = `${FIXTURES}/model`,
  ) => {
    const out = `${folder}/${name}.png`;
    const usual = ['--model', model, '--backend', 'wasm', '--vae', 'tiny', '--steps', '1'];
    const size = ['--width', '32', '--height', '32', '--seed', '3', '--profile', `${folder}/profile`];
    const ended = await run('generate', [prompt, ...usual, ...size, '--out', out, '--json', ...flags]).result;
    return { ...ended, out };
  };

  test('with a LoRA, whose tag and hash are in the picture', async ({}, testInfo) => {
    const folder = testInfo.outputPath();
    const pixels = ({ out }: { out: string }) => decode(readFileSync(out)).data;
    const plain = await paint(folder, 'plain', 'an apple');
    const tagged = 'an apple <lora:lora_kohya_r8_a4:0.75>';
    const withLora = await paint(folder, 'with', tagged, ['--lora', LORA]);
    expect([plain.code, withLora.code]).toEqual([0, 0]);
    expect(pixels(withLora)).not.toEqual(pixels(plain));
    const loraOf = ({ stdout }: { stdout: string }) =>
      (JSON.parse(stdout) as { lora: { name: string; hash: string; weight: number }[] }).lora;
    expect(loraOf(plain)).toEqual([]);
    const [used] = loraOf(withLora);
    expect(used).toMatchObject({ name: 'lora_kohya_r8_a4', weight: 0.75 });
    const { parameters = '' } = readPngText(readFileSync(withLora.out));
    expect(parameters).toContain('an apple <lora:lora_kohya_r8_a4:0.75>\n');
    expect(parameters).toContain(`Lora hashes: "lora_kohya_r8_a4: ${used?.hash.slice(0, 12)}"`);
  });

  test('with a LoRA on a single-file checkpoint, as on a folder', { tag: '@slow' }, async ({}, testInfo) => {
    const folder = testInfo.outputPath();
    const flags = ['--lora', LORA];
    const tinyVae = ['--component', `tiny_vae=${FIXTURES}/model/tiny_vae`];
    const file = `${FIXTURES}/single_file_ldm.bf16.safetensors`;
    const whole = await paint(folder, 'folder', 'an apple', flags);
    const single = await paint(folder, 'single', 'an apple', [...flags, ...tinyVae], file);
    expect([whole.code, single.code]).toEqual([0, 0]);
    expect(decode(readFileSync(single.out)).data).toEqual(decode(readFileSync(whole.out)).data);
  });

  test('refuses a LoRA that breaks a rule, unless it may be repaired', async ({}, testInfo) => {
    const folder = testInfo.outputPath();
    const bad = ['--lora', `${FIXTURES}/lora_bad_alpha32.safetensors`];
    const refused = await paint(folder, 'refused', 'an apple', bad);
    expect([refused.code, refused.stdout]).toEqual([1, '']);
    expect(refused.stderr.at(-1)).toMatch(/^error: lora\/refused: .*scale.* and 1 more reason/);
    const repaired = await paint(folder, 'repaired', 'an apple', [...bad, '--lora-policy', 'adapt']);
    expect(repaired.code).toBe(0);
    const { lora } = JSON.parse(repaired.stdout) as { lora: { repairs: { kind: string }[] }[] };
    expect(lora[0]?.repairs.map(({ kind }) => kind)).toEqual(['folded', 'folded']);
  });
});
