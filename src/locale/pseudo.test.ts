import { describe, expect, it } from 'vitest';
import { en } from './en/index.ts';
import { pseudo } from './pseudo.ts';

describe('the pseudo-language', () => {
  it('is English in brackets, accented and some 40 % longer', () => {
    const texts = Object.entries(en.ui).filter(([, text]) => typeof text === 'string') as [
      keyof typeof en.ui,
      string,
    ][];
    for (const [key, text] of texts) {
      expect(pseudo.ui[key], key).toMatch(/^⟦[^⟦⟧]+⟧$/);
      expect(String(pseudo.ui[key]).length, key).toBeGreaterThanOrEqual(text.length + 2);
    }
    const length = (texts: readonly unknown[]) => texts.join('').length;
    const longer = length(texts.map(([key]) => pseudo.ui[key])) / length(texts.map(([, text]) => text));
    expect(longer).toBeGreaterThan(1.3);
    expect(longer).toBeLessThan(1.5);
  });

  it('leaves the values of a text as they are, also those that are words of the text or hold others', () => {
    expect(pseudo.ui.queueAdded(3)).toMatch(/^⟦.* 3 .*⟧$/);
    expect(pseudo.ui.deleteQuestion('Delete [a+b]?', '16 MB')).toMatch(
      /^⟦Đéé.* “Delete \[a\+b\]\?”\? .* 16 MB\.⟧$/,
    );
    expect(pseudo.ui.names(['oil', 'oil painting'])).toBe('⟦oil, oil painting⟧');
  });

  it('covers failures, notices and capabilities', () => {
    expect(pseudo.errors['store/damaged']({ model: 'tiny', record: 'unet' })).toMatch(/^⟦.*“tiny”.*unet.*⟧$/);
    expect(pseudo.notices['model-assumed']({ kind: 'model-assumed', assumptions: ['eps', 'scale'] })).toMatch(
      /^⟦.*eps; scale.*⟧$/,
    );
    expect(pseudo.capabilities.jspi.name).toMatch(/^⟦.*⟧$/);
    expect(pseudo.capabilities.jspi.meanings.present).toMatch(/^⟦.*⟧$/);
  });
});
