import { expect, it } from 'vitest';
import { encodePng } from '../image/png.ts';
import { readPictureSettings } from './picture-settings.ts';

const picture = (text: Record<string, string>) =>
  encodePng({ width: 1, height: 1, data: new Uint8ClampedArray(4) }, text);

it('reads what a picture was painted with', () => {
  const parameters =
    'a cat <lora:style:0.8>\nNegative prompt: blur\nSteps: 4, Sampler: Euler a, CFG scale: 1, ' +
    'Seed: 18446744073709551615, Size: 512x768, Model: emoji, Style: "flat, on-blue", Variation seed: 3, Variation seed strength: 0.1, Denoising strength: 0.35, Lora hashes: "style: 0123456789ab, b: ff"';
  expect(readPictureSettings(picture({ parameters }))).toEqual({
    prompt: 'a cat <lora:style:0.8>',
    negative: 'blur',
    seed: 18446744073709551615n,
    variation: { seed: 3n, strength: 0.1 },
    steps: 4,
    size: { width: 512, height: 768 },
    strength: 0.35,
    model: 'emoji',
    styles: ['flat', 'on-blue'],
    loraHashes: new Map([
      ['style', '0123456789ab'],
      ['b', 'ff'],
    ]),
  });
});

it('leaves open what is not written, and knows a picture without settings', () => {
  expect(readPictureSettings(picture({ parameters: 'a cat' }))).toMatchObject({
    prompt: 'a cat',
    seed: undefined,
    variation: undefined,
    steps: undefined,
    size: undefined,
    strength: undefined,
    styles: [],
  });
  expect(readPictureSettings(picture({ Software: 'x' }))).toBeUndefined();
});
