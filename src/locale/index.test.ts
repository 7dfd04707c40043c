import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ErrorDetails, Finding, PictureName, PlainError } from '../error.ts';
import {
  currentLocale,
  detectLocale,
  errorSentence,
  LOCALES,
  onLocaleChange,
  setLocale,
  translate,
} from './index.ts';

const FINDING: Finding = {
  ...{ network: 'N1', stage: 'S1', operation: 'O1', isRepeated: true },
  ...{ step: 7, precision: 'f16' },
  picture: { seed: '18446744073709551615', variationSeed: '43', number: 21, count: 34 },
};

/** A value for every field of every error, each to be found again in its sentence. */
const DETAILS: ErrorDetails = {
  'weights/not-found': { file: 'F1', status: 404 },
  'weights/unreachable': { file: 'F1', reason: 'R1' },
  'weights/header-invalid': { file: 'F1', reason: 'R1' },
  'weights/dtype-unsupported': { file: 'F1', tensor: 'T1', dtype: 'I64' },
  'weights/tensor-missing': { tensor: 'T1', component: 'C1' },
  'weights/tensor-shape': { tensor: 'T1', expected: '[1]', actual: '[2]' },
  'weights/not-finite': { file: 'F1', tensor: 'T1' },
  'weights/changed': { file: 'F1' },
  'weights/checksum': { file: 'F1' },
  'model/config-missing': { file: 'F1' },
  'model/config-invalid': { file: 'F1', reason: 'R1' },
  'model/unsupported': { file: 'F1', field: 'N1', value: 'V1', supported: 'S1' },
  'model/scheduler-unsupported': { field: 'N1', value: 'V1', supported: 'S1' },
  'model/tokenizer-invalid': { file: 'F1', reason: 'R1' },
  'model/no-tiny-vae': { model: 'M1' },
  'model/unknown': { model: 'M1' },
  'model/licence': { model: 'M1', licence: 'L1', address: 'A1' },
  'model/file-kind': { file: 'F1', kind: 'K1' },
  'model/file-incomplete': { file: 'F1', present: 'P1', missing: 'M1' },
  'model/file-layout': { file: 'F1', reason: 'R1' },
  'store/unavailable': { reason: 'R1' },
  'store/quota': { neededMiB: 300, availableMiB: 200 },
  'store/damaged': { model: 'M1', record: 'R1' },
  'store/format': { model: 'M1' },
  'store/deleted': { model: 'M1' },
  'store/incomplete': { model: 'M1' },
  'store/busy': { model: 'M1' },
  'store/exists': { model: 'M1', source: 'S1' },
  'store/source-needed': { model: 'M1', source: 'S1' },
  'gallery/full': { neededMiB: 11 },
  'gallery/unavailable': { reason: 'R1' },
  'gallery/damaged': {},
  'gallery/no-settings': {},
  'gallery/archive-invalid': { file: 'F1', reason: 'R1' },
  'request/size': { width: 100, height: 90, multiple: 8 },
  'request/invalid': { field: 'N1', value: 'V1', expected: 'E1' },
  'request/budget': { width: 1024, height: 768, limitMiB: 512, neededMiB: 620, fits: '640×480' },
  'request/buffer': { width: 2048, height: 1536, limitMiB: 256, neededMiB: 320, fits: '1792×1344' },
  'request/heap': { width: 2048, height: 1536, limitMiB: 3072, neededMiB: 9000, fits: '1024×768' },
  'request/prompt-length': { tokens: 450, fits: 300, neededMiB: 620, limitMiB: 512 },
  'request/init-noise': { reason: 'R1' },
  'request/init-image': { reason: 'R1' },
  'lora/refused': {
    file: 'F1',
    rule: 'rank',
    module: 'M1',
    value: 16,
    limit: 8,
    others: 3,
    repairable: true,
  },
  'gpu/unavailable': { reason: 'R1' },
  'gpu/device-lost': { reason: 'R1' },
  'gpu/out-of-memory': { reason: 'R1' },
  'gpu/limit': { what: 'W1', needed: 300, limit: 200 },
  'runtime/start-failed': { reason: 'R1' },
  'runtime/run-failed': { stage: 'S1', reason: 'R1' },
  'image/not-finite': {
    ...FINDING,
    count: 12,
    of: 99,
    least: -2.5,
    greatest: 65504,
    wouldBeBlack: false,
  },
  'image/zeros': FINDING,
  'image/uniform': {
    colour: '#0a0b0c',
    picture: { seed: '41', variationSeed: '43', number: 21, count: 34 },
  },
  'image/png-invalid': { reason: 'R1' },
  'output/unwritable': { file: 'F1', reason: 'R1' },
  'browser/not-found': { reason: 'R1' },
  'engine/cancelled': {},
  'engine/crashed': { reason: 'R1' },
  'engine/internal': { reason: 'R1' },
};
const ERRORS = Object.entries<unknown>({ ...DETAILS }).map(
  ([code, detail]) => ({ code, detail }) as PlainError,
);

