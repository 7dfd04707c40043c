/**
 * @file What a PNG says it was painted with, whoever wrote it: AUTOMATIC1111's text, Fooocus's way of writing that
 * (`fooocus_scheme` `a1111`: LoRAs stand beside the prompt, not in it), or Fooocus's own JSON (`fooocus`). All come out under
 * AUTOMATIC1111's keys.
 */
import { parseParameters, type ParsedParameters } from './parameters.ts';
import { readPngText } from './png.ts';

/** What Fooocus writes into the prompt besides what was typed: the words of its styles. */
const RAW_PROMPT = 'Raw prompt';

/** Fooocus's names in JSON, and AUTOMATIC1111's for them. */
const FOOOCUS_KEYS: Readonly<Record<string, string>> = {
  steps: 'Steps',
  sampler: 'Sampler',
  scheduler: 'Scheduler',
  guidance_scale: 'CFG scale',
  seed: 'Seed',
  sharpness: 'Sharpness',
  adm_guidance: 'ADM Guidance',
  base_model_hash: 'Model hash',
  base_model: 'Model',
  refiner_model: 'Refiner',
  refiner_model_hash: 'Refiner hash',
  performance: 'Performance',
  styles: 'Styles',
  vae: 'VAE',
  adaptive_cfg: 'Adaptive CFG',
  overwrite_switch: 'Overwrite Switch',
  refiner_swap_method: 'Refiner Swap Method',
  freeu: 'FreeU',
  clip_skip: 'Clip skip',
  created_by: 'User',
  version: 'Version',
  prompt: RAW_PROMPT,
  negative_prompt: 'Raw negative prompt',
};

/**
 * Reads a PNG; `undefined` where it says nothing.
 * @throws AppError `image/png-invalid`
 */
export function readPictureText(png: Uint8Array): ParsedParameters | undefined {
  const { parameters, fooocus_scheme: scheme } = readPngText(png);
  if (parameters === undefined) return undefined;
  // Fooocus itself looks at the text where the scheme is not named.
  const json = scheme === 'a1111' ? undefined : readObject(parameters);
  return withLoraTags(json ? fromFooocus(json) : parseParameters(parameters));
}

/** Fooocus's JSON; what is of another type than it writes is passed over. */
function fromFooocus(json: Readonly<Record<string, unknown>>): ParsedParameters {
  const values = Object.entries(json).flatMap(([name, value]): [string, string][] => {
    const key = FOOOCUS_KEYS[name];
    const text = typeof value === 'number' ? String(value) : value;
    return key === undefined || typeof text !== 'string' || text === '' || text === 'None'
      ? []
      : [[key, text]];
  });
  const [, width, height] = /^\(\s*(\d+)\s*,\s*(\d+)\s*\)$/.exec(readString(json['resolution'])) ?? [];
  if (width !== undefined && height !== undefined) values.push(['Size-1', width], ['Size-2', height]);
  const loras = readLoras(json);
  if (loras.length > 0) {
    values.push(['Lora weights', loras.map(({ name, weight }) => `${name}: ${weight}`).join(', ')]);
    const hashed = loras.filter(({ hash }) => hash !== '');
    if (hashed.length > 0)
      values.push(['Lora hashes', hashed.map(({ name, hash }) => `${name}: ${hash}`).join(', ')]);
  }
  return {
    prompt: readPrompt(json['full_prompt'], json['prompt']),
    negative: readPrompt(json['full_negative_prompt'], json['negative_prompt']),
    values: Object.fromEntries(values),
  };
}

/** The prompt as it was painted, in parts, else as it was typed. */
function readPrompt(full: unknown, typed: unknown): string {
  const parts = Array.isArray(full) ? full.filter((part) => typeof part === 'string') : [];
  return parts.length > 0 ? parts.join(', ') : readString(typed);
}

/** `loras` is a list of name, weight and hash; `lora_combined_N`, of older files, says `name : weight`. */
function readLoras(json: Readonly<Record<string, unknown>>) {
  if (Array.isArray(json['loras'])) {
    return json['loras'].flatMap((lora: unknown) => {
      const [name, weight, hash] = Array.isArray(lora) ? (lora as unknown[]) : [];
      return typeof name === 'string' && typeof weight === 'number'
        ? [{ name, weight: String(weight), hash: readString(hash) }]
        : [];
    });
  }
  return Object.entries(json).flatMap(([key, value]) => {
    const [name = '', weight] = key.startsWith('lora_combined_') ? readString(value).split(' : ') : [];
    return weight === undefined ? [] : [{ name, weight, hash: '' }];
  });
}

/** Puts the LoRAs that Fooocus lists beside the prompt into it, as the field's other programs have them. */
function withLoraTags(parsed: ParsedParameters): ParsedParameters {
  const { prompt, values } = parsed;
  const tags = (values['Lora weights'] ?? '').split(',').flatMap((pair) => {
    const [, name, weight] = /^\s*(.+?)\s*:\s*([+-]?[\d.]+)\s*$/.exec(pair) ?? [];
    const isNamed = name === undefined || prompt.toLowerCase().includes(`<lora:${name.toLowerCase()}:`);
    return isNamed ? [] : [`<lora:${name}:${weight}>`];
  });
  return { ...parsed, prompt: [prompt, ...tags].filter((part) => part !== '').join(' ') };
}

/** Whether the prompt holds more words than were typed. */
export function hasStyleWords({ prompt, values }: ParsedParameters): boolean {
  const typed = values[RAW_PROMPT];
  return typed !== undefined && bare(typed) !== bare(prompt);
}

/** Without LoRAs; lines are joined as Fooocus joins them. */
function bare(prompt: string): string {
  return prompt
    .replace(/\s*<lora:[^<>]*>/gi, '')
    .split('\n')
    .join(', ')
    .trim();
}

function readObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = text.startsWith('{') ? JSON.parse(text) : undefined;
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function readString(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
