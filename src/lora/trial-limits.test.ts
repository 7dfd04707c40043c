import { describe, expect, it } from 'vitest';
import type { PlainError } from '../error.ts';
import { pairConcerns } from './trial-limits.ts';
import type { PictureFigures, TestPair } from './trial-report.ts';

const SOUND: PictureFigures = { black: 0.1, outline: 0.8, hue: 0.9, fringe: 0.1 };
const painted = (figures: Partial<PictureFigures> = {}) => ({
  png: new Uint8Array(),
  figures: { ...SOUND, ...figures },
});
const failed = (failure: PlainError) => ({ failure });
const UNIFORM = failed({
  code: 'image/uniform',
  detail: { colour: '#000000', picture: { seed: '1', variationSeed: null, number: 1, count: 1 } },
});
const LOST = failed({ code: 'gpu/device-lost', detail: { reason: '' } });

const pair = (adapted: TestPair['adapted'], plain: TestPair['plain'] = painted()): TestPair => ({
  ...{ seed: 1n, plain, adapted },
});

describe('what is told of pairs of pictures', () => {
  it.each([
    ['black', 0.151, 0.149],
    ['fringe', 0.151, 0.149],
    ['outline', 0.649, 0.651],
    ['hue', 0.749, 0.751],
  ] as const)('%s beyond its limit, beside the picture without', (kind, beyond, within) => {
    expect(
      pairConcerns([pair(painted({ [kind]: within })), pair(painted({ [kind]: beyond }))]),
    ).toMatchObject([{ kind, pair: 1, value: beyond }]);
  });

  it('a picture of one colour has no outline, unless it is of one colour without the LoRA, too', () => {
    expect(pairConcerns([pair(UNIFORM), pair(painted({ black: 1 })), pair(UNIFORM, UNIFORM)])).toEqual([
      { kind: 'outline', pair: 0, value: 0, limit: 1 },
      expect.objectContaining({ kind: 'black', pair: 1 }),
    ]);
  });

  it('nothing where there is nothing to compare with, or the failure is none of the LoRA', () => {
    expect(pairConcerns([pair(painted({ black: 1 }), UNIFORM), pair(LOST)])).toEqual([]);
  });
});
