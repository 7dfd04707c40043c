/** @file Bad input on the command line: exit 1, one line with a stable code that names the thing, nothing left behind. */
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { expect } from '@playwright/test';
import { findBrowser } from '../scripts/browser.ts';
import { describeFailure } from '../scripts/failure.ts';
import { fromPlainError } from '../src/error.ts';
import { generate, generateIn, runByNpm, type CommandResult } from './command-line.ts';
import { test } from './library-page.ts';
import { siteAddress } from './site.ts';

const MODEL = 'e2e/fixtures/tiny-sdxl/model';
const UNET = 'unet/diffusion_pytorch_model.safetensors';
const VAE = 'vae/diffusion_pytorch_model.safetensors';
/** bfloat16. */
const NAN = 0x7fc0;
const MINUS_TWO = 0xc000;

/** Starts the browser without the flags that offer a software GPU. */
const BROWSER_WITHOUT_WEBGPU = `#!/bin/sh
for flag; do
  shift
  case "$flag" in
    --enable-unsafe-webgpu | --use-webgpu-adapter=* | --enable-features=*) ;;
    *) set -- "$@" "$flag" ;;
  esac
done
exec "${findBrowser() ?? ''}" "$@"
`;

interface BadModel {
  readonly title: string;
  readonly code: string;
  /** What the sentence must name. */
  readonly names: readonly string[];
  readonly spoil: (folder: string) => void;
}

const TRUNCATED: BadModel = {
  title: 'a truncated safetensors file',
  code: 'weights/header-invalid',
  names: [UNET],
  spoil: (folder) => editBytes(folder, UNET, (bytes) => bytes.subarray(0, bytes.length / 2)),
};
const BAD_MODELS: readonly BadModel[] = [
  TRUNCATED,
  {
    title: 'a safetensors header that lies about its length',
    code: 'weights/header-invalid',
    names: [UNET],
    spoil: (folder) =>
      editBytes(folder, UNET, (bytes) => {
        bytes.writeBigUInt64LE(2n ** 40n);
        return bytes;
      }),
  },
  {
    title: 'a missing tensor',
    code: 'weights/tensor-missing',
    names: ['mid_block.resnets.0.conv1.weight', 'unet'],
    spoil: (folder) =>
      editHeader(folder, '"mid_block.resnets.0.conv1.weight"', '"mid_block.resnets.0.conv9.weight"'),
  },
  {
    title: 'a tensor of the wrong shape',
    code: 'weights/tensor-shape',
    names: ['conv_in.weight', '[32, 4, 3, 3]', '[32, 3, 4, 3]'],
    spoil: (folder) =>
      editBytes(folder, UNET, (bytes) => {
        const at = bytes.indexOf('[32,4,3,3]', bytes.indexOf('"conv_in.weight"'));
        bytes.write('[32,3,4,3]', at);
        return bytes;
      }),
  },
  {
    title: 'no UNet config',
    code: 'model/config-missing',
    names: ['unet/config.json'],
    spoil: (folder) => editBytes(folder, 'unet/config.json', () => undefined),
  },
  {
    title: 'a broken config',
    code: 'model/config-invalid',
    names: ['vae/config.json'],
    spoil: (folder) => editBytes(folder, 'vae/config.json', () => Buffer.from('{"latent_channels": 4')),
  },
  {
    title: 'a Stable Diffusion 1.5 UNet',
    code: 'model/unsupported',
    names: ['addition_embed_type', 'unet/config.json'],
    spoil: (folder) => editConfig(folder, 'unet/config.json', { addition_embed_type: null }),
  },
  {
    title: 'an inpainting UNet',
    code: 'model/unsupported',
    names: ['in_channels', '9'],
    spoil: (folder) => editConfig(folder, 'unet/config.json', { in_channels: 9 }),
  },
  {
    title: 'a scheduler field nobody here computes',
    code: 'model/scheduler-unsupported',
    names: ['prediction_type', 'sample'],
    spoil: (folder) => editConfig(folder, 'scheduler/scheduler_config.json', { prediction_type: 'sample' }),
  },
  {
    title: 'a tokenizer without its merges',
    code: 'model/config-missing',
    names: ['tokenizer_2/merges.txt'],
    spoil: (folder) => editBytes(folder, 'tokenizer_2/merges.txt', () => undefined),
  },
];

