import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Config } from '../../architecture/config.ts';
import { readStyles } from '../../engine/manifest-lists.ts';
import type { StyleTemplate } from '../../engine/protocol/model.ts';
import general from './styles.json';
import { withoutStyles, withStyles } from './styles-template.ts';

const style = (id: string, prompt: string, negative?: string): StyleTemplate => ({
  ...{ id, name: { en: id }, prompt },
  ...(negative !== undefined && { negative }),
});
const OIL = style('oil', 'oil painting of {prompt}, thick strokes', 'photo');
const BLUE = style('blue', '{prompt} on a blue background');

describe('styles', () => {
  it('are put around the prompt one after another', () => {
    expect(withStyles({ prompt: 'a fox', negative: 'blur' }, [OIL, BLUE])).toEqual({
      prompt: 'oil painting of a fox, thick strokes on a blue background',
      negative: 'blur, photo',
    });
    expect(withStyles({ prompt: '$& {prompt}', negative: '' }, [BLUE]).prompt).toBe(
      '$& {prompt} on a blue background',
    );
    expect(withStyles({ prompt: '', negative: '' }, [OIL])).toEqual({
      prompt: 'oil painting of , thick strokes',
      negative: 'photo',
    });
  });

  it('are taken off again, whatever the prompt', () => {
    const words = fc.string({ unit: 'grapheme' }).map((text) => text.replace(/<lora/gi, '').trim());
    fc.assert(
      fc.property(words, words, fc.subarray([OIL, BLUE]), (prompt, negative, styles) => {
        const made = withStyles({ prompt, negative }, styles);
        expect(withoutStyles(made, styles)).toEqual({ prompt, negative });
      }),
    );
  });

  it('leave the tags of LoRAs at the end, and what was not made with them', () => {
    const made = { prompt: 'a fox on a blue background <lora:ink:0.5> <lora:x:1>', negative: '' };
    expect(withoutStyles(made, [BLUE])?.prompt).toBe('a fox <lora:ink:0.5> <lora:x:1>');
    expect(withoutStyles({ prompt: 'a fox', negative: '' }, [BLUE])).toBeUndefined();
  });
});

describe('the styles for models that bring none', () => {
  it('are what a manifest could bring, in both languages', () => {
    const styles = readStyles(new Config('styles.json', { styles: general }), 'styles');
    expect(styles.length).toBeGreaterThan(20);
    for (const { name, prompt } of styles) {
      expect(name['zh-CN']).toMatch(/\p{Script=Han}/u);
      expect(prompt).toBe(prompt.trim());
    }
  });

  it.each([
    [[{ id: 'a b', name: { en: 'x' }, prompt: '{prompt}' }], /style 1 .* needs an "id"/],
    [[{ id: 'a', name: {}, prompt: '{prompt}' }], /style 1/],
    [[{ id: 'a', name: { en: 'x' }, prompt: 'none' }], /style 1/],
    [[{ id: 'a', name: { en: 'x' }, prompt: '{prompt} {prompt}' }], /style 1/],
    [[OIL, OIL], /have the id "oil"/],
    ['oil', /a list of styles/],
  ])('are refused where they are none: %j', (styles, reason) => {
    let error: unknown;
    try {
      readStyles(new Config('emulsion.json', { styles }), 'styles');
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ code: 'model/config-invalid' });
    expect((error as { detail: { reason: string } }).detail.reason).toMatch(reason);
  });
});
