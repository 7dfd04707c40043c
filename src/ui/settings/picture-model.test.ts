import { describe, expect, it } from 'vitest';
import { isOfModel, modelOf, type PictureModel } from './picture-model.ts';

const [HASH, OTHER] = ['0123456789', 'abcdef0123'];
const named = (id: string, name: string, hash?: string) => ({ id, name, hash });
/** As Emulsion writes it. */
const ours = (model: string, modelHash = HASH): PictureModel => ({
  ...{ model, modelHash, hasOurHash: true },
});
const others = (model: string): PictureModel => ({ model, modelHash: HASH, hasOurHash: false });

describe('a picture', () => {
  it('is of the model with the weights that it names, whatever that is called', () => {
    expect(isOfModel(ours('A B'), named('a', 'A, B', HASH))).toBe(true);
    expect(isOfModel(ours('A'), named('b', 'B', HASH))).toBe(true);
    expect(isOfModel(ours('A'), named('a', 'A', OTHER))).toBe(false);
  });

  it('is of the model that has its name, where hashes cannot be compared', () => {
    for (const picture of [{ ...ours('A'), modelHash: undefined }, others('A')]) {
      expect(isOfModel(picture, named('a', 'A', OTHER))).toBe(true);
      expect(isOfModel(picture, named('b', 'B', HASH))).toBe(false);
    }
    expect(isOfModel(ours('A'), named('a', 'A'))).toBe(true);
  });
});

describe('of several models', () => {
  const twins = [named('old', 'A', OTHER), named('new', 'A', HASH)];

  it('of one name, the one with the weights of the picture is found', () => {
    expect(modelOf(ours('A'), twins)?.id).toBe('new');
    expect(modelOf(ours('A', OTHER), twins)?.id).toBe('old');
    expect(modelOf(ours('A', 'ffffffffff'), twins)).toBeUndefined();
  });

  it('of the same weights, the one of the same name is found', () => {
    const renamed = named('renamed', 'B', HASH);
    expect(modelOf(ours('A'), [renamed, ...twins])?.id).toBe('new');
    expect(modelOf(ours('C'), [renamed, ...twins])?.id).toBe('renamed');
  });

  it('a name finds one only where no other has it', () => {
    expect(modelOf(others('A'), twins)).toBeUndefined();
    expect(modelOf(others('A'), [named('a', 'A', OTHER), named('b', 'B', HASH)])?.id).toBe('a');
    // One that was never opened has no hash that is known.
    expect(modelOf(ours('A'), [named('old', 'A', OTHER), named('own', 'A')])?.id).toBe('own');
  });
});
