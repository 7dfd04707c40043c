/** @file What the command line hands over, word for word: file names, dumps, the report. */
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { decode } from 'fast-png';
import { TorchGenerator } from '../src/latents/noise.ts';
import { writeSafetensors } from '../src/weights/safetensors.ts';
import { generate, readTensors, run } from './command-line.ts';

const STEPS = 2;
const SIZE = { width: 64, height: 48 };
/** Of 4 channels, an eighth of the picture's size. */
const LATENTS_SHAPE = [1, 4, 6, 8];
const ORDER = [
  ...['a red apple', '--model', 'e2e/fixtures/tiny-sdxl/model', '--backend', 'wasm', '--sampler', 'turbo'],
  ...['--steps', String(STEPS), '--width', String(SIZE.width), '--height', String(SIZE.height)],
];

interface Report {
  readonly images: readonly Readonly<Record<string, unknown>>[];
  readonly model: object;
  readonly ms: { readonly steps: readonly number[] };
}

test('--count, --dump and --json: two pictures, their tensors and a report on both; paint-list paints the same one by one', async ({}, testInfo) => {
  const folder = testInfo.outputPath('two');
  mkdirSync(folder);
  const out = join(folder, 'picture.png');
  const dump = join(folder, 'tensors.safetensors');
  const { code, stdout } = await generate(
    ...[...ORDER, '--seed', '7', '--count', '2', '--out', out, '--dump', dump, '--json'],
  );
  expect(code).toBe(0);
  const [first, second] = ['picture-1.png', 'picture-2.png'].map((name) => join(folder, name));
  expect(readdirSync(folder).sort()).toEqual([
    'picture-1.png',
    'picture-2.png',
    'tensors-1.safetensors',
    'tensors-2.safetensors',
  ]);

  const report = JSON.parse(stdout) as Report;
  expect(report.images).toEqual(
    [first, second].map((file, index) => ({ file, seed: 7 + index, ...SIZE, nonFinite: 0, black: false })),
  );
  expect(Object.keys(report).sort()).toEqual(
    (
      'adapter backend gpu guidance images lora model ms notices precision sampler sigmas timeline timesteps ' +
      'unetEvaluations vae wasmHeapBytes'
    ).split(' '),
  );
  expect(Object.keys(report.model).sort()).toEqual(['id', 'name']);
  expect(Object.keys(report.ms).sort()).toEqual(['decode', 'denoise', 'encode', 'load', 'steps', 'total']);
  expect(report.ms.steps).toHaveLength(STEPS);
  expect(report).toMatchObject({
    backend: 'wasm',
    precision: 'f32',
    sampler: 'turbo',
    guidance: 'off',
    unetEvaluations: STEPS,
    gpu: null,
    lora: [],
  });

  for (const index of [1, 2]) {
    const tensors = readTensors(join(folder, `tensors-${index}.safetensors`));
    expect(Object.fromEntries([...tensors].map(([name, { shape }]) => [name, shape]))).toEqual({
      context: [1, 77, 64],
      pooled: [1, 32],
      'latents.0': LATENTS_SHAPE,
      'latents.1': LATENTS_SHAPE,
      latents: LATENTS_SHAPE,
      image: [1, 3, SIZE.height, SIZE.width],
    });
    expect(tensors.get('latents.1')).toEqual(tensors.get('latents'));
  }

  // A series is nothing but its pictures one by one; of a list, what is there stays.
  const listed = testInfo.outputPath('listed');
  mkdirSync(listed);
  writeFileSync(join(listed, 'kept.png'), 'not touched');
  const list = testInfo.outputPath('orders.json');
  const order = { prompt: 'a red apple', steps: STEPS, sampler: 'turbo', ...SIZE };
  const files = ['kept.png', 'more/7.png', 'more/8.png'];
  writeFileSync(list, JSON.stringify(files.map((file, i) => ({ file, seed: 6 + i, ...order }))));
  const flags = ['--model', 'e2e/fixtures/tiny-sdxl/model', '--backend', 'wasm', '--out', listed];
  const painted = await run('paint-list', [list, ...flags]).result;
  expect([painted.code, painted.stdout]).toEqual([0, 'more/7.png\nmore/8.png\n']);
  expect(readFileSync(join(listed, 'kept.png'), 'utf8')).toBe('not touched');
  expect(readdirSync(join(listed, 'more'))).toEqual(['7.png', '8.png']);
  const bytes = (file = '') => readFileSync(file).toString('base64');
  expect(['7.png', '8.png'].map((file) => bytes(join(listed, 'more', file)))).toEqual(
    [first, second].map(bytes),
  );
  expect(pixels(first)).not.toEqual(pixels(second));
});

test(
  "--init-noise with a seed's own noise paints the seed's picture",
  { tag: '@slow' },
  async ({}, testInfo) => {
    const generator = new TorchGenerator(8n);
    const draw = () => ({
      shape: LATENTS_SHAPE,
      data: generator.randn(LATENTS_SHAPE.reduce((a, b) => a * b)),
    });
    const noise = testInfo.outputPath('noise.safetensors');
    const init = draw();
    const steps = Object.fromEntries(Array.from({ length: STEPS }, (_, i) => [`step_noise.${i}`, draw()]));
    writeFileSync(noise, writeSafetensors({ init_noise: init, ...steps }));

    const paint = async (name: string, ...noiseArguments: readonly string[]) => {
      const out = testInfo.outputPath(name);
      expect((await generate(...ORDER, ...noiseArguments, '--out', out)).code).toBe(0);
      return pixels(out);
    };
    // Another seed beside the file, so that a file nobody reads shows.
    const given = await paint('given.png', '--seed', '1', '--init-noise', noise);
    expect(given).toEqual(await paint('seeded.png', '--seed', '8'));
  },
);

function pixels(file: string | undefined): ArrayLike<number> {
  return decode(readFileSync(file ?? '')).data;
}
