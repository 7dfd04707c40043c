import { describe, expect, it } from 'vitest';
import { TorchGenerator } from '../latents/noise.ts';
import { writeSafetensors } from '../weights/safetensors.ts';
import { givenNoise, seededNoise, variedNoise } from './noise-source.ts';

const SHAPE = [1, 4, 8, 4];
const COUNT = 128;
const tensor = (value: number, shape = SHAPE): { shape: number[]; data: Float32Array } => ({
  shape,
  data: new Float32Array(COUNT).fill(value),
});

describe('seededNoise', () => {
  it('draws the initial latents first, then one step after the other, from one stream', () => {
    const generator = new TorchGenerator(42n);
    const [initial, first, second] = [generator.randn(COUNT), generator.randn(COUNT), generator.randn(COUNT)];
    const noise = seededNoise(42n, COUNT);
    expect([noise.initial(), noise.forStep(0), noise.forStep(1)]).toEqual([initial, first, second]);
  });
});

describe('variedNoise', () => {
  it('goes to the other seed with what is begun with, and stays with its own after that', () => {
    const varied = variedNoise(42n, { seed: 43n, strength: 1 }, SHAPE);
    const [own, other] = [seededNoise(42n, COUNT), seededNoise(43n, COUNT)];
    const begun = varied.initial();
    const expected = other.initial();
    expect(Math.max(...begun.map((value, i) => Math.abs(value - (expected[i] ?? NaN))))).toBeLessThan(1e-6);
    own.initial();
    expect([varied.forStep(0), varied.forStep(1)]).toEqual([own.forStep(0), own.forStep(1)]);
  });

  it('draws the noise of a picture that is begun from first, like any', () => {
    const varied = variedNoise(42n, { seed: 43n, strength: 0.5 }, SHAPE);
    expect(varied.forPicture()).toEqual(seededNoise(42n, COUNT).forPicture());
  });
});

describe('givenNoise', () => {
  it('gives what the file holds', () => {
    const file = writeSafetensors({
      init_noise: tensor(1),
      'step_noise.0': tensor(2),
      'step_noise.1': tensor(3),
    });
    const noise = givenNoise(file, SHAPE, 2);
    expect([noise.initial()[0], noise.forStep(1)[0], noise.forStep(0)[0]]).toEqual([1, 3, 2]);
  });

  it.each([
    ['no initial noise', { 'step_noise.0': tensor(2) }, 'init_noise'],
    ['too few steps', { init_noise: tensor(1), 'step_noise.0': tensor(2) }, 'step_noise.1'],
    [
      'a number that is none',
      { init_noise: { ...tensor(1), data: tensor(1).data.fill(NaN, 7, 8) } },
      'finite',
    ],
    ['turned sides', { init_noise: tensor(1, [1, 8, 4, 4]) }, '[1, 8, 4, 4], the latents are [1, 4, 8, 4]'],
  ])('refuses a file with %s before any work', (_title, tensors, reason) => {
    expect(() => givenNoise(writeSafetensors(tensors), SHAPE, 2)).toThrow(
      expect.objectContaining({
        code: 'request/init-noise',
        detail: { reason: expect.stringContaining(reason) as string },
      }),
    );
  });
});