test('the page refuses every bad model by its code, and names what is wrong with it', async ({
  page,
  serve,
}, testInfo) => {
  const host = await serve({ folder: testInfo.outputDir });
  await page.goto(siteAddress('?headless'));
  await page.waitForFunction(() => 'emulsion' in globalThis);
  for (const [index, { title, code, names, spoil }] of BAD_MODELS.entries()) {
    const folder = testInfo.outputPath(String(index));
    cpSync(MODEL, folder, { recursive: true });
    spoil(folder);
    const failure = await page.evaluate(
      (url) =>
        emulsion.describe({ kind: 'url', url }).then(
          () => undefined,
          (error: unknown) => emulsion.toPlainError(error),
        ),
      `${host.address}${index}/`,
    );
    const line = failure && describeFailure(fromPlainError(failure));
    for (const name of [`error: ${code}: `, ...names]) expect(line, title).toContain(name);
  }
});

test('the command refuses a model as the page does', async ({}, testInfo) => {
  const folder = testInfo.outputPath('model');
  cpSync(MODEL, folder, { recursive: true });
  TRUNCATED.spoil(folder);
  const { code, names } = TRUNCATED;
  await refuses(testInfo.outputPath('pictures'), ['a red apple', '--model', folder], code, names);
});

for (const [backend, tag] of [
  ['wasm', []],
  ['webgpu', ['@slow']],
] as const) {
  test(
    `shows no picture when a weight is not a number, on ${backend}`,
    { tag: [...tag] },
    async ({}, testInfo) => {
      const folder = testInfo.outputPath('model');
      cpSync(MODEL, folder, { recursive: true });
      editTensor(folder, UNET, 'conv_out.weight', (values) => values.writeUInt16LE(NAN));
      const size = ['--width', '64', '--height', '64', '--steps', '1'];
      const order = ['a red apple', '--model', folder, '--backend', backend, ...size];
      await refuses(testInfo.outputPath('pictures'), order, 'image/not-finite', ['unet conv_out', 'step 1']);
    },
  );
}

test('saves no picture of a batch that came out black', async ({}, testInfo) => {
  const folder = testInfo.outputPath('model');
  cpSync(MODEL, folder, { recursive: true });
  editTensor(folder, VAE, 'decoder.conv_out.weight', (values) => values.fill(0));
  editTensor(folder, VAE, 'decoder.conv_out.bias', (values) => {
    for (let at = 0; at < values.length; at += 2) values.writeUInt16LE(MINUS_TWO, at);
  });
  const size = ['--width', '64', '--height', '64', '--steps', '1', '--seed', '7', '--count', '2'];
  const order = ['a red apple', '--model', folder, '--backend', 'wasm', ...size];
  await refuses(testInfo.outputPath('pictures'), order, 'image/uniform', [
    'Picture 1 of 2 (seed 7)',
    '#000000',
  ]);
});

test('refuses a size that is not a multiple of the VAE factor', async ({}, testInfo) => {
  const order = ['a red apple', '--model', MODEL, '--width', '100', '--height', '64'];
  await refuses(testInfo.outputPath('pictures'), order, 'request/size', ['100', '8']);
});

test('refuses a model that is not there', async ({}, testInfo) => {
  const missing = testInfo.outputPath('nothing-here');
  mkdirSync(missing);
  await refuses(
    testInfo.outputPath('pictures'),
    ['a red apple', '--model', missing],
    'model/config-missing',
    ['model_index.json'],
  );
});

