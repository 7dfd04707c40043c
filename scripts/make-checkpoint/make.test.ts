import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseClipConfig } from '../../src/architecture/clip.ts';
import { Config } from '../../src/architecture/config.ts';
import { programWeights } from '../../src/architecture/program.ts';
import { buildTinyVaeDecoder, parseTinyVaeConfig } from '../../src/architecture/tiny-vae.ts';
import { buildUnet } from '../../src/architecture/unet.ts';
import { parseUnetConfig } from '../../src/architecture/unet-config.ts';
import { buildVaeDecoder, parseVaeConfig } from '../../src/architecture/vae.ts';
import { f32FromBf16 } from '../../src/weights/bf16.ts';
import type { Checkpoint } from '../../src/weights/checkpoint.ts';
import { folderCheckpoint } from '../../src/weights/folder-checkpoint.ts';
import { elementCount } from '../../src/weights/shape.ts';
import { clipTensors, openClipTensors } from '../../src/weights/single-file/clip-names.ts';
import { singleFileCheckpoint } from '../../src/weights/single-file/single-file.ts';
import { DIFFUSERS_UNET, LDM_UNET, unetTensors } from '../../src/weights/single-file/unet-names.ts';
import { DIFFUSERS_VAE, LDM_VAE, vaeTensors } from '../../src/weights/single-file/vae-names.ts';
import { memorySource } from '../../src/weights/test-files.ts';
import type { WeightSet } from '../../src/weights/weight-set.ts';
import { makeCheckpoint } from './make.ts';
import { SIZES, type ModelStructure, type SizeName } from './sizes.ts';
import type { DtypeName } from './values.ts';

const MERGES = readFileSync(new URL('../../src/tokens/clip-vocabulary/merges.txt', import.meta.url), 'utf8');
const COMPONENTS = ['unet', 'vae', 'text_encoder', 'text_encoder_2'];
const SHAPE = { batch: 1, height: 8, width: 8, tokens: 77 };

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'emulsion-make-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function make(layout: 'diffusers' | 'single', dtype: DtypeName, seed = 7): Promise<Checkpoint> {
  const at = path.join(folder, `${layout}-${dtype}-${seed}`);
  const order = { folder: at, size: 'tiny', layout, dtype, seed, mergeList: MERGES } as const;
  const made = await makeCheckpoint(order);
  const names = readdirSync(at, { recursive: true, encoding: 'utf8' }).filter((name) => /\.\w+$/.test(name));
  const read = names.map((name) => [name, new Uint8Array(readFileSync(path.join(at, name)))] as const);
  const weights = read.filter(([name]) => name.endsWith('.safetensors'));
  expect(made.bytes).toBe(weights.reduce((sum, [, bytes]) => sum + bytes.length, 0));
  const { source } = memorySource(Object.fromEntries(read));
  if (layout === 'diffusers') return folderCheckpoint(source);
  return singleFileCheckpoint({ source, path: path.basename(made.path) }, () => Promise.resolve({}));
}

async function weightsOf(checkpoint: Checkpoint, component: string): Promise<WeightSet> {
  const weights = await checkpoint.weights(component);
  if (!weights) throw new Error(`no ${component}`);
  return weights;
}

async function digests(checkpoint: Checkpoint): Promise<Record<string, string>> {
  const result: Record<string, string> = {};
  for (const component of COMPONENTS) {
    const weights = await weightsOf(checkpoint, component);
    const names = [...weights.names()].sort();
    const values = await weights.read(names.map((name) => ({ name, shape: weights.shape(name) })));
    values.forEach((value, i) => {
      result[`${component}/${names[i] ?? ''}`] = createHash('sha256').update(value).digest('hex');
    });
    expect(weights.rounding(names).error).toBe(0);
  }
  return result;
}

async function config(checkpoint: Checkpoint, component: string): Promise<Config> {
  const file = `${component}/config.json`;
  return Config.parse(file, (await checkpoint.text(file)) ?? '');
}

