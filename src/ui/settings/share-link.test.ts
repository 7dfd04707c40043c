import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatShared, parseShared, type SharedSettings } from './share-link.ts';

const SETTINGS: SharedSettings = {
  prompt: '黄色背景上的企鹅, 50 % “big” & #1 <lora:ink:0.8>',
  negative: 'blur',
  seed: 2n ** 64n - 1n,
  variation: { seed: 9n, strength: 0.1 },
  steps: 4,
  size: { width: 256, height: 192 },
  styles: ['flat', 'on-blue'],
  samplers: ['lcm'],
  guidance: 'onetime-negative',
  guidanceScale: 1.5,
  guidanceRescale: 0.7,
  clipSkip: 1,
  precision: 'bf16',
  model: 'Emulsion emoji',
};

describe('a link', () => {
  it('brings back what it was made of, whatever is written', () => {
    expect(parseShared(formatShared(SETTINGS))).toEqual(SETTINGS);
    const text = fc
      .string({ unit: 'grapheme', maxLength: 3000 })
      .filter((words) => !words.includes('\uFFFD'));
    fc.assert(
      fc.property(text, text, (prompt, negative) => {
        expect(parseShared(formatShared({ ...SETTINGS, prompt, negative }))).toEqual({
          ...SETTINGS,
          prompt,
          negative,
        });
      }),
    );
  });

  it('writes amounts so that they can be read again', () => {
    const amounts = { guidanceScale: 1234.56789012, guidanceRescale: 0.123456789 };
    const shared = formatShared({ ...SETTINGS, ...amounts, variation: { seed: 9n, strength: 1e-7 } });
    expect(parseShared(shared)).toEqual({
      ...SETTINGS,
      ...{ guidanceScale: 1234.56789, guidanceRescale: 0.123457, variation: undefined },
    });
  });

  it('leaves open what it does not say', () => {
    expect(parseShared('#prompt=a+fox')).toEqual({
      ...{ prompt: 'a fox', negative: '', seed: undefined, variation: undefined },
      ...{ steps: undefined, size: undefined, styles: [], model: undefined },
      ...{ samplers: [], guidance: undefined, guidanceScale: undefined, guidanceRescale: undefined },
      ...{ clipSkip: 0, precision: 'f32' },
    });
  });

  it('is one address, without spaces or quotation marks that a messenger would end it at', () => {
    expect(formatShared(SETTINGS)).toMatch(/^#[\w%+.=&*-]+$/);
  });

  it.each([
    '#',
    '#about',
    '#seed=5',
    '#prompt=a%E7',
    '#prompt=a%2',
    '#prompt=a&seed=-1',
    '#prompt=a&steps=0',
    '#prompt=a&size=64',
    '#prompt=a&variation=5',
    '#prompt=a&variation=5:1.5',
    '#prompt=a&sampler=best',
    '#prompt=a&guidance=auto',
    '#prompt=a&scale=-1',
    '#prompt=a&precision=f64',
  ])('is not %j', (hash) => {
    expect(parseShared(hash)).toBeUndefined();
  });
});