test('refuses an address that answers 404', async ({}, testInfo) => {
  const server = createServer((_request, response) =>
    response.writeHead(404, { 'Access-Control-Allow-Origin': '*' }).end(),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  try {
    const order = ['a red apple', '--model', `http://127.0.0.1:${port}/model/`];
    await refuses(testInfo.outputPath('pictures'), order, 'weights/not-found', [
      `http://127.0.0.1:${port}/model/model_index.json`,
      '404',
    ]);
  } finally {
    server.close();
  }
});

test('refuses WebGPU by name where the browser has none', async ({}, testInfo) => {
  const browser = testInfo.outputPath('browser-without-webgpu');
  writeFileSync(browser, BROWSER_WITHOUT_WEBGPU);
  chmodSync(browser, 0o755);
  const order = ['a red apple', '--model', MODEL, '--backend', 'webgpu'];
  await refuses(testInfo.outputPath('pictures'), order, 'gpu/unavailable', ['WebGPU'], {
    EMULSION_BROWSER: browser,
  });
});

test('refuses an output nobody can write, before any work', async () => {
  const out = '/dev/null/picture.png';
  const result = await generate('a red apple', '--model', MODEL, '--out', out);
  expectOneError(result, 'output/unwritable', [out]);
  expect(result.stderr).toHaveLength(1);
});

test('an empty prompt is no error', async ({}, testInfo) => {
  const out = testInfo.outputPath('empty.png');
  const order = ['--prompt', '', '--model', MODEL, '--backend', 'wasm', '--steps', '1', '--out', out];
  expect((await generate(...order)).code).toBe(0);
  expect(existsSync(out)).toBe(true);
});

for (const order of [
  ['a', '--sampler', 'ddim'],
  ['a', '--lora', 'x.safetensors'],
]) {
  test(`wrong usage, said to npm: ${order.join(' ')}`, async () => {
    const result = await runByNpm('generate', order).result;
    expect(result.code).toBe(2);
    expect(result.stderr).toHaveLength(1);
    expect(result.stderr[0]).toMatch(/^error: usage: \S/);
  });
}

async function refuses(
  folder: string,
  order: readonly string[],
  code: string,
  names: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<void> {
  mkdirSync(folder);
  const result = await generateIn(environment, ...order, '--out', join(folder, 'picture.png'));
  expectOneError(result, code, names);
  expect(readdirSync(folder)).toEqual([]);
}

function expectOneError(
  { code, stdout, stderr }: CommandResult,
  expectedCode: string,
  names: readonly string[],
): void {
  const errors = stderr.filter((line) => line.startsWith('error: '));
  expect(errors).toHaveLength(1);
  expect(errors[0]).toMatch(new RegExp(`^error: ${expectedCode}: \\S`));
  for (const name of names) expect(errors[0]).toContain(name);
  expect(stderr.join('\n')).not.toMatch(/^\s+at /m);
  expect(code).toBe(1);
  expect(stdout).toBe('');
}

/** Rewrites a file of a model, or removes it when the edit gives nothing. */
function editBytes(folder: string, file: string, edit: (bytes: Buffer) => Buffer | undefined): void {
  const path = join(folder, file);
  const edited = edit(readFileSync(path));
  if (edited) writeFileSync(path, edited);
  else rmSync(path);
}

function editHeader(folder: string, from: string, to: string): void {
  editBytes(folder, UNET, (bytes) => {
    const at = bytes.indexOf(from);
    bytes.write(to, at);
    return bytes;
  });
}

/** Rewrites the values of a tensor that is stored as bfloat16. */
function editTensor(folder: string, file: string, tensor: string, edit: (values: Buffer) => void): void {
  editBytes(folder, file, (bytes) => {
    const headerEnd = 8 + Number(bytes.readBigUInt64LE());
    const header = JSON.parse(bytes.toString('utf8', 8, headerEnd)) as Record<
      string,
      { dtype: string; data_offsets: [begin: number, end: number] }
    >;
    const { dtype, data_offsets: [begin, end] = [NaN, NaN] } = header[tensor] ?? {};
    expect(dtype).toBe('BF16');
    edit(bytes.subarray(headerEnd + begin, headerEnd + end));
    return bytes;
  });
}

function editConfig(folder: string, file: string, fields: Readonly<Record<string, unknown>>): void {
  editBytes(folder, file, (bytes) => {
    const config = JSON.parse(bytes.toString()) as Record<string, unknown>;
    return Buffer.from(JSON.stringify({ ...config, ...fields }));
  });
}
