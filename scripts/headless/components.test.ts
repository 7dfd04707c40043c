import { describe, expect, it } from 'vitest';
import { readComponents } from './components.ts';
import { UsageError } from './words.ts';

describe('readComponents', () => {
  it('reads a place for each name, which may have an equals sign of its own', () => {
    expect(readComponents(undefined)).toBeUndefined();
    const given = ['vae=../vae', 'unet=https://host/unet.safetensors?a=b', 'tiny_vae=id'];
    expect(readComponents(given)).toEqual({
      vae: '../vae',
      unet: 'https://host/unet.safetensors?a=b',
      tiny_vae: 'id',
    });
  });

  it.each([
    [['decoder=x'], /takes NAME=PLACE with unet, vae, .*; not "decoder=x"/],
    [['../vae'], /takes NAME=PLACE .*; not "..\/vae"/],
    [['vae'], /--component vae= needs a place/],
    [['toString=x'], /takes NAME=PLACE/],
    [['=x'], /takes NAME=PLACE/],
    [['vae='], /--component vae= needs a place/],
    [['vae=a', 'unet=b', 'vae=a'], /--component vae is given twice/],
  ])('refuses %j', (given, message) => {
    expect(() => readComponents(given)).toThrow(UsageError);
    expect(() => readComponents(given)).toThrow(message);
  });
});
