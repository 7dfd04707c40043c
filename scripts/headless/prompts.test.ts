import { describe, expect, it } from 'vitest';
import { parsePrompts, readPrompts } from './prompts.ts';
import { UsageError } from './words.ts';

describe('a list of prompts', () => {
  it('holds texts and objects', () => {
    const list = [
      { prompt: 'a fox', seed: 7, scene: { object: 'fox' }, language: 'en', file: 'x.png' },
      'a hat',
    ];
    expect(parsePrompts(JSON.stringify(list), 'list.json')).toEqual([
      { prompt: 'a fox', seed: 7, scene: { object: 'fox' }, language: 'en' },
      { prompt: 'a hat' },
    ]);
  });

  it.each([
    ['[', /not valid JSON/],
    ['[]', /not a list of prompts/],
    ['[7]', /prompt 1 of list\.json is neither/],
    ['["a", {"seed": 1}]', /prompt 2 of list\.json has no "prompt"/],
    ['[{"prompt": "a", "seed": 0.5}]', /"seed"/],
    ['[{"prompt": "a", "scene": "fox"}]', /"scene"/],
  ])('is refused as %s', (text, message) => {
    expect(() => parsePrompts(text, 'list.json')).toThrow(UsageError);
    expect(() => parsePrompts(text, 'list.json')).toThrow(message);
  });

  it('comes with the embedded model: 300 scenes, half of them asked for in Chinese, seeds all different', async () => {
    const prompts = await readPrompts();
    expect(prompts).toHaveLength(300);
    expect(prompts.filter(({ language }) => language === 'zh')).toHaveLength(150);
    expect(prompts.every(({ scene }) => typeof scene?.['object'] === 'string')).toBe(true);
    expect(new Set(prompts.map(({ seed }) => seed)).size).toBe(300);
    expect(new Set(prompts.map(({ scene }) => JSON.stringify(scene))).size).toBe(300);
  });
});