afterEach(() => setLocale('en'));

describe.each(LOCALES)('the sentences in $locale', ({ locale }) => {
  it.each(ERRORS)('name every value of $code on one line', (error) => {
    const sentence = errorSentence(error, locale);
    const values = Object.values<unknown>({ ...error.detail }).flatMap((value) =>
      typeof value === 'object' ? Object.values<unknown>({ ...value }) : [value],
    );
    for (const value of values) if (typeof value !== 'boolean') expect(sentence).toContain(String(value));
    expect(sentence).toMatch(/^[^\n]*\p{Sentence_Terminal}$/u);
    expect(sentence).not.toMatch(/\p{Script=Han}[,:;!?.]| [，。：；（）]/u);
    expect(sentence).not.toContain('undefined');
  });

  it('are all different', () => {
    const sentences = ERRORS.map((error) => errorSentence(error, locale));
    expect(new Set(sentences).size).toBe(ERRORS.length);
  });

  it('name a picture by its seed alone where it is the only one', () => {
    const alone = { seed: '41', variationSeed: null, number: 1, count: 1 };
    const sentence = (picture: PictureName) =>
      errorSentence({ code: 'image/uniform', detail: { colour: '#0a0b0c', picture } }, locale);
    expect(sentence(alone)).toContain('41');
    expect(sentence(alone)).not.toMatch(/null|\b1\b/);
    expect(sentence({ ...alone, number: 2, count: 3 })).toMatch(/[23].*[23].*41/);
  });

  it('say nothing of what is not known about values that are not finite', () => {
    const unknowns = { operation: null, isRepeated: false, step: null, picture: null };
    const finding = { ...FINDING, ...unknowns, precision: 'f32' };
    const range = { least: null, greatest: null };
    const detail = { ...finding, count: 12, of: 12, ...range, wouldBeBlack: false };
    const sentence = errorSentence({ code: 'image/not-finite', detail }, locale);
    expect(sentence).toMatch(/N1 S1/);
    expect(sentence).not.toMatch(/null|undefined|f16/);
    const black = errorSentence(
      { code: 'image/not-finite', detail: { ...detail, wouldBeBlack: true } },
      locale,
    );
    expect(black).not.toBe(sentence);
    const unknown = errorSentence({ code: 'image/zeros', detail: { ...finding, isRepeated: null } }, locale);
    expect(unknown).not.toBe(errorSentence({ code: 'image/zeros', detail: finding }, locale));
  });
});

it.each(LOCALES)(
  'gives the size of a tensor in MiB, and never needs as much as there is, in $locale',
  ({ locale }) => {
    const detail = { what: 'tensor', needed: 2 ** 31, limit: 2 ** 31 - 4 };
    const sentence = errorSentence({ code: 'gpu/limit', detail }, locale);
    expect(sentence).toMatch(/ 2048 MiB.* 2047 MiB/);
  },
);

it('keeps a sentence on one line, with one full stop, whatever the reason', () => {
  const error: PlainError = { code: 'engine/crashed', detail: { reason: 'Out of\n  memory.' } };
  expect(errorSentence(error, 'en')).toContain('unexpectedly: Out of memory. Try');
});

describe('the language', () => {
  it.each([
    [['zh-TW', 'en'], null, 'zh-CN'],
    [['fr', 'ZH'], null, 'zh-CN'],
    [['en-GB', 'zh'], null, 'en'],
    [['fr'], null, 'en'],
    [[], null, 'en'],
    [['en'], 'zh-CN', 'zh-CN'],
    [['zh'], 'en', 'en'],
    [['zh'], 'tlh', 'zh-CN'],
    [['zh'], 'toString', 'zh-CN'],
  ])('for %j, remembered %j, is %s', (preferred, remembered, locale) => {
    expect(detectLocale(preferred, remembered)).toBe(locale);
  });

  it('tells its listeners about a change, and only about a change', () => {
    const listener = vi.fn();
    const stop = onLocaleChange(listener);
    setLocale('en');
    expect(listener).not.toHaveBeenCalled();
    setLocale('zh-CN');
    expect(listener).toHaveBeenCalledOnce();
    expect(currentLocale()).toBe('zh-CN');
    expect(translate('sizeHint', 8)).toContain('8');
    stop();
    setLocale('en');
    expect(listener).toHaveBeenCalledOnce();
  });
});
