/** @file Memory budgets on the command line: kept, reported, and refused with the budget that would do. */
import { existsSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import type { GenerateResult } from '../src/engine/protocol/generate.ts';
import { generate } from './command-line.ts';

const MIB = 1024 ** 2;
const ORDER = [
  ...['a red apple', '--model', 'e2e/fixtures/tiny-sdxl/model', '--seed', '1', '--steps', '1', '--json'],
  ...['--width', '64', '--height', '64'],
];

interface Report extends Pick<GenerateResult, 'ms' | 'timeline'> {
  readonly gpu: Readonly<Record<string, number>> | null;
  readonly vae: { readonly mode: string; readonly tile: number | null };
  readonly wasmHeapBytes: number;
}

/** The stages of a picture come one after another, and what their phase took is theirs for the most part. */
function expectTimeline({ ms, timeline }: Report): void {
  for (const phase of ['encode', 'denoise', 'decode'] as const) {
    const runs = timeline.filter((run) => run.phase === phase);
    const sum = runs.reduce((total, { startMs, endMs }) => total + endMs - startMs, 0);
    expect(sum, phase).toBeLessThanOrEqual(ms[phase]);
    expect(sum, phase).toBeGreaterThan(ms[phase] / 3);
  }
  const names = timeline.map(({ component, stage, step = '' }) => `${component} ${stage} ${step}`);
  for (const name of [
    'text_encoder text_model.encoder.layers.0 ',
    'text_encoder_2 text_projection ',
    'unet down_blocks.1.attentions.0.transformer_blocks.0 1',
    'unet conv_out 1',
  ])
    expect(names).toContain(name);
  const moments = timeline.flatMap(({ startMs, endMs }) => [startMs, endMs]);
  expect(moments).toEqual(moments.toSorted((a, b) => a - b));
  expect(moments[0]).toBeGreaterThanOrEqual(ms.load);
  expect(moments.at(-1)).toBeLessThanOrEqual(ms.total);
}

/** Guidance has two evaluations in memory at once. */
const ON_A_GPU = [...ORDER, '--backend', 'webgpu', '--vae', 'tiny', '--guidance', 'full'];

/** What it takes, in MiB, as the refusal of 1 MiB says it. */
async function neededMiB(out: string): Promise<number> {
  const refused = await generate(...ON_A_GPU, '--out', out, '--gpu-budget', '1');
  expect(refused.code).toBe(1);
  expect(refused.stdout).toBe('');
  expect(existsSync(out)).toBe(false);
  const error = refused.stderr.filter((line) => line.startsWith('error:')).join();
  const [, needed] = /^error: request\/budget: .* needs (\d+) MiB .* budget is 1 MiB/.exec(error) ?? [];
  return Number(needed);
}

// That a picture keeps within the least budget it is said to need is in `engine/lora/budget.browser.test.ts`, too.
test('a GPU budget too small names the one that fits, and nothing is painted, on webgpu', async ({}, testInfo) => {
  expect(await neededMiB(testInfo.outputPath('picture.png'))).toBeGreaterThan(1);
});

test('the GPU budget that is named holds, on webgpu', { tag: '@slow' }, async ({}, testInfo) => {
  const out = testInfo.outputPath('picture.png');
  const needed = await neededMiB(out);
  const painted = await generate(...ON_A_GPU, '--out', out, '--gpu-budget', String(needed));
  expect(painted.code).toBe(0);
  const report = JSON.parse(painted.stdout) as Report;
  expectTimeline(report);
  const { gpu, vae } = report;
  expect(gpu).toMatchObject({ budgetBytes: needed * MIB });
  expect(gpu?.['peakBytes']).toBeGreaterThan(0);
  expect(gpu?.['peakBytes']).toBeLessThanOrEqual(needed * MIB);
  expect(gpu?.['uploadedBytes']).toBeGreaterThan(gpu?.['budgetBytes'] ?? NaN);
  expect(vae).toEqual({ mode: 'tiny', tile: null });
});

test('weights may stay out of RAM and the decode go in tiles, on wasm', async ({}, testInfo) => {
  const out = testInfo.outputPath('picture.png');
  const flags = ['--backend', 'wasm', '--vae', 'tiled', '--ram-budget', '1'];
  const { code, stdout } = await generate(...ORDER, ...flags, '--out', out);
  expect(code).toBe(0);
  const report = JSON.parse(stdout) as Report;
  expectTimeline(report);
  const { gpu, vae, wasmHeapBytes } = report;
  expect(gpu).toBeNull();
  expect(vae.mode).toBe('tiled');
  expect(vae.tile).toBeGreaterThan(0);
  expect(wasmHeapBytes).toBeGreaterThan(0);
  expect(existsSync(out)).toBe(true);
});
