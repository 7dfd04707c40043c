import ExifReader from 'exifreader';
import { describe, expect, it } from 'vitest';
import { aiLabel, labelledText, XMP_KEYWORD } from './ai-label.ts';
import { readChunks } from './png-chunks.ts';
import { encodePng } from './png.ts';

const IMAGE = { width: 2, height: 1, data: new Uint8ClampedArray([1, 2, 3, 255, 4, 5, 6, 255]) };
const PARAMETERS = '红苹果 <lora:墨:0.8> & "x"\nSteps: 4, Sampler: Euler a, Seed: 7, Size: 2x1';

describe('the label of a picture', () => {
  const png = encodePng(IMAGE, labelledText(IMAGE, PARAMETERS, 'Emulsion'));

  it('is what an independent reader finds', async () => {
    const { xmp } = await ExifReader.load(png.buffer, { expanded: true, async: true });
    expect(xmp?.['DigitalSourceType']?.value).toBe(
      'http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia',
    );
    const aigc: unknown = JSON.parse(xmp?.['AIGC']?.value as string);
    expect(aigc).toEqual({
      Label: '1',
      ContentProducer: 'Emulsion',
      ProduceID: expect.stringMatching(/^[0-9a-f]{16}$/) as string,
      ReservedCode1: '',
      ContentPropagator: '',
      PropagateID: '',
      ReservedCode2: '',
    });
  });

  it('stands in an iTXt chunk before the pixels, beside the settings', () => {
    const chunks = readChunks(png);
    expect(chunks.map(({ type }) => type)).toEqual(['IHDR', 'iTXt', 'iTXt', 'IDAT', 'IEND']);
    const keyword = new TextDecoder().decode(chunks[2]?.data.subarray(0, XMP_KEYWORD.length));
    expect(keyword).toBe(XMP_KEYWORD);
  });

  it('has the same number for the same picture, and another for any other', () => {
    const numberOf = (...[image, text]: Parameters<typeof labelledText>) =>
      /"ProduceID":"(\w+)"/.exec(labelledText(image, text, 'Emulsion')[XMP_KEYWORD])?.[1];
    const number = numberOf(IMAGE, PARAMETERS, '');
    expect(numberOf(IMAGE, PARAMETERS, '')).toBe(number);
    expect(numberOf(IMAGE, `${PARAMETERS}.`, '')).not.toBe(number);
    expect(numberOf({ ...IMAGE, data: IMAGE.data.slice().fill(9) }, PARAMETERS, '')).not.toBe(number);
  });

  it('is well-formed whatever the producer is called', () => {
    expect(aiLabel('A&B<C>', '1')).toContain('"ContentProducer":"A&amp;B&lt;C&gt;"');
  });
});
