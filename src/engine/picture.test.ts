import { describe, expect, it } from 'vitest';
import { readPngText } from '../image/png.ts';
import { toPixels, type PictureContext } from './picture.ts';

const GREY = new Float32Array(2 * 2 * 3);

const SETTINGS = {
  ...{ width: 2, height: 2, steps: 4, sampler: 'turbo', clipSkip: 0 },
  ...{ guidance: 'off', guidanceScale: 1.5, guidanceRescale: 0, pairedSteps: 0 },
};

function parametersOf(request: object, settings: object): string {
  const context = {
    model: { name: 'tiny' },
    request: { prompt: 'a red apple', ...request },
    settings: { ...SETTINGS, ...settings },
    seed: 7n,
  } as PictureContext;
  return readPngText(toPixels(GREY, context).png)['parameters'] ?? '';
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

  it("count left-out layers as the web UI does, whose 1 is diffusers' 0", () => {
    expect(parametersOf({}, { clipSkip: 1 })).toContain('Model: tiny, Clip skip: 2, RNG: CPU');
    expect(parametersOf({}, {})).not.toContain('Clip skip');
  });
});
