import { describe, expect, it } from 'vitest';
import expected from '../../e2e/fixtures/lora-mixed/expected.json' with { type: 'json' };
import { blobFile } from '../weights/blob-file.ts';
import { tinyModelFile } from '../weights/test-files.ts';
import { admit } from './admission.ts';
import { openComponents } from './test-components.ts';

const components = await openComponents();

const FOLDER = '../../lora-mixed';

/** A file, or what PEFT writes into a folder. */
function admitMixed(name: string) {
  const isFile = name.endsWith('.safetensors');
  const bytes = tinyModelFile(`${FOLDER}/${isFile ? name : `${name}/adapter_model.safetensors`}`);
  const config = isFile
    ? undefined
    : new TextDecoder().decode(tinyModelFile(`${FOLDER}/${name}/adapter_config.json`));
  return admit(blobFile(name, new Blob([bytes])), { components, config });
}

describe('a base that nothing but the modules tells', () => {
  it.each([
    ['diffusers-sd15-unet', 'Stable Diffusion 1.x'],
    ['kohya-sd15-unet', 'Stable Diffusion 1.x'],
    ['diffusers-sd21-unet', 'Stable Diffusion 2.x'],
    ['diffusers-sd-any-unet', 'Stable Diffusion 1.x, Stable Diffusion 2.x'],
    ['diffusers-refiner-unet', 'the refiner of SDXL'],
    ['kohya-sdxl-unet', 'SDXL'],
  ])('%s: %s', async (name, base) => {
    const { reasons, modules } = await admitMixed(`${name}.safetensors`);
    expect(reasons).toEqual([{ rule: 'base', module: '', value: base, limit: 'modules of the model' }]);
    expect(modules).toEqual([]);
  });
});

describe('files of many writers', () => {
  it.each(Object.entries(expected))('%s is classified right', async (name, { admitted, rules }) => {
    const verdict = await admitMixed(name);
    expect(
      [...new Set(verdict.reasons.map(({ rule }) => rule))].sort(),
      JSON.stringify(verdict.reasons),
    ).toEqual(rules);
    expect(verdict.admitted).toBe(admitted);
  });

  it.each([
    ['kohya-stability.safetensors', Array<number>(7).fill(0.5)],
    ['kohya-diffusers.safetensors', [0.125, 1, 1, 1]],
    ['kohya-converted.safetensors', [1, 1, 1, 1]],
    ['peft', [0.5, 0.5, 0.5, 0.75]],
    ['peft-rslora', [1, 1, 1, 1]],
    ['diffusers.safetensors', [0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 1, 1]],
    ['diffusers-2023.safetensors', Array<number>(8).fill(1)],
    ['peft-rslora-strong', [2, 2, 2, 2]],
    ['peft-rank-pattern', [1, 1, 1, 2]],
  ])('%s is read with the scales that its writer meant', async (name, scales) => {
    const { modules } = await admitMixed(name);
    expect(modules.map(({ scale }) => scale).sort()).toEqual(scales);
  });
});
