/** @file Links that carry a prompt and its settings behind the `#`, which browsers send to nobody. No picture is in them. */
import { PRECISIONS } from '../../engine/precisions.ts';
import { GUIDANCE_MODES } from '../../latents/guidance-modes.ts';
import { SAMPLERS } from '../../latents/sampler-names.ts';
import type { PictureSettings } from './picture-settings.ts';
import { parseSeed } from './seed.ts';

/** What a link says; what it does not say stays as it is. */
export type SharedSettings = Omit<
  PictureSettings,
  'strength' | 'modelHash' | 'hasOurHash' | 'loraHashes' | 'unknown' | 'hasStyleWords' | 'hasOurNoise'
>;

/** The part of an address from the `#` on. */
export function formatShared(settings: SharedSettings): string {
  const { prompt, negative, seed, variation, steps, size, styles, model } = settings;
  const { samplers, guidance, guidanceScale, guidanceRescale, clipSkip, precision } = settings;
  const fields: [string, string | undefined][] = [
    ['prompt', prompt],
    ['negative', negative === '' ? undefined : negative],
    ['seed', seed?.toString()],
    [
      'variation',
      variation && writeAmount(variation.strength) !== '0'
        ? `${variation.seed}:${writeAmount(variation.strength)}`
        : undefined,
    ],
    ['steps', steps?.toString()],
    ['size', size && `${size.width}x${size.height}`],
    ['styles', styles.length === 0 ? undefined : styles.join(',')],
    ['sampler', samplers[0]],
    ['guidance', guidance],
    ['scale', guidanceScale === undefined ? undefined : writeAmount(guidanceScale)],
    ['rescale', guidanceRescale ? writeAmount(guidanceRescale) : undefined],
    ['clip-skip', clipSkip > 0 ? String(clipSkip) : undefined],
    ['precision', precision === 'f32' ? undefined : precision],
    ['model', model],
  ];
  const written = fields.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
  return `#${new URLSearchParams(written).toString()}`;
}

/** Reads the part of an address from the `#` on; `undefined` for what is no such link, or a broken one. */
export function parseShared(hash: string): SharedSettings | undefined {
  // A messenger that wraps or cuts an address may leave half an escape sequence.
  if (/%(?![0-9a-f]{2})/i.test(hash)) return undefined;
  const fields = new URLSearchParams(hash.replace(/^#/, ''));
  const prompt = fields.get('prompt');
  if (prompt === null || prompt.includes('\uFFFD')) return undefined;
  try {
    return { prompt, ...readFields(fields) };
  } catch (error) {
    if (error instanceof BrokenField) return undefined;
    throw error;
  }
}

/** @throws BrokenField */
function readFields(fields: URLSearchParams): Omit<SharedSettings, 'prompt'> {
  const read = <T>(name: string, parse: (text: string) => T | undefined): T | undefined => {
    const text = fields.get(name);
    if (text === null) return undefined;
    const value = parse(text);
    if (value === undefined) throw new BrokenField();
    return value;
  };
  const oneOf =
    <T extends string>(names: readonly T[]) =>
    (text: string): T | undefined =>
      names.find((name) => name === text);
  const sampler = read('sampler', oneOf(SAMPLERS));
  return {
    negative: fields.get('negative') ?? '',
    seed: read('seed', parseSeed),
    variation: read('variation', readVariation),
    steps: read('steps', readCount),
    size: read('size', readSize),
    styles: (fields.get('styles') ?? '').split(',').filter((id) => id !== ''),
    samplers: sampler ? [sampler] : [],
    guidance: read('guidance', oneOf(GUIDANCE_MODES)),
    guidanceScale: read('scale', readAmount),
    guidanceRescale: read('rescale', readAmount),
    clipSkip: read('clip-skip', readCount) ?? 0,
    precision: read('precision', oneOf(PRECISIONS)) ?? 'f32',
    model: fields.get('model') ?? undefined,
  };
}

class BrokenField extends Error {}

function readVariation(text: string): SharedSettings['variation'] {
  const [, other = '', share = ''] = /^(\d+):([\d.]+)$/.exec(text) ?? [];
  const [seed, strength] = [parseSeed(other), Number(share)];
  return seed !== undefined && strength > 0 && strength <= 1 ? { seed, strength } : undefined;
}

function readSize(text: string): SharedSettings['size'] {
  const [, columns = '', rows = ''] = /^(\d+)x(\d+)$/.exec(text) ?? [];
  const [width, height] = [readCount(columns), readCount(rows)];
  return width !== undefined && height !== undefined ? { width, height } : undefined;
}

function readAmount(text: string): number | undefined {
  return /^\d{1,6}(\.\d{1,6})?$/.test(text) ? Number(text) : undefined;
}

/** As {@link readAmount} reads it. */
function writeAmount(amount: number): string {
  return String(Number(Math.min(amount, 999_999).toFixed(6)));
}

function readCount(text: string): number | undefined {
  return /^[1-9]\d{0,5}$/.test(text) ? Number(text) : undefined;
}
