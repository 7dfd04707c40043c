import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { encodePng } from '../../image/png.ts';
import { readPictureSettings } from './picture-settings.ts';

const FOLDER = 'e2e/fixtures/other-programs';
const expected = JSON.parse(readFileSync(`${FOLDER}/expected.json`, 'utf8')) as Record<
  string,
  Record<string, unknown>
>;
const read = (name: string) => readPictureSettings(new Uint8Array(readFileSync(`${FOLDER}/${name}`)));

const picture = (text: Record<string, string>) =>
  encodePng({ width: 1, height: 1, data: new Uint8ClampedArray(4) }, text);

describe('pictures of other programs', () => {
  it.each(Object.entries(expected))('are read as they were written: %s', (name, said) => {
    const { seed, loraHashes, samplers, ...settings } = read(name) ?? {};
    const { samplers: named, ...others } = said;
    expect({
      ...settings,
      seed: String(seed),
      loraHashes: Object.fromEntries(loraHashes ?? []),
    }).toMatchObject(others);
    expect([...(samplers ?? [])].sort()).toEqual(named);
  });

  it('tell what nothing here can take over, and no more', () => {
    expect(read('a1111-latin.png')?.unknown).toEqual([
      'Sampler: DPM++ 2M',
      'Schedule type: Karras',
      'VAE: sdxl_vae.safetensors',
      'Denoising strength: 0.4',
      'Hires upscale: 1.5',
      'Hires upscaler: Latent',
    ]);
    expect(read('a1111-chinese.png')).toMatchObject({
      unknown: ['Clip skip: 2'],
      hasOurNoise: false,
      hasStyleWords: false,
    });
    expect(read('fooocus-a1111.png')?.hasStyleWords).toBe(true);
    expect(read('fooocus-a1111.png')?.unknown).toEqual([
      'Sampler: DPM++ 2M SDE Karras',
      'Sharpness: 2.0',
      'ADM Guidance: (1.5, 0.8, 0.3)',
      'Scheduler: karras',
    ]);
    expect(read('fooocus-json.png')).toMatchObject({
      unknown: ['ADM Guidance: (1.5, 0.8, 0.3)'],
      hasStyleWords: false,
    });
    expect(read('plain.png')).toBeUndefined();
  });
});

it('reads what a picture was painted with', () => {
  const parameters =
    'a cat <lora:style:0.8>\nNegative prompt: blur\nSteps: 4, Sampler: Euler a, Schedule type: Turbo, CFG scale: 2, ' +
    'Seed: 18446744073709551615, Size: 512x768, Model: emoji, Style: "flat, on-blue", Variation seed: 3, ' +
    'Variation seed strength: 0.1, Denoising strength: 0.35, RNG: CPU, Precision: bf16, Guidance: first-step, ' +
    'Guidance rescale: 0.7, Lora hashes: "style: 0123456789ab, b: ff"';
  expect(readPictureSettings(picture({ parameters }))).toEqual({
    prompt: 'a cat <lora:style:0.8>',
    negative: 'blur',
    seed: 18446744073709551615n,
    variation: { seed: 3n, strength: 0.1 },
    steps: 4,
    size: { width: 512, height: 768 },
    strength: 0.35,
    model: 'emoji',
    modelHash: undefined,
    hasOurHash: false,
    styles: ['flat', 'on-blue'],
    loraHashes: new Map([
      ['style', '0123456789ab'],
      ['b', 'ff'],
    ]),
    samplers: ['turbo'],
    guidance: 'first-step',
    guidanceScale: 2,
    guidanceRescale: 0.7,
    clipSkip: 0,
    precision: 'bf16',
    unknown: [],
    hasStyleWords: false,
    hasOurNoise: true,
  });
});

it.each([
  ['Emulsion 0.1', 2],
  ['Fooocus v2.5.5', 1],
  ['v1.10.1', 0],
])('counts the clip skip of %s as diffusers does', (version, clipSkip) => {
  const parameters = `a cat\nSteps: 4, Clip skip: 3, Version: ${version}`;
  const unknown = clipSkip === 0 ? ['Clip skip: 3'] : [];
  const hasOurHash = version.startsWith('Emulsion');
  expect(readPictureSettings(picture({ parameters }))).toMatchObject({ clipSkip, unknown, hasOurHash });
});

it('leaves open what is not written, and knows a picture without settings', () => {
  expect(readPictureSettings(picture({ parameters: 'a cat' }))).toMatchObject({
    prompt: 'a cat',
    seed: undefined,
    variation: undefined,
    steps: undefined,
    size: undefined,
    guidance: undefined,
    unknown: [],
    strength: undefined,
    styles: [],
  });
  expect(readPictureSettings(picture({ Software: 'x' }))).toBeUndefined();
});

it.each(['{"prompt": ', '[1]', '{"seed": {"a": 1}, "loras": [[1]], "resolution": "__import__"}'])(
  'gets along with JSON that is none of Fooocus: %s',
  (parameters) => {
    expect(readPictureSettings(picture({ parameters, fooocus_scheme: 'fooocus' }))).toMatchObject({
      seed: undefined,
      size: undefined,
    });
  },
);
