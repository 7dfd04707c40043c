import { describe, expect, it } from 'vitest';
import { readPngText } from '../image/png.ts';
import { toPixels, type PictureContext } from './picture.ts';

const GREY = new Float32Array(2 * 2 * 3);

function parametersOf(request: object, settings: object): string {
  const context = {
    model: { name: 'tiny' },
    request: { prompt: 'a red apple', ...request },
    settings: { width: 2, height: 2, steps: 4, guidance: 'off', guidanceScale: 1.5, ...settings },
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
  });
});
