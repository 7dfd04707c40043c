/** @file Links that carry a prompt and its settings behind the `#`, which browsers send to nobody. No picture is in them. */
import type { PictureSettings } from './picture-settings.ts';
import { parseSeed } from './seed.ts';

/** What a link says; what it does not say stays as it is. */
export type SharedSettings = Pick<
  PictureSettings,
  'prompt' | 'negative' | 'seed' | 'variation' | 'steps' | 'size' | 'styles' | 'model'
>;

/** The part of an address from the `#` on. */
export function formatShared(settings: SharedSettings): string {
  const { prompt, negative, seed, variation, steps, size, styles, model } = settings;
  const fields: [string, string | undefined][] = [
    ['prompt', prompt],
    ['negative', negative === '' ? undefined : negative],
    ['seed', seed?.toString()],
    [
      'variation',
      variation && variation.strength > 0 ? `${variation.seed}:${variation.strength}` : undefined,
    ],
    ['steps', steps?.toString()],
    ['size', size && `${size.width}x${size.height}`],
    ['styles', styles.length === 0 ? undefined : styles.join(',')],
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
  const read = <T>(name: string, parse: (text: string) => T | undefined): T | undefined | Broken => {
    const text = fields.get(name);
    return text === null ? undefined : (parse(text) ?? BROKEN);
  };
  const seed = read('seed', parseSeed);
  const variation = read('variation', (text) => {
    const [, other = '', share = ''] = /^(\d+):([\d.]+)$/.exec(text) ?? [];
    const [of, strength] = [parseSeed(other), Number(share)];
    return of !== undefined && strength > 0 && strength <= 1 ? { seed: of, strength } : undefined;
  });
  const steps = read('steps', readCount);
  const size = read('size', (text) => {
    const [, width, height] = /^(\d+)x(\d+)$/.exec(text) ?? [];
    const sides = [readCount(width ?? ''), readCount(height ?? '')];
    return sides[0] !== undefined && sides[1] !== undefined
      ? { width: sides[0], height: sides[1] }
      : undefined;
  });
  if (seed === BROKEN || variation === BROKEN || steps === BROKEN || size === BROKEN) return undefined;
  return {
    ...{ prompt, seed, variation, steps, size },
    negative: fields.get('negative') ?? '',
    styles: (fields.get('styles') ?? '').split(',').filter((id) => id !== ''),
    model: fields.get('model') ?? undefined,
  };
}

const BROKEN = Symbol('broken');
type Broken = typeof BROKEN;

function readCount(text: string): number | undefined {
  return /^[1-9]\d{0,5}$/.test(text) ? Number(text) : undefined;
}
