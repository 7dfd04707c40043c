import { describe, expect, it } from 'vitest';
import { XMP_KEYWORD } from '../image/ai-label.ts';
import { decodePng, readPngText } from '../image/png.ts';
import { toPixels, type PictureContext } from './picture.ts';

const PIXELS = Float32Array.from({ length: 2 * 2 * 3 }, (_, i) => i / 12);

const SETTINGS = {
  ...{ width: 2, height: 2, askedSteps: 4, sampler: 'turbo', clipSkip: 0 },
  ...{ guidance: 'off', guidanceScale: 1.5, guidanceRescale: 0, pairedSteps: 0 },
  ...{ seeds: [7n], variations: [] },
};

function contextOf(request: object, settings: object): PictureContext {
  return {
    model: { name: 'tiny' },
    request: { prompt: 'a red apple', precision: 'f32', ...request },
    settings: { ...SETTINGS, ...settings },
    loras: [],
    index: 0,
  } as unknown as PictureContext;
}

function parametersOf(request: object, settings: object): string {
  return readPngText(toPixels(PIXELS, contextOf(request, settings)).png)['parameters'] ?? '';
}

describe('the settings in a picture', () => {
  it('name the sampler as other programs do, and the eta that was asked for', () => {
    expect(parametersOf({}, { sampler: 'lcm' })).toContain('Sampler: LCM, CFG scale: 1,');
    expect(parametersOf({ eta: 0.5 }, { sampler: 'tcd' })).toMatch(/Sampler: TCD, .*, RNG: CPU, Eta: 0\.5, /);
    expect(parametersOf({}, { sampler: 'tcd' })).not.toContain('Eta');
  });

  it('tell the scale of guidance where there is any', () => {
    expect(parametersOf({}, { sampler: 'lcm', guidance: 'full' })).toContain('CFG scale: 1.5,');
    expect(parametersOf({}, { sampler: 'lcm', guidance: 'distilled' })).toContain('CFG scale: 1.5,');
    expect(parametersOf({}, {})).not.toContain('Guidance');
  });

  it('tell what it was begun from, with all the steps that were asked for', () => {
    const initImage = { bytes: new Uint8Array(), strength: 0.5 };
    expect(parametersOf({ initImage }, {})).toMatch(/Steps: 4, .*Denoising strength: 0\.5, /);
    expect(parametersOf({}, {})).not.toContain('strength');
  });

  it('name the styles that are in the prompt', () => {
    expect(parametersOf({ styles: ['flat', 'on-blue'] }, {})).toContain('Style: "flat, on-blue", ');
    expect(parametersOf({ styles: [] }, {})).not.toContain('Style');
  });

  it('tell what the seed was varied with', () => {
    const variation = { seed: 9n, strength: 0.1 };
    const picture = toPixels(PIXELS, contextOf({}, { variations: [variation] }));
    expect(readPngText(picture.png)['parameters']).toMatch(
      /Seed: 7, .*Variation seed: 9, Variation seed strength: 0\.1, /,
    );
    expect(picture.variationSeed).toBe(9n);
    expect(toPixels(PIXELS, contextOf({}, {}))).not.toHaveProperty('variationSeed');
  });

  it('tell which LoRAs took part, with weights and hashes', () => {
    const loras = [{ name: 'ink', weight: -0.5, hash: '0123456789abcdef' }];
    const context = { ...contextOf({}, {}), loras } as unknown as PictureContext;
    const text = readPngText(toPixels(PIXELS, context).png)['parameters'] ?? '';
    expect(text).toContain('a red apple <lora:ink:-0.5>\n');
    expect(text).toContain('Lora hashes: "ink: 0123456789ab", ');
  });

  it('tell how a picture was guided, and the negative prompt where it took part', () => {
    const order = { negative: 'blurry' };
    const rescaled = { guidanceRescale: 0.7 };
    for (const guidance of ['first-step', 'onetime-negative']) {
      const text = parametersOf(order, { guidance, pairedSteps: 1, ...rescaled });
      expect(text).toContain('Negative prompt: blurry');
      expect(text).toContain(`RNG: CPU, Guidance: ${guidance}, Guidance rescale: 0.7, Version`);
    }
    const unguided = parametersOf(order, rescaled);
    expect(unguided).not.toContain('blurry');
    expect(unguided).not.toContain('rescale');
  });

  it('tell the precision where it rounds', () => {
    for (const precision of ['bf16', 'f16'])
      expect(parametersOf({ precision }, {})).toContain(`RNG: CPU, Precision: ${precision}, Version`);
    expect(parametersOf({}, {})).not.toContain('Precision');
  });

  it("count left-out layers as the web UI does, whose 1 is diffusers' 0", () => {
    expect(parametersOf({}, { clipSkip: 1 })).toContain('Model: tiny, Clip skip: 2, RNG: CPU');
    expect(parametersOf({}, {})).not.toContain('Clip skip');
  });
});

describe('the marks of a picture', () => {
  it('are in its metadata always, and in its pixels on request', () => {
    const plain = toPixels(PIXELS, contextOf({}, {})).png;
    expect(readPngText(plain)[XMP_KEYWORD]).toContain('"ContentProducer":"Emulsion"');
    const marked = toPixels(PIXELS, contextOf({ visibleMark: 'en' }, {})).png;
    expect(decodePng(marked).data).not.toEqual(decodePng(plain).data);
  });
});

describe('a picture in which nothing is to be seen', () => {
  const refusal = (values: Float32Array, order: Partial<PictureContext> = {}): unknown => {
    try {
      return toPixels(values, { ...contextOf({}, {}), ...order });
    } catch (error) {
      return error;
    }
  };

  it.each([
    ['#000000', -1.5, -1.5],
    ['#808080', 0, 0.003],
    ['#ffffff', 1, 40],
  ])('is refused: %s', (colour, one, another) => {
    const values = PIXELS.map((_, i) => (i % 2 === 0 ? one : another));
    expect(refusal(values)).toMatchObject({ code: 'image/uniform', detail: { colour } });
  });

  it('is named, among others of its order', () => {
    const { settings } = contextOf({}, { seeds: [2n ** 64n - 2n, 2n ** 64n - 1n] });
    expect(refusal(new Float32Array(PIXELS.length), { settings, index: 1 })).toMatchObject({
      detail: { picture: { seed: '18446744073709551615', variationSeed: null, number: 2, count: 2 } },
    });
    const variations = [3n, 4n].map((seed) => ({ seed, strength: 0.5 }));
    const varied = contextOf({}, { seeds: [7n, 7n], variations }).settings;
    expect(refusal(new Float32Array(PIXELS.length), { settings: varied, index: 0 })).toMatchObject({
      detail: { picture: { seed: '7', variationSeed: '3', number: 1, count: 2 } },
    });
  });

  it('is none where one value differs', () => {
    expect(refusal(PIXELS.map((_, i) => (i === 11 ? -0.9 : -1)))).toMatchObject({
      nonFinite: 0,
      black: false,
    });
  });
});
