/**
 * @file `<lora:name:weight>` in prompts, and the list of hashes beside them, as AUTOMATIC1111's web UI has them and the
 * field's programs read them.
 */

/** A LoRA as a prompt names it. */
export interface LoraTag {
  readonly name: string;
  readonly weight: number;
}

const TAG = /<lora:([^<>]+)>/gi;
/** Of a LoRA that is named without one. */
const DEFAULT_WEIGHT = 1;
/** First digits of a SHA-256. */
const HASH_DIGITS = 12;

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)$/;

/**
 * Takes the tags out of a prompt. Of several weights (`<lora:name:0.8:0.5>`, or `te=0.8:unet=0.5`) the first counts. What is no
 * number is taken for a part of the name, which nothing has, so that a slip is told of; the web UI would take it for 1.
 */
export function takeLoraTags(prompt: string): { readonly prompt: string; readonly tags: readonly LoraTag[] } {
  const tags: LoraTag[] = [];
  const rest = prompt.replace(TAG, (_, content: string) => {
    const [name = '', weight] = content.split(':');
    const written = weight?.trim().replace(/^\w+=/, '');
    if (written === undefined) tags.push({ name: name.trim(), weight: DEFAULT_WEIGHT });
    else if (NUMBER.test(written)) tags.push({ name: name.trim(), weight: Number(written) });
    else tags.push({ name: content.trim(), weight: DEFAULT_WEIGHT });
    return '';
  });
  return tags.length === 0 ? { prompt, tags } : { prompt: rest.replace(/ {2,}/g, ' ').trim(), tags };
}

export function formatLoraTag({ name, weight }: LoraTag): string {
  return `<lora:${name}:${weight}>`;
}

/** `name: hash, name: hash`, each once. */
export function formatLoraHashes(loras: readonly { readonly name: string; readonly hash: string }[]): string {
  const pairs = loras.map(({ name, hash }) => `${name}: ${hash.slice(0, HASH_DIGITS)}`);
  return [...new Set(pairs)].join(', ');
}

/** Hash by name, from {@link formatLoraHashes}; what is no pair is left out. */
export function parseLoraHashes(text: string): Map<string, string> {
  const pairs = text.split(',').map((pair) => /^\s*(.+?)\s*:\s*([0-9a-f]+)\s*$/i.exec(pair));
  return new Map(pairs.flatMap((pair) => (pair ? [[pair[1] ?? '', (pair[2] ?? '').toLowerCase()]] : [])));
}
