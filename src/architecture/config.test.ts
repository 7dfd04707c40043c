import { describe, expect, it } from 'vitest';
import { Config } from './config.ts';
import { changed, expectInvalid, expectUnsupported } from './test-configs.ts';

describe('Config.parse', () => {
  it.each([
    ['{"a": 1', 'not valid JSON'],
    ['', 'not valid JSON'],
    ['[1]', 'JSON object'],
    ['null', 'JSON object'],
    ['"text"', 'JSON object'],
  ])('refuses %j', (text, reason) => {
    expectInvalid(() => Config.parse('config.json', text), reason);
  });

  it('keeps the file and the fields', () => {
    const config = Config.parse('vae/config.json', '{"a": 1, "b": null}');
    expect(config.file).toBe('vae/config.json');
    expect(config.raw('a')).toBe(1);
    expect(config.raw('b')).toBeUndefined();
  });
});

describe('the fields of a config', () => {
  const config = changed(
    {},
    {
      integer: 3,
      number: -0.5,
      boolean: false,
      string: 'x',
      integers: [1, 2],
      numbers: [0.5, -1],
      strings: ['a', 'b'],
      nothing: null,
    },
  );

  it('gives values of the right type', () => {
    expect(config.integer('integer')).toBe(3);
    expect(config.number('number')).toBe(-0.5);
    expect(config.boolean('boolean')).toBe(false);
    expect(config.string('string')).toBe('x');
    expect(config.integers('integers')).toEqual([1, 2]);
    expect(config.numbers('numbers')).toEqual([0.5, -1]);
    expect(config.strings('strings')).toEqual(['a', 'b']);
  });

  it('takes the default of an absent field and of null', () => {
    for (const name of ['absent', 'nothing']) {
      expect(config.integer(name, 7)).toBe(7);
      expect(config.number(name, 0.1)).toBe(0.1);
      expect(config.boolean(name, true)).toBe(true);
      expect(config.string(name, 'y')).toBe('y');
      expect(config.integers(name, [4])).toEqual([4]);
      expect(config.numbers(name)).toBeUndefined();
    }
  });

  it('misses a field without default by name', () => {
    for (const read of ['integer', 'number', 'boolean', 'string', 'integers', 'strings'] as const) {
      expectInvalid(() => config[read]('absent'), '"absent" is missing');
    }
  });

  it.each([
    ['integer', ['3', 1.5, -1, true, [3]]],
    ['number', ['1', true, [1], {}]],
    ['boolean', [0, 'true', []]],
    ['string', [1, true, ['a']]],
    ['integers', [3, [], [0], [-1], [1.5], ['1']]],
    ['numbers', [3, ['1'], [1, null]]],
    ['strings', ['a', [1], ['a', null]]],
  ] as const)('refuses as %s what is none', (read, values) => {
    for (const value of values) {
      expectInvalid(
        () => changed({}, { field: value })[read]('field'),
        `"field" is ${JSON.stringify(value)}`,
      );
    }
  });

  it('spreads one number over the blocks, or takes one for each', () => {
    expect(changed({}, { n: 4 }).integerPerBlock('n', 3, 1)).toEqual([4, 4, 4]);
    expect(changed({}, { n: [1, 0, 2] }).integerPerBlock('n', 3, 1)).toEqual([1, 0, 2]);
    expect(changed({}, {}).integerPerBlock('n', 2, 5)).toEqual([5, 5]);
    for (const value of [[1, 2], [1, 2, 'x'], [1, 2, -1], 'x', 1.5, -1]) {
      expectInvalid(() => changed({}, { n: value }).integerPerBlock('n', 3, 1), '"n"');
    }
  });

  it('allows only some values, and says which', () => {
    const one = changed({}, { a: 'x' });
    expect(() => one.only('a', ['x', 'y'])).not.toThrow();
    expect(() => one.only('absent', [])).not.toThrow();
    expectUnsupported(() => one.only('a', ['y']), 'a', 'x');
    expectUnsupported(() => one.only('a', []), 'a', 'x');
    expect(() => one.only('a', ['y', 1])).toThrow(/\\"y\\" or 1/);
  });
});
