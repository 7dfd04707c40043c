import { readFileSync } from 'node:fs';
import { decode } from 'fast-png';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../error.ts';
import { readChunks, writeChunks } from './png-chunks.ts';
import { encodePng, readPngText } from './png.ts';
import pillow from './golden/pillow.json';

const pillowBytes = new Uint8Array(readFileSync(new URL('./golden/pillow.png', import.meta.url)));

const images = fc
  .record({ width: fc.integer({ min: 1, max: 9 }), height: fc.integer({ min: 1, max: 9 }) })
  .chain(({ width, height }) =>
    fc.uint8Array({ minLength: width * height * 4, maxLength: width * height * 4 }).map((bytes) => {
      const data = new Uint8ClampedArray(bytes);
      for (let alpha = 3; alpha < data.length; alpha += 4) data[alpha] = 255;
      return { width, height, data };
    }),
  );
const keyword = fc.string({ unit: fc.constantFrom(...Array.from('abcXYZ é£')), minLength: 1, maxLength: 79 });
const value = fc.oneof(
  fc.string(),
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: fc.constantFrom(...Array.from('红苹果,café\u{1F34E}\uFEFF\n')) }),
);

describe('encodePng', () => {
  it('keeps every pixel, as an independent decoder sees them', () => {
    fc.assert(
      fc.property(images, (image) => {
        const decoded = decode(encodePng(image, { parameters: 'plain' }), { checkCrc: true });
        expect(decoded).toMatchObject({ width: image.width, height: image.height, channels: 3, depth: 8 });
        expect([...decoded.data]).toEqual([...image.data].filter((_, index) => index % 4 !== 3));
      }),
    );
  });

  it('keeps every text, Chinese included', () => {
    const image = { width: 1, height: 1, data: new Uint8ClampedArray([1, 2, 3, 255]) };
    fc.assert(
      fc.property(fc.dictionary(keyword, value), (text) => {
        expect(readPngText(encodePng(image, text))).toEqual({ ...text });
      }),
    );
  });

  it('chooses the chunk as Pillow does and puts text before the pixels', () => {
    const image = { width: 1, height: 1, data: new Uint8ClampedArray([1, 2, 3, 255]) };
    const types = readChunks(encodePng(image, { a: 'café ÿ', b: '红' })).map(({ type }) => type);
    expect(types).toEqual(['IHDR', 'tEXt', 'iTXt', 'IDAT', 'IEND']);
  });

  it('writes the very chunks Pillow writes', () => {
    const image = { width: 1, height: 1, data: new Uint8ClampedArray([1, 2, 3, 255]) };
    const texts = (bytes: Uint8Array) =>
      readChunks(bytes)
        .filter(({ type }) => type === 'tEXt' || type === 'iTXt')
        .map(({ type, data }) => ({ type, data: [...data] }));
    expect(texts(encodePng(image, pillow.texts))).toEqual(texts(pillowBytes));
  });

  it('gives the same bytes for the same picture', () => {
    const image = { width: 2, height: 1, data: new Uint8ClampedArray([1, 2, 3, 255, 4, 5, 6, 255]) };
    expect(encodePng(image, { a: '红' })).toEqual(encodePng(image, { a: '红' }));
  });

  it.each(['', 'x'.repeat(80), '键'])('refuses the keyword %j', (bad) => {
    const image = { width: 1, height: 1, data: new Uint8ClampedArray([1, 2, 3, 255]) };
    expect(() => encodePng(image, { [bad]: 'text' })).toThrow(RangeError);
  });
});

describe('readPngText', () => {
  it('reads what Pillow wrote', () => {
    expect(readPngText(pillowBytes)).toEqual(pillow.texts);
  });

  it('passes over compressed and malformed text', () => {
    const [header, ...rest] = readChunks(pillowBytes).filter(({ type }) => !type.endsWith('Xt'));
    const bytes = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));
    const odd = [
      { type: 'iTXt', data: bytes('key\0\x01\0\0\0zzz') },
      { type: 'iTXt', data: bytes('no end') },
      { type: 'tEXt', data: bytes('no end') },
    ];
    expect(header?.type).toBe('IHDR');
    expect(readPngText(writeChunks([...(header ? [header] : []), ...odd, ...rest]))).toEqual({});
  });

  it('refuses a file with any single byte changed', () => {
    fc.assert(
      fc.property(fc.nat(pillowBytes.length - 1), fc.integer({ min: 1, max: 255 }), (index, difference) => {
        const damaged = pillowBytes.slice();
        damaged[index] = (damaged[index] ?? 0) ^ difference;
        expect(codeOf(() => readPngText(damaged))).toBe('image/png-invalid');
      }),
    );
  });

  it('refuses a file cut anywhere', () => {
    for (let length = 0; length < pillowBytes.length; length++) {
      expect(codeOf(() => readPngText(pillowBytes.subarray(0, length)))).toBe('image/png-invalid');
    }
  });
});

function codeOf(action: () => unknown): string | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    return error instanceof AppError ? String(error.code) : String(error);
  }
}
