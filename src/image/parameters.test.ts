import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatParameters, parseParameters } from './parameters.ts';
import type { PictureParameters } from './parameters.ts';
import golden from './golden/parameters.json';

const apple: PictureParameters = {
  prompt: 'a red apple',
  steps: 4,
  sampler: 'turbo',
  cfgScale: 1,
  seed: 2n ** 64n - 1n,
  width: 640,
  height: 384,
  modelHash: '45dee52b01',
  model: 'tiny',
  version: 'emulsion 0.1.0',
};

describe('formatParameters', () => {
  it('writes keys in the order the web UI writes them', () => {
    expect(formatParameters({ ...apple, negative: 'blurry', extra: { 'Emulsion sampler': 'turbo' } })).toBe(
      'a red apple\nNegative prompt: blurry\n' +
        'Steps: 4, Sampler: Euler a, Schedule type: Turbo, CFG scale: 1, Seed: 18446744073709551615, Size: 640x384, ' +
        'Model hash: 45dee52b01, Model: tiny, RNG: CPU, Emulsion sampler: turbo, Version: emulsion 0.1.0',
    );
  });

  it('writes variation and denoising strength where the web UI does', () => {
    const variation = { seed: 2n ** 64n - 1n, strength: 0.3 };
    expect(formatParameters({ ...apple, variation, denoisingStrength: 0.75, clipSkip: 1 })).toContain(
      'Model: tiny, Variation seed: 18446744073709551615, Variation seed strength: 0.3, Denoising strength: 0.75, ' +
        'Clip skip: 2, RNG: CPU, Version',
    );
  });

  it('leaves out what is absent: negative prompt, schedule, model hash', () => {
    const { modelHash, ...unhashed } = apple;
    expect(modelHash).toBeDefined();
    expect(formatParameters({ ...unhashed, sampler: 'euler', cfgScale: 1.5, negative: '' })).toBe(
      'a red apple\nSteps: 4, Sampler: Euler, CFG scale: 1.5, Seed: 18446744073709551615, Size: 640x384, ' +
        'Model: tiny, RNG: CPU, Version: emulsion 0.1.0',
    );
  });

  it.each([
    ['lcm', 'LCM'],
    ['tcd', 'TCD'],
  ] as const)('calls %s %s, as other programs do', (sampler, name) => {
    expect(formatParameters({ ...apple, sampler })).toContain(`Steps: 4, Sampler: ${name}, CFG scale: 1`);
  });

  it('quotes values that hold a comma, a colon or a line break, without escaping Chinese', () => {
    const extra = { hashes: 'a: 1, b: 2', note: '第一\n"二"', path: 'C\\d', name: 'plain' };
    expect(formatParameters({ ...apple, extra })).toContain(
      'hashes: "a: 1, b: 2", note: "第一\\n\\"二\\"", path: C\\d, name: plain, Version',
    );
  });

  it('writes a key that equals its value once', () => {
    expect(formatParameters({ ...apple, extra: { Tiling: 'Tiling' } })).toContain(
      'RNG: CPU, Tiling, Version',
    );
  });

  it('takes commas and colons out of the model name', () => {
    expect(formatParameters({ ...apple, model: 'a: b, c' })).toContain('Model: a b c,');
  });
});

describe('parseParameters', () => {
  it.each(golden.cases)('reads as the web UI does: $text', ({ text, ...expected }) => {
    expect(parseParameters(text)).toEqual(expected);
  });

  it('reads back what was written', () => {
    const line = fc
      .string({ unit: fc.constantFrom(...Array.from('ab ,:红果é()<>"\\')) })
      .filter((text) => text === text.trim() && !text.startsWith('Negative prompt:'));
    const text = fc.array(line, { minLength: 1, maxLength: 3 }).map((lines) => lines.join('\n').trim());
    const extraValue = fc
      .string({ unit: fc.constantFrom(...Array.from('ab ,:\n"\\红')), minLength: 1 })
      .filter((value) => value === value.trim());
    fc.assert(
      fc.property(
        text,
        text,
        fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
        fc.dictionary(fc.constantFrom('Lora hashes', 'Note', 'Emulsion-guidance/x'), extraValue),
        (prompt, negative, seed, extra) => {
          const parsed = parseParameters(formatParameters({ ...apple, prompt, negative, seed, extra }));
          expect(parsed).toEqual({
            prompt,
            negative,
            values: {
              Steps: '4',
              Sampler: 'Euler a',
              'Schedule type': 'Turbo',
              'CFG scale': '1',
              Seed: String(seed),
              'Size-1': '640',
              'Size-2': '384',
              'Model hash': '45dee52b01',
              Model: 'tiny',
              RNG: 'CPU',
              ...extra,
              Version: 'emulsion 0.1.0',
            },
          });
        },
      ),
    );
  });
});
