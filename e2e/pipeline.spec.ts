/** @file The command line against whole runs of diffusers' StableDiffusionXLPipeline, and with the embedded model. */
import { readFileSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import { decode } from 'fast-png';
import { readPngText } from '../src/image/png.ts';
import { relativeL2 } from '../src/testing/relative-l2.ts';
import { generate, meanDifference, readTensors } from './command-line.ts';

const FIXTURE = 'e2e/fixtures/tiny-sdxl';
const LATENTS_BAR = 2e-3;
const IMAGE_BAR = 1 / 255;

interface RecordedRun {
  readonly tag: string;
  readonly prompt: string;
  readonly negative_prompt?: string;
  readonly num_inference_steps: number;
  readonly guidance_scale: number;
  readonly height: number;
  readonly width: number;
  readonly seed: number;
}

const RUNS = JSON.parse(readFileSync(`${FIXTURE}/pipeline.json`, 'utf8')) as RecordedRun[];
const recorded = readTensors(`${FIXTURE}/pipeline.f32.safetensors`);

for (const backend of ['wasm', 'webgpu']) {
  for (const recordedRun of RUNS) {
    test(`${recordedRun.tag} equals diffusers on ${backend}`, async ({}, testInfo) => {
      const dump = testInfo.outputPath('dump.safetensors');
      const out = testInfo.outputPath('out.png');
      const { code, stdout, stderr } = await generate(
        ...runArguments(recordedRun),
        '--backend',
        backend,
        '--dump',
        dump,
        '--out',
        out,
        '--json',
      );
      expect(stderr.filter((line) => line.startsWith('error'))).toEqual([]);
      expect(code).toBe(0);

      const tensors = readTensors(dump);
      const expected = (name: string) =>
        recorded.get(`${recordedRun.tag}.${name}`)?.data ?? new Float32Array();
      expect(
        relativeL2(tensors.get('latents')?.data ?? new Float32Array(), expected('latents')),
      ).toBeLessThan(LATENTS_BAR);
      expect(meanDifference(tensors.get('image')?.data ?? [], expected('image'))).toBeLessThan(IMAGE_BAR);

      const report = JSON.parse(stdout) as {
        backend: string;
        unetEvaluations: number;
        images: { seed: number }[];
      };
      const evaluationsPerStep = recordedRun.guidance_scale > 1 ? 2 : 1;
      expect(report.backend).toBe(backend);
      expect(report.unetEvaluations).toBe(recordedRun.num_inference_steps * evaluationsPerStep);
      expect(report.images[0]?.seed).toBe(recordedRun.seed);

      const png = decode(readFileSync(out));
      expect([png.width, png.height]).toEqual([recordedRun.width, recordedRun.height]);
      const planes = expected('image');
      const plane = png.width * png.height;
      const pixels = Array.from(
        { length: planes.length },
        (_, i) => (planes[(i % 3) * plane + Math.floor(i / 3)] ?? NaN) * 255,
      );
      expect(meanDifference(png.data, pixels)).toBeLessThan(1);
    });
  }
}

test('the embedded model paints: prompts differ, seeds repeat to the byte, settings are in the file', async ({}, testInfo) => {
  const paint = async (name: string, prompt: string): Promise<Buffer> => {
    const out = testInfo.outputPath(name);
    const { code } = await generate(prompt, '--seed', '1', '--out', out, '--backend', 'wasm');
    expect(code).toBe(0);
    return readFileSync(out);
  };
  const apple = await paint('apple.png', 'a red apple');
  const again = await paint('again.png', 'a red apple');
  const panda = await paint('panda.png', 'a panda');
  expect(again.equals(apple)).toBe(true);
  const [applePixels, pandaPixels] = [decode(apple), decode(panda)];
  expect(meanDifference(applePixels.data, pandaPixels.data)).toBeGreaterThan(20);
  expect(isRed(centre(applePixels))).toBe(true);
  expect(isRed(centre(pandaPixels))).toBe(false);
  expect(readPngText(apple)['parameters']).toMatch(
    /^a red apple\nSteps: 4, Sampler: Euler a, .*Seed: 1, Size: 128x128, Model hash: [0-9a-f]{10}, /,
  );
});

test('both backends paint the same picture with the embedded model', async ({}, testInfo) => {
  const paint = async (backend: string): Promise<ArrayLike<number>> => {
    const out = testInfo.outputPath(`${backend}.png`);
    const { code } = await generate(
      'a red apple',
      '--seed',
      '1',
      '--steps',
      '1',
      '--out',
      out,
      '--backend',
      backend,
    );
    expect(code).toBe(0);
    return decode(readFileSync(out)).data;
  };
  expect(meanDifference(await paint('wasm'), await paint('webgpu'))).toBeLessThan(2);
});

function runArguments(run: RecordedRun): string[] {
  const guidance =
    run.guidance_scale > 1
      ? ['--guidance', 'full', '--guidance-scale', String(run.guidance_scale)]
      : ['--guidance', 'off'];
  const negative = run.negative_prompt === undefined ? [] : ['--negative', run.negative_prompt];
  return [
    ...[
      '--prompt',
      run.prompt,
      '--model',
      `${FIXTURE}/model`,
      '--sampler',
      'turbo',
      '--seed',
      String(run.seed),
    ],
    ...[
      '--steps',
      String(run.num_inference_steps),
      '--width',
      String(run.width),
      '--height',
      String(run.height),
    ],
    ...guidance,
    ...negative,
  ];
}

type Colour = readonly [red: number, green: number, blue: number];

/** Mean colour of the middle of an RGB picture. */
function centre({ data, width, height }: { data: ArrayLike<number>; width: number; height: number }): Colour {
  const sum: [number, number, number] = [0, 0, 0];
  let count = 0;
  for (let y = Math.floor(height * 0.4); y < height * 0.7; y++) {
    for (let x = Math.floor(width * 0.35); x < width * 0.65; x++, count++) {
      for (const channel of [0, 1, 2] as const) sum[channel] += data[(y * width + x) * 3 + channel] ?? 0;
    }
  }
  return [sum[0] / count, sum[1] / count, sum[2] / count];
}

function isRed([red, green, blue]: Colour): boolean {
  return red > 150 && green < 0.6 * red && blue < 0.8 * red;
}
