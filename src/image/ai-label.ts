/**
 * @file What every picture says of where it comes from, for machines to read: the digital source type of the IPTC, and the
 * implicit label of China's labelling rule (GB 45438-2025, annex E; where it stands in a PNG is told by the guides of TC260).
 * Both are properties of one XMP packet.
 */
import type { PixelImage } from './pixels.ts';
import { crc32 } from './png-chunks.ts';

/** The keyword of the text chunk that holds XMP in a PNG. */
export const XMP_KEYWORD = 'XML:com.adobe.xmp';

const SOURCE_TYPE = 'http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia';
const NAMESPACES = {
  rdf: 'http://www.w3.org/1999/02/22-rdf-syntax-ns#',
  Iptc4xmpExt: 'http://iptc.org/std/Iptc4xmpExt/2008-02-29/',
  TC260: 'http://www.tc260.org.cn/ns/AIGC/1.0/',
};
/** That it is generated is known, or said of it; 3 is for guesses. */
const CERTAINTY = { known: '1', likely: '2' } as const;

/** The text of a PNG: its settings, and what it is. */
export interface LabelledText extends Readonly<Record<string, string>> {
  readonly parameters: string;
  readonly [XMP_KEYWORD]: string;
}

/**
 * The settings of a picture with the label beside them. Its number is made of what is in the picture, so that the same order
 * gives the same file.
 * @param producer name of the program, printable ASCII without spaces and quotation marks, as the rule has it
 */
export function labelledText(image: PixelImage, parameters: string, producer: string): LabelledText {
  const number = [image.data, new TextEncoder().encode(parameters)].map(checksum).join('');
  return { parameters, [XMP_KEYWORD]: aiLabel(producer, number) };
}

/**
 * The XMP packet. Whoever passes the picture on to the public enters themselves as the propagator; until then nobody has.
 * The mark in its first line is no Latin-1, so that the packet becomes an iTXt chunk, as XMP has to.
 */
export function aiLabel(
  producer: string,
  produceId: string,
  certainty: keyof typeof CERTAINTY = 'known',
): string {
  const aigc = JSON.stringify({
    Label: CERTAINTY[certainty],
    ContentProducer: producer,
    ProduceID: produceId,
    ReservedCode1: '',
    ContentPropagator: '',
    PropagateID: '',
    ReservedCode2: '',
  });
  const declared = Object.entries(NAMESPACES).map(([prefix, uri]) => `xmlns:${prefix}="${uri}"`);
  return [
    '<?xpacket begin="\uFEFF" id="W5M0MpCehiHzreSzNTczkc9d"?>',
    '<x:xmpmeta xmlns:x="adobe:ns:meta/">',
    `<rdf:RDF ${declared.join(' ')}>`,
    '<rdf:Description rdf:about="">',
    `<Iptc4xmpExt:DigitalSourceType>${SOURCE_TYPE}</Iptc4xmpExt:DigitalSourceType>`,
    `<TC260:AIGC>${escaped(aigc)}</TC260:AIGC>`,
    '</rdf:Description>',
    '</rdf:RDF>',
    '</x:xmpmeta>',
    '<?xpacket end="r"?>',
  ].join('\n');
}

function checksum(bytes: Uint8Array | Uint8ClampedArray): string {
  return crc32(bytes).toString(16).padStart(8, '0');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
