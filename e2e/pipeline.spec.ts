/** @file The command line against whole runs of diffusers' StableDiffusionXLPipeline, and with the embedded model. */
import { readFileSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import { decode } from 'fast-png';
import { readPngText } from '../src/image/png.ts';
import { relativeL2 } from '../src/testing/relative-l2.ts';
import type { F32Tensor } from '../src/weights/safetensors.ts';
import { generate, meanDifference, readTensors } from './command-line.ts';
import { readEmbeddedModelFacts } from './model-facts.ts';

const IMAGE_BAR = 1 / 255;
const EMBEDDINGS_BAR = 1e-4;
const SCHEDULE_BAR = 1e-5;
/** 30 guided steps carry float32 rounding further than a few do. */
const latentsBar = (steps: number) => (steps >= 30 ? 5e-3 : 2e-3);

/** What the report says of a GPU. */
const GPU_FIELDS =
  'budgetBytes byKind idleByKind idleBytes keptText peakBytes planned stages together uploadedBytes'.split(
    ' ',
  );

/** A call of the reference pipeline; what was not recorded is absent. */
interface RecordedRun {
  readonly tag: string;
  readonly prompt: string;
  readonly negative_prompt?: string;
  readonly num_inference_steps: number;
  readonly guidance_scale: number;
  readonly height: number;
  readonly width: number;
  readonly seed: number;
  /** Absent: the scheduler file chooses. */
  readonly sampler?: string;
  /** What the report must name when the scheduler file chooses. */
  readonly sampler_used?: string;
  readonly guidance?: 'off' | 'full' | 'distilled';
  readonly timesteps?: readonly number[];
  readonly sigmas?: readonly number[];
}

interface Report {
  readonly backend: string;
  readonly sampler: string;
  readonly guidance: string;
  readonly unetEvaluations: number;
  readonly timesteps: readonly number[];
  readonly sigmas: readonly number[];
  readonly images: readonly { readonly seed: number }[];
  readonly gpu: Readonly<Record<string, number | null>> | null;
}

const RECORDS = [
  {
    folder: 'e2e/fixtures/tiny-sdxl',
    runs: 'pipeline.json',
    tensors: 'pipeline.f32.safetensors',
    sampler: 'turbo',
  },
  ...['v-prediction', 'sharded-f16', 'guidance-embedding'].map((name) => ({
    folder: `e2e/fixtures/pipelines/${name}`,
    runs: 'runs.json',
    tensors: 'runs.safetensors',
  })),
];

// Every stage is compared with its reference on both backends elsewhere: of whole runs on an emulated GPU, one is enough for
// every time.
const USUAL_ON_WEBGPU = 'turbo1';
// Of v prediction, and of this sampler with guidance, there are shorter ones.
const LONG = 'v-euler-30-guided';
for (const { folder, runs, tensors, ...defaults } of RECORDS) {
  const recorded = readTensors(`${folder}/${tensors}`);
  for (const plainRun of JSON.parse(readFileSync(`${folder}/${runs}`, 'utf8')) as RecordedRun[]) {
    const run = { ...defaults, ...plainRun };
    for (const backend of ['wasm', 'webgpu']) {
      const isSlow = run.tag === LONG || (backend === 'webgpu' && run.tag !== USUAL_ON_WEBGPU);
      const tag = isSlow ? { tag: '@slow' } : {};
      test(`${run.tag} equals diffusers on ${backend}`, tag, async ({}, testInfo) => {
        const dump = testInfo.outputPath('dump.safetensors');
        const out = testInfo.outputPath('out.png');
        const files = ['--dump', dump, '--out', out, '--json'];
        const { code, stdout, stderr } = await generate(
          ...[...runArguments(run), '--model', `${folder}/model`, '--backend', backend, ...files],
        );
        expect(stderr.filter((line) => line.startsWith('error'))).toEqual([]);
        expect(code).toBe(0);

        const expected = (name: string) => recorded.get(`${run.tag}.${name}`);
        const painted = readTensors(dump);
        const difference = (name: string) => distance(painted.get(name), expected(name));
        expect(difference('latents')).toBeLessThan(latentsBar(run.num_inference_steps));
        for (const name of ['context', 'pooled']) {
          if (expected(name)) expect(difference(name), name).toBeLessThan(EMBEDDINGS_BAR);
        }
        const planes = expected('image')?.data ?? new Float32Array();
        expect(meanDifference(painted.get('image')?.data ?? [], planes)).toBeLessThan(IMAGE_BAR);

        expectReport(JSON.parse(stdout) as Report, run, backend);

        const png = decode(readFileSync(out));
        expect([png.width, png.height]).toEqual([run.width, run.height]);
        const plane = png.width * png.height;
        const pixels = Array.from(
          { length: planes.length },
          (_, i) => (planes[(i % 3) * plane + Math.floor(i / 3)] ?? NaN) * 255,
        );
        expect(meanDifference(png.data, pixels)).toBeLessThan(1);
      });
    }
  }
}

test('the embedded model paints: prompts differ, settings are in the file', async ({}, testInfo) => {
  const paint = async (name: string, prompt: string): Promise<Buffer> => {
    const out = testInfo.outputPath(name);
    const { code } = await generate(prompt, '--seed', '1', '--out', out, '--backend', 'wasm');
    expect(code).toBe(0);
    return readFileSync(out);
  };
  const apple = await paint('apple.png', 'a red apple');
  const panda = await paint('panda.png', 'a panda');
  const [applePixels, pandaPixels] = [decode(apple), decode(panda)];
  expect(meanDifference(applePixels.data, pandaPixels.data)).toBeGreaterThan(20);
  expect(isRed(centre(applePixels))).toBe(true);
  expect(isRed(centre(pandaPixels))).toBe(false);
  const { steps, width, height } = readEmbeddedModelFacts();
  expect(readPngText(apple)['parameters']).toMatch(
    new RegExp(
      `^a red apple\\nSteps: ${steps}, Sampler: .*Seed: 1, Size: ${width}x${height}, Model hash: [0-9a-f]{10}, `,
    ),
  );
});

test(
  'both backends paint the same picture with the embedded model',
  { tag: '@slow' },
  async ({}, testInfo) => {
    const paint = async (backend: string): Promise<ArrayLike<number>> => {
      const out = testInfo.outputPath(`${backend}.png`);
      // Small enough for software WebGPU.
      const order = 'apple --seed 1 --steps 2 --width 64 --height 64'.split(' ');
      const { code } = await generate(...order, '--out', out, '--backend', backend);
      expect(code).toBe(0);
      return decode(readFileSync(out)).data;
    };
    expect(meanDifference(await paint('wasm'), await paint('webgpu'))).toBeLessThan(2);
  },
);

// Every day a smaller one is painted twice, in `features.spec.ts`.
for (const { backend, order } of [
  { backend: 'wasm', order: 'fox --seed 3' },
  {
    backend: 'webgpu',
    order: 'fox --seed 3 --steps 1 --width 64 --height 64 --model e2e/fixtures/tiny-sdxl/model',
  },
])
  test(`a seed repeats to the byte on ${backend}`, { tag: '@slow' }, async ({}, testInfo) => {
    const paint = async (name: string): Promise<Buffer> => {
      const out = testInfo.outputPath(name);
      const { code } = await generate(...order.split(' '), '--backend', backend, '--out', out);
      expect(code).toBe(0);
      return readFileSync(out);
    };
    expect((await paint('again.png')).equals(await paint('first.png'))).toBe(true);
  });

function runArguments(run: RecordedRun): string[] {
  const optional = (flag: string, value: string | undefined) => (value === undefined ? [] : [flag, value]);
  const guidance = guidanceOf(run);
  return [
    ...['--prompt', run.prompt, '--seed', String(run.seed), '--steps', String(run.num_inference_steps)],
    ...['--width', String(run.width), '--height', String(run.height)],
    // A model that takes its guidance as an input is not told how to guide, only how much.
    ...optional('--guidance', guidance === 'distilled' ? undefined : guidance),
    ...optional('--guidance-scale', guidance === 'off' ? undefined : String(run.guidance_scale)),
    ...optional('--negative', run.negative_prompt),
    ...optional('--sampler', run.sampler),
  ];
}

function guidanceOf({ guidance, guidance_scale: scale }: RecordedRun): 'off' | 'full' | 'distilled' {
  return guidance ?? (scale > 1 ? 'full' : 'off');
}

function expectReport(report: Report, run: RecordedRun, backend: string): void {
  const guidance = guidanceOf(run);
  expect(report).toMatchObject({
    backend,
    guidance,
    sampler: run.sampler ?? run.sampler_used,
    unetEvaluations: run.num_inference_steps * (guidance === 'full' ? 2 : 1),
    images: [{ seed: run.seed }],
  });
  if (run.timesteps) expectClose(report.timesteps, run.timesteps);
  if (run.sigmas) expectClose(report.sigmas, run.sigmas);

  if (backend === 'wasm') expect(report.gpu).toBeNull();
  else {
    const used = report.gpu ?? {};
    expect(Object.keys(used).sort()).toEqual(GPU_FIELDS);
    for (const name of ['idleBytes', 'peakBytes', 'stages', 'uploadedBytes', 'budgetBytes'])
      expect(used[name], name).toBeGreaterThan(0);
    expect(used['peakBytes']).toBeLessThanOrEqual(used['budgetBytes'] ?? NaN);
    expect(used['peakBytes']).toBeGreaterThanOrEqual(used['idleBytes'] ?? NaN);
  }
}

/** Within {@link SCHEDULE_BAR} of each number, relative to it: a recorded 0 must be 0. */
function expectClose(actual: readonly number[], expected: readonly number[]): void {
  expect(actual).toHaveLength(expected.length);
  const off = expected.filter(
    (value, i) => !(Math.abs((actual[i] ?? NaN) - value) <= SCHEDULE_BAR * Math.abs(value)),
  );
  expect(off).toEqual([]);
}

/** Relative L2 distance of tensors of one shape; infinite when one is missing or shaped differently. */
function distance(actual: F32Tensor | undefined, expected: F32Tensor | undefined): number {
  if (!actual || !expected || String(actual.shape) !== String(expected.shape)) return Infinity;
  return relativeL2(actual.data, expected.data);
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
