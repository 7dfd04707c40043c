/** @file Split weights, read back the way the product reads them. */
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { fileSource } from '../../src/weights/file-source.ts';
import { openWeightFiles } from '../../src/weights/weight-files.ts';
import { splitWeights } from './split-weights.ts';

const UNET = 'e2e/fixtures/tiny-sdxl/model/unet/diffusion_pytorch_model.safetensors';
const MAX_BYTES = 1024 * 1024;
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'emulsion-split-'));
  mkdirSync(path.join(folder, 'unet'));
  copyFileSync(UNET, path.join(folder, 'unet', path.basename(UNET)));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Every tensor of the folder's UNet: its type, shape and bytes, by name. */
async function tensors(): Promise<Record<string, [string, readonly number[], string]>> {
  const files = readdirSync(path.join(folder, 'unet')).map((name) => {
    const file = new File([readFileSync(path.join(folder, 'unet', name))], name);
    return Object.defineProperty(file, 'webkitRelativePath', { value: `model/unet/${name}` });
  });
  const result: Record<string, [string, readonly number[], string]> = {};
  for (const { file, tensors: held } of (await openWeightFiles(fileSource(files), 'unet')) ?? []) {
    for (const [name, { dtype, shape, begin, end }] of held) {
      const bytes = await file.read(begin, end - begin);
      result[name] = [dtype, shape, Buffer.from(bytes).toString('base64')];
    }
  }
  return result;
}

it('keeps every tensor, in parts no larger than asked for', async () => {
  const whole = await tensors();
  const file = path.join(folder, 'unet', path.basename(UNET));
  const { size } = statSync(file);
  splitWeights(file, MAX_BYTES);
  const names = readdirSync(path.join(folder, 'unet')).sort();
  const parts = names.filter((name) => name.endsWith('.safetensors'));
  expect(parts).toHaveLength(Math.ceil(size / MAX_BYTES) + 1);
  expect(parts[0]).toBe(`diffusion_pytorch_model-00001-of-0000${parts.length}.safetensors`);
  expect(names.filter((name) => !parts.includes(name))).toEqual([
    'diffusion_pytorch_model.safetensors.index.json',
  ]);
  for (const part of parts) {
    expect(statSync(path.join(folder, 'unet', part)).size).toBeLessThanOrEqual(MAX_BYTES);
  }
  expect(await tensors()).toEqual(whole);
});

it('leaves a tensor whole that is too large by itself', async () => {
  const whole = await tensors();
  splitWeights(path.join(folder, 'unet', path.basename(UNET)), 1);
  expect(await tensors()).toEqual(whole);
});
