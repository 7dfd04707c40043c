import { describe, expect, it } from 'vitest';
import { Spares } from './spares.ts';

describe('Spares', () => {
  it('gives an item to a taker of its size, once', () => {
    const spares = new Spares<string>();
    spares.put('a', 4);
    spares.put('a', 4);
    spares.put('b', 4);
    expect([spares.take(5), spares.take(4), spares.take(4), spares.take(4)]).toEqual([
      undefined,
      'a',
      'b',
      undefined,
    ]);
  });

  it('gives up what has survived so many sweeps', () => {
    const spares = new Spares<string>();
    spares.put('old', 1);
    expect(spares.sweep(1)).toEqual([]);
    spares.put('new', 2);
    expect(spares.sweep(1)).toEqual(['old']);
    expect(spares.sweep(0)).toEqual(['new']);
    expect(spares.oldest()).toBeUndefined();
  });

  it('keeps nothing beside what is taken together', () => {
    const spares = new Spares<string>();
    spares.put('large', 100);
    spares.put('one', 1);
    spares.put('two', 2);
    expect(spares.takeOnly([2, 1, 1])).toEqual(['two', 'one', undefined]);
    expect(spares.take(100)).toBeUndefined();
  });
});
