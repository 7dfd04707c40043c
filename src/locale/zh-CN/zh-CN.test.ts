import { describe, expect, it } from 'vitest';
import { setLocale, translate } from '../index.ts';
import { zhCN } from './index.ts';
import { findingZhCN } from './lora-findings.ts';

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

  it.each([
    ['a linear layer', '线性层'],
    ['DoRA (12)', 'DoRA（12）'],
    ['LoCon in Tucker form (3)', 'Tucker 形式的 LoCon（3）'],
    ['Stable Diffusion 1.x, the refiner of SDXL', 'Stable Diffusion 1.x、SDXL 的精修模型'],
    ['alpha of shape [2]', '形状为 [2] 的 alpha'],
    ['none of its 7 modules is in the model', '7 个模块都不在当前模型中'],
    [16, 16],
  ])('says what was found of a LoRA in Chinese: %s', (value, text) => {
    expect(findingZhCN(value)).toBe(text);
  });

  it('names a button in the row of anything by what it does and to what', () => {
    expect(zhCN.ui.actionOn('测试', 'Moai')).toBe('测试：Moai');
  });

  it('calls the button by its name', () => {
    setLocale('zh-CN');
    expect(translate('generate')).toBe('极速生成');
    setLocale('en');
  });
});
