import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeSafetensors, parseF32Safetensors } from '../../src/weights/safetensors.ts';
import { writeTensorFile } from '../safetensors-file.ts';
import { isRescaled, rescaleModel } from './rescale.ts';

const TINY = fileURLToPath(new URL('../../e2e/fixtures/tiny-sdxl/model', import.meta.url));
const WEIGHTS = 'diffusion_pytorch_model.safetensors';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'emulsion-overflow-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const tensorsOf = (model: string, component: string) =>
  parseF32Safetensors(readFileSync(path.join(model, component, WEIGHTS)), component);

/** By tensor, what it was multiplied by: the same number for all of its values. */
function factors(out: string, component: string): Map<string, number> {
  const after = tensorsOf(out, component);
  const before = tensorsOf(TINY, component);
  expect([...after.keys()].sort()).toEqual([...before.keys()].sort());
  return new Map(
    [...before].map(([name, { shape, data }]) => {
      const scaled = after.get(name);
      expect(scaled?.shape, name).toEqual(shape);
      const at = data.findIndex((value) => value !== 0);
      const factor = at < 0 ? 1 : (scaled?.data[at] ?? NaN) / (data[at] ?? NaN);
      const isFactor = data.every((value, i) => scaled?.data[i] === value * factor);
      expect(isFactor && scaled?.data.length === data.length, name).toBe(true);
      return [name, factor];
    }),
  );
}

describe('a rescaled model', () => {
  const order = { model: TINY, components: ['vae'], scale: 4096 } as const;

  it('has the writers of the stream and the biases of its carriers times the scale, and all else as it was', async () => {
    const out = path.join(folder, 'out');
    const count = await rescaleModel({ ...order, out });
    const all = factors(out, 'vae');
    const scaled = [...all].filter(([, factor]) => factor !== 1);
    expect(new Set(scaled.map(([, factor]) => factor))).toEqual(new Set([4096]));
    expect(scaled).toHaveLength(count);
    expect(
      scaled
        .map(([name]) => name.replace(/\d+/g, 'N'))
        .filter((name, i, names) => names.indexOf(name) === i)
        .sort(),
    ).toEqual(
      [
        'decoder.conv_in.bias',
        'decoder.conv_in.weight',
        'decoder.mid_block.attentions.N.to_out.N.bias',
        'decoder.mid_block.attentions.N.to_out.N.weight',
        'decoder.mid_block.resnets.N.convN.bias',
        'decoder.mid_block.resnets.N.convN.weight',
        'decoder.up_blocks.N.resnets.N.conv_shortcut.bias',
        'decoder.up_blocks.N.resnets.N.convN.bias',
        'decoder.up_blocks.N.resnets.N.convN.weight',
        'decoder.up_blocks.N.upsamplers.N.conv.bias',
      ].sort(),
    );
    for (const name of scaled.map(([scaledName]) => scaledName)) expect(name).not.toMatch(/conv1|norm/);
    for (const file of ['model_index.json', `unet/${WEIGHTS}`, 'tokenizer/vocab.json'])
      expect(readFileSync(path.join(out, file)).equals(readFileSync(path.join(TINY, file))), file).toBe(true);
  });

  it('rescales the UNet too when asked to, its transformers not', async () => {
    const out = path.join(folder, 'out');
    await rescaleModel({ ...order, out, components: ['unet'] });
    const scaled = [...factors(out, 'unet')].filter(([, factor]) => factor !== 1).map(([name]) => name);
    expect(scaled).toContain('down_blocks.1.attentions.0.proj_out.weight');
    expect(scaled).toContain('down_blocks.0.downsamplers.0.conv.bias');
    expect(scaled).toContain('conv_in.weight');
    expect(scaled.filter((name) => /transformer_blocks|conv1|norm|time|proj_in|conv_out/.test(name))).toEqual(
      [],
    );
  });

  it('keeps float16 weights exact by writing what it multiplies as float32', async () => {
    const model = await modelWith('F16', new Uint8Array(new Uint16Array([0x3c01, 0xfbff, 0x0001]).buffer));
    const out = path.join(folder, 'out');
    await rescaleModel({ ...order, model, out, scale: 2 ** 16 });
    const conv = tensorsOf(out, 'vae').get('decoder.conv_in.bias');
    expect([...(conv?.data ?? [])]).toEqual([1025 * 2 ** 6, -65504 * 2 ** 16, 2 ** -8]);
  });

  it('leaves nothing behind where a weight is of no type it can multiply', async () => {
    const model = await modelWith('F64', new Uint8Array(24));
    const out = path.join(folder, 'out');
    await expect(rescaleModel({ ...order, model, out })).rejects.toMatchObject({
      code: 'weights/dtype-unsupported',
    });
    expect(existsSync(out)).toBe(false);
  });

  it('refuses a model without such a network', async () => {
    const model = path.join(folder, 'model');
    await cp(TINY, model, { recursive: true });
    await writeFile(
      path.join(model, 'vae', WEIGHTS),
      writeSafetensors({ 'first_stage.conv': { shape: [1], data: Float32Array.of(1) } }),
    );
    const out = path.join(folder, 'out');
    await expect(rescaleModel({ ...order, model, out })).rejects.toMatchObject({
      code: 'weights/tensor-missing',
    });
    expect(readdirSync(folder)).toEqual(['model']);
  });

  async function modelWith(dtype: string, bytes: Uint8Array): Promise<string> {
    const model = path.join(folder, 'model');
    await mkdir(path.join(model, 'vae'), { recursive: true });
    await writeTensorFile(
      path.join(model, 'vae', WEIGHTS),
      [
        {
          name: 'decoder.conv_in.bias',
          dtype,
          shape: [3],
          byteLength: bytes.length,
          write: (put) => put(bytes),
        },
      ],
      {},
    );
    return model;
  }
});

describe('isRescaled', () => {
  it('knows the old name of the attention’s output', () => {
    expect(isRescaled('vae', 'decoder.mid_block.attentions.0.proj_attn.weight')).toBe(true);
    expect(isRescaled('vae', 'encoder.mid_block.attentions.0.proj_attn.weight')).toBe(false);
  });
});
