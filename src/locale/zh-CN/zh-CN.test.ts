import { describe, expect, it } from 'vitest';
import { setLocale, translate } from '../index.ts';
import { zhCN } from './index.ts';

/** Every text without values, by where it stands. */
function textsOf(texts: unknown, place = ''): [string, string][] {
  if (typeof texts === 'string') return [[place, texts]];
  if (typeof texts === 'object' && texts !== null)
    return Object.entries(texts).flatMap(([key, inner]) => textsOf(inner, `${place} ${key}`));
  return [];
}

describe('Chinese', () => {
  it('is written in Chinese', () => {
    const texts = textsOf(zhCN);
    expect(texts.length).toBeGreaterThan(300);
    for (const [place, text] of texts)
      expect(text, place).toMatch(/\p{Script=Han}|^WASM|^GPU|^Web Locks$|^Service Worker$|^‖/u);
  });

  it('calls the button by its name', () => {
    setLocale('zh-CN');
    expect(translate('generate')).toBe('极速生成');
    setLocale('en');
  });
});
