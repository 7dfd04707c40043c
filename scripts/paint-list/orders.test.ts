import { describe, expect, it } from 'vitest';
import { UsageError } from '../headless/words.ts';
import { parseOrders } from './orders.ts';

const ORDER = { file: 'a.png', prompt: 'a fox', seed: 7 };

function parse(...list: unknown[]) {
  return parseOrders(JSON.stringify(list), 'list.json');
}

describe('parseOrders', () => {
  it('fills in what generate would', () => {
    expect(parse(ORDER)).toEqual([
      { file: 'a.png', picture: { prompt: 'a fox', seed: 7n, guidance: 'auto' } },
    ]);
  });

  it('reads every field', () => {
    const picture = {
      ...{ prompt: '', negative: '', steps: 30, width: 64, height: 96 },
      ...{
        sampler: 'tcd',
        eta: 0.5,
        guidance: 'full',
        guidanceScale: 2.5,
        guidanceRescale: 0.7,
        clipSkip: 1,
      },
    };
    expect(parse({ ...picture, file: 'x/b.PNG', seed: 0 }, ORDER)).toEqual([
      { file: 'x/b.PNG', picture: { ...picture, seed: 0n } },
      { file: 'a.png', picture: { prompt: 'a fox', seed: 7n, guidance: 'auto' } },
    ]);
  });

  it.each<[string, unknown, RegExp]>([
    ['something else than an order', 'a fox', /order 1 of list\.json is not an object/],
    ['no file', { prompt: 'x', seed: 1 }, /no "file"/],
    ['no seed', { file: 'a.png', prompt: 'x' }, /no "seed"/],
    ['a misspelt field', { ...ORDER, stpes: 4 }, /"stpes"/],
    ['a field every object has', { ...ORDER, constructor: 4 }, /"constructor"/],
    ['a file outside of the folder', { ...ORDER, file: 'x/../../a.png' }, /"file".* inside/],
    ['a file from the root', { ...ORDER, file: '/a.png' }, /"file".* inside/],
    ['a file of another kind', { ...ORDER, file: 'a.jpg' }, /"file".*\.png/],
    ['a seed that JSON has rounded', { ...ORDER, seed: 2 ** 60 }, /"seed"/],
    ['half a step', { ...ORDER, steps: 1.5 }, /"steps"/],
    ['a width in words', { ...ORDER, width: '64' }, /"width"/],
    ['an unknown sampler', { ...ORDER, sampler: 'ddim' }, /"sampler".*turbo/],
    ['more than all noise', { ...ORDER, sampler: 'tcd', eta: 1.5 }, /"eta".*0 to 1/],
    ['a negative scale', { ...ORDER, guidanceScale: -1 }, /"guidanceScale"/],
    ['a rescale above 1', { ...ORDER, guidanceRescale: 2 }, /"guidanceRescale"/],
    ['half a clip skip', { ...ORDER, clipSkip: 0.5 }, /"clipSkip"/],
  ])('refuses %s', (_, order, message) => {
    expect(() => parse(order)).toThrow(UsageError);
    expect(() => parse(order)).toThrow(message);
  });

  it('refuses two orders for one file, and what is no list', () => {
    expect(() => parse(ORDER, { ...ORDER, file: './a.png' })).toThrow(/two orders for a\.png/);
    expect(() => parseOrders('{}', 'list.json')).toThrow(/not a list/);
    expect(() => parseOrders('[', 'list.json')).toThrow(/not valid JSON/);
  });
});
