/** @file Pictures that begin from a picture, on the command line, against diffusers' image-to-image pipeline. */
import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import { readPngText } from '../src/image/png.ts';
import { relativeL2 } from '../src/testing/relative-l2.ts';
import { generate, meanDifference, readTensors } from './command-line.ts';

const FOLDER = 'e2e/fixtures/image-to-image';
const MODEL = 'e2e/fixtures/tiny-sdxl/model';
const LATENTS_BAR = 2e-3;
const IMAGE_BAR = 1 / 255;

interface RecordedRun {
  readonly tag: string;
  readonly prompt: string;
  readonly steps: number;
  readonly strength: number;
  readonly seed: number;
  readonly width: number;
  readonly height: number;
  readonly timesteps: readonly number[];
}

const recorded = readTensors(`${FOLDER}/runs.safetensors`);
const runs = JSON.parse(readFileSync(`${FOLDER}/runs.json`, 'utf8')) as RecordedRun[];

// `studio-image.spec.ts` paints this one on the page.
const ON_THE_PAGE = 'euler-a';
for (const run of runs) {
  const tag = run.tag === ON_THE_PAGE ? ['@slow'] : [];
  test(`${run.tag} from strength ${run.strength} equals diffusers`, { tag }, async ({}, testInfo) => {
    const [dump, out] = [testInfo.outputPath('dump.safetensors'), testInfo.outputPath('out.png')];
    const { code, stdout } = await generate(
      ...[run.prompt, '--model', MODEL, '--backend', 'wasm', '--sampler', run.tag, '--guidance', 'off'],
      ...['--steps', String(run.steps), '--seed', String(run.seed), '--strength', String(run.strength)],
      ...['--init-image', `${FOLDER}/${run.tag}.png`, '--dump', dump, '--out', out, '--json'],
    );
    expect(code).toBe(0);
    const report = JSON.parse(stdout) as {
      timesteps: number[];
      unetEvaluations: number;
      images: { width: number; height: number }[];
    };
    expect(report.timesteps).toEqual(run.timesteps);
    expect(report.unetEvaluations).toBe(run.timesteps.length);
    // Without a size of its own, a picture has that of the one it begins from.
    expect(report.images).toMatchObject([{ width: run.width, height: run.height }]);
    const painted = readTensors(dump);
    const expected = (name: string) => recorded.get(`${run.tag}.${name}`)?.data ?? new Float32Array();
    expect(relativeL2(painted.get('latents')?.data ?? new Float32Array(), expected('latents'))).toBeLessThan(
      LATENTS_BAR,
    );
    expect(meanDifference(painted.get('image')?.data ?? [], expected('image'))).toBeLessThan(IMAGE_BAR);
    const { parameters } = readPngText(readFileSync(out));
    expect(parameters).toContain(`Steps: ${run.steps}, `);
    expect(parameters).toContain(`Denoising strength: ${run.strength}`);
  });
}

test('a picture is scaled and cut to the size that is asked for', async ({}, testInfo) => {
  const dump = testInfo.outputPath('dump.safetensors');
  const { code } = await generate(
    ...['x', '--model', MODEL, '--backend', 'wasm', '--steps', '10', '--strength', '0.1', '--width', '24'],
    ...['--height', '48', '--init-image', `${FOLDER}/euler-a.png`, '--dump', dump],
    ...['--out', testInfo.outputPath('out.png')],
  );
  expect(code).toBe(0);
  expect(readTensors(dump).get('image')?.shape).toEqual([1, 3, 48, 24]);
});

test('what cannot be begun from is told in a sentence', async ({}, testInfo) => {
  const broken = testInfo.outputPath('broken.png');
  writeFileSync(broken, readFileSync(`${FOLDER}/lcm.png`).subarray(0, 40));
  const order = ['x', '--model', MODEL, '--backend', 'wasm', '--out', testInfo.outputPath('out.png')];
  const unreadable = await generate(...order, '--init-image', broken);
  expect([unreadable.code, unreadable.stderr.at(-1)]).toEqual([
    1,
    expect.stringMatching(/^error: request\/init-image: .*cannot read it as a picture/),
  ]);
  const weak = await generate(...order, '--init-image', `${FOLDER}/lcm.png`, '--strength', '0.2');
  expect([weak.code, weak.stderr.at(-1)]).toEqual([
    1,
    expect.stringMatching(/^error: request\/invalid: .*strength.*0.25 to 1/),
  ]);
});