describe('a tiny checkpoint', () => {
  it('is the same in every layout and dtype, and another with another seed', async () => {
    const first = await digests(await make('diffusers', 'bf16'));
    expect(new Set(Object.values(first)).size).toBe(Object.keys(first).length);
    expect(await digests(await make('single', 'bf16'))).toEqual(first);
    expect(await digests(await make('single', 'f16'))).toEqual(first);
    expect(await digests(await make('diffusers', 'f32'))).toEqual(first);
    const other = Object.values(await digests(await make('single', 'bf16', 8)));
    expect(Object.values(first).filter((digest) => other.includes(digest))).toEqual([]);
  });

  it.each(['diffusers', 'single'] as const)('has all a model needs, as %s', async (layout) => {
    const checkpoint = await make(layout, 'bf16');
    const unet = parseUnetConfig(await config(checkpoint, 'unet'));
    (await weightsOf(checkpoint, 'unet')).check(programWeights(buildUnet(unet, SHAPE)));
    const vae = parseVaeConfig(await config(checkpoint, 'vae'));
    (await weightsOf(checkpoint, 'vae')).check(programWeights(buildVaeDecoder(vae, SHAPE)));
    const projected = parseClipConfig(await config(checkpoint, 'text_encoder_2'), true);
    expect([unet.addedSize, unet.timeIdSize, projected.projectionSize]).toEqual([256, 32, 64]);
  });

  it('has a tiny autoencoder and tokenizers beside its folders', async () => {
    const checkpoint = await make('diffusers', 'f16');
    const tiny = parseTinyVaeConfig(await config(checkpoint, 'tiny_vae'));
    (await weightsOf(checkpoint, 'tiny_vae')).check(programWeights(buildTinyVaeDecoder(tiny, SHAPE)));
    const vocabulary = JSON.parse((await checkpoint.text('tokenizer_2/vocab.json')) ?? '') as object;
    expect(Object.keys(vocabulary)).toHaveLength(1000);
  });

  it('has the statistics of a trained one', async () => {
    const checkpoint = await make('single', 'bf16');
    for (const component of COMPONENTS) {
      const weights = await weightsOf(checkpoint, component);
      for (const name of weights.names()) {
        const shape = weights.shape(name);
        if (elementCount(shape) < 4096 || name.includes('embedding.')) continue;
        const [bits = new Uint16Array()] = await weights.read([{ name, shape }]);
        const squares = f32FromBf16(bits).reduce((sum, value) => sum + value * value, 0) / bits.length;
        const fanIn = elementCount(shape.slice(1));
        expect(squares * fanIn, name).toBeGreaterThan(0.93);
        expect(squares * fanIn, name).toBeLessThan(1.07);
      }
    }
  });
});

describe('the sizes', () => {
  const components = ({ unet, vae, text_encoder: first, text_encoder_2: second }: ModelStructure) => [
    unetTensors(unet, DIFFUSERS_UNET),
    vaeTensors(vae, DIFFUSERS_VAE),
    clipTensors(first),
    clipTensors(second),
  ];
  const bytes = (size: SizeName) =>
    components(SIZES[size]).map((tensors) =>
      tensors.reduce((sum, { shape }) => sum + 2 * elementCount(shape), 0),
    );

  // Counted by PyTorch on the models that diffusers and transformers make of SDXL's configs.
  it('full is SDXL', () => {
    expect(bytes('full')).toEqual([5_134_927_368, 167_307_726, 246_120_960, 1_389_319_680]);
    expect(components(SIZES.full).map(({ length }) => length)).toEqual([1680, 248, 196, 517]);
  });

  it('full has the 2515 tensors of a single file, position ids and logit scale among them', () => {
    const { unet, vae, text_encoder: first, text_encoder_2: second } = SIZES.full;
    const names = [
      ...unetTensors(unet, LDM_UNET).map(({ name }) => `model.diffusion_model.${name}`),
      ...vaeTensors(vae, LDM_VAE).map(({ name }) => `first_stage_model.${name}`),
      ...clipTensors(first).map(({ name }) => `conditioner.embedders.0.transformer.${name}`),
      ...openClipTensors(second).map(({ source }) => `conditioner.embedders.1.model.${source}`),
    ];
    expect(new Set(names).size + 2).toBe(2515);
  });

  it('mid is about a quarter of it, with the same largest tensors', () => {
    const total = bytes('mid').reduce((sum, size) => sum + size);
    expect(total).toBeGreaterThan(1.7e9);
    expect(total).toBeLessThan(1.9e9);
    const largest = (size: SizeName) =>
      Math.max(...unetTensors(SIZES[size].unet, LDM_UNET).map(({ shape }) => elementCount(shape)));
    expect(largest('mid')).toBe(largest('full'));
  });
});

it('leaves nothing of a checkpoint that cannot be written whole, and says so with a code', async () => {
  const at = path.join(folder, 'in the way');
  mkdirSync(at);
  writeFileSync(path.join(at, 'vae'), 'a file');
  const order = { size: 'tiny', layout: 'diffusers', dtype: 'bf16', seed: 7, mergeList: MERGES } as const;
  await expect(makeCheckpoint({ folder: at, ...order })).rejects.toMatchObject({
    code: 'output/unwritable',
    detail: { file: at },
  });
  expect(
    readdirSync(at, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()),
  ).toMatchObject([{ name: 'vae' }]);
  const below = path.join(at, 'vae', 'new');
  await expect(makeCheckpoint({ folder: below, ...order })).rejects.toMatchObject({
    code: 'output/unwritable',
  });
});
