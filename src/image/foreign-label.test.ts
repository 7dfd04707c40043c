import { readFileSync } from 'node:fs';
import ExifReader from 'exifreader';
import { decode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { labelledText } from './ai-label.ts';
import { withForeignLabel, withoutForeignLabel } from './foreign-label.ts';
import { readChunks, writeChunks } from './png-chunks.ts';
import { encodePng, readPngText } from './png.ts';

const IMAGE = { width: 2, height: 1, data: new Uint8ClampedArray([1, 2, 3, 255, 4, 5, 6, 255]) };
const PARAMETERS = 'a fox\nSteps: 4, Sampler: Euler a, Seed: 7, Size: 2x1';
const foreign = (name: string) =>
  new Uint8Array(readFileSync(new URL(`../../e2e/fixtures/other-programs/${name}`, import.meta.url)));

describe('the label of a picture of another program', () => {
  for (const name of ['a1111-chinese.png', 'fooocus-json.png'])
    it(`is what an independent reader finds, and nothing else is changed (${name})`, async () => {
      const png = foreign(name);
      const labelled = withForeignLabel(png);
      const { xmp } = await ExifReader.load(labelled.buffer, { expanded: true, async: true });
      expect(xmp?.['DigitalSourceType']?.value).toMatch(/trainedAlgorithmicMedia$/);
      expect(JSON.parse(xmp?.['AIGC']?.value as string)).toMatchObject({ Label: '2', ContentProducer: '' });
      expect(decode(labelled).data).toEqual(decode(png).data);
      expect(readPngText(labelled)).toMatchObject(readPngText(png));
      expect(readChunks(labelled).filter((_, index) => index !== 1)).toEqual(readChunks(png));
    });

  it('comes off again, whatever follows the last chunk', () => {
    const png = new Uint8Array([...foreign('a1111-latin.png'), 1, 2, 3]);
    const labelled = withForeignLabel(png);
    expect(labelled).not.toEqual(png);
    expect(withoutForeignLabel(labelled)).toEqual(png);
    expect(withoutForeignLabel(png)).toBe(png);
    // Labelled once is enough.
    expect(withForeignLabel(labelled)).toBe(labelled);
  });

  it('is not put beside what a file says itself', () => {
    const own = encodePng(IMAGE, labelledText(IMAGE, PARAMETERS, 'Emulsion'));
    expect(withForeignLabel(own)).toBe(own);
    expect(withoutForeignLabel(own)).toBe(own);
    const [header, ...rest] = readChunks(encodePng(IMAGE, { parameters: PARAMETERS }));
    if (!header) throw new Error('no header');
    const signed = writeChunks([header, { type: 'caBX', data: Uint8Array.of(1) }, ...rest]);
    expect(withForeignLabel(signed)).toBe(signed);
    const marked = encodePng(IMAGE, { parameters: PARAMETERS, AIGC: '{"Label":"1"}' });
    expect(withForeignLabel(marked)).toBe(marked);
  });

  it('is refused for what is no PNG', () => {
    expect(() => withForeignLabel(Uint8Array.of(1, 2, 3))).toThrow();
    expect(withoutForeignLabel(Uint8Array.of(1, 2, 3))).toEqual(Uint8Array.of(1, 2, 3));
  });
});
