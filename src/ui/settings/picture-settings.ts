/** @file The settings that a finished picture carries, to be taken over from it. */
import { PRECISIONS, type Precision } from '../../engine/precisions.ts';
import type { Variation } from '../../engine/protocol/generate.ts';
import { isKnownSchedule, samplersNamed, type ParsedParameters } from '../../image/parameters.ts';
import { hasStyleWords, readPictureText } from '../../image/picture-text.ts';
import { GUIDANCE_MODES, type GuidanceMode } from '../../latents/guidance-modes.ts';
import type { SamplerName } from '../../latents/sampler-names.ts';
import { parseLoraHashes } from '../../lora/prompt-tags.ts';
import type { PictureSize } from './picture-size.ts';
import { parseSeed } from './seed.ts';

/** What was written down is there; the rest stays as it is. */
export interface PictureSettings {
  /** With the tags of LoRAs. */
  readonly prompt: string;
  readonly negative: string;
  readonly seed: bigint | undefined;
  readonly variation: Variation | undefined;
  readonly steps: number | undefined;
  readonly size: PictureSize | undefined;
  /** Of one that began from another picture, how much of that was to go. */
  readonly strength: number | undefined;
  /** Name of the model. */
  readonly model: string | undefined;
  readonly modelHash: string | undefined;
  /** Whether that hash is made as here. */
  readonly hasOurHash: boolean;
  /** Ids of the styles whose words are in the prompt. */
  readonly styles: readonly string[];
  readonly loraHashes: ReadonlyMap<string, string>;
  /** Those that go by the name that is written; none where no sampler here does. */
  readonly samplers: readonly SamplerName[];
  readonly guidance: GuidanceMode | undefined;
  readonly guidanceScale: number | undefined;
  readonly guidanceRescale: number | undefined;
  /** As diffusers counts. */
  readonly clipSkip: number;
  readonly precision: Precision | undefined;
  /** What else is written and means something, but nothing here: `Key: value`. */
  readonly unknown: readonly string[];
  /** Whether the program put words of its styles into the prompt. */
  readonly hasStyleWords: boolean;
  /** Whether the same seed gives the same noise here. */
  readonly hasOurNoise: boolean;
}

/**
 * Reads a PNG of Emulsion, AUTOMATIC1111's web UI, Fooocus, and whoever else writes `parameters`; `undefined` without.
 * @throws AppError `image/png-invalid`
 */
export function readPictureSettings(png: Uint8Array): PictureSettings | undefined {
  const text = readPictureText(png);
  return text && settingsOf(text);
}

/** What the keys of a picture's text come to. */
export function settingsOf(text: ParsedParameters): PictureSettings {
  const { prompt, negative, values } = text;
  const [width, height] = [readCount(values['Size-1']), readCount(values['Size-2'])];
  const guidanceScale = readNumber(values['CFG scale']);
  return {
    prompt,
    negative,
    seed: parseSeed(values['Seed'] ?? ''),
    variation: readVariation(values),
    steps: readCount(values['Steps']),
    size: width === undefined || height === undefined ? undefined : { width, height },
    strength: isEnlarged(values) ? undefined : readShare(values['Denoising strength']),
    model: values['Model'],
    modelHash: values['Model hash'],
    hasOurHash: isOurs(values),
    styles: (values['Style'] ?? '').split(', ').filter((id) => id !== ''),
    loraHashes: parseLoraHashes(values['Lora hashes'] ?? ''),
    samplers: samplersNamed(values),
    guidance: guidanceOf(values['Guidance'], guidanceScale),
    guidanceScale,
    guidanceRescale: readNumber(values['Guidance rescale']),
    clipSkip: Math.max(0, (readCount(values['Clip skip']) ?? 0) - layersNotCounted(values)),
    precision: values['Precision'] === undefined ? 'f32' : readPrecision(values['Precision']),
    unknown: Object.entries(values).flatMap((pair) => (isTaken(pair, values) ? [] : [pair.join(': ')])),
    hasStyleWords: hasStyleWords(text),
    hasOurNoise: Object.keys(values).length === 0 || values['RNG'] === 'CPU',
  };
}

/** What a picture says that is read above, or changes nothing. */
const TAKEN: readonly string[] = [
  ...['Steps', 'Seed', 'Size-1', 'Size-2', 'Model', 'Model hash', 'CFG scale', 'RNG'],
  ...['Variation seed', 'Variation seed strength', 'Style'],
  ...['Guidance', 'Guidance rescale', 'Precision', 'Lora hashes', 'Lora weights', 'Version', 'User'],
  ...['VAE hash', 'Refiner hash', 'TI hashes', 'Hashes', 'Performance', 'Styles'],
  ...['Raw prompt', 'Raw negative prompt', 'Discard penultimate sigma'],
];
/** Values that are as if nothing was written. */
const NEUTRAL: Readonly<Record<string, readonly string[]>> = {
  VAE: ['Default (model)', 'Automatic', 'None'],
  Scheduler: ['normal', 'simple', 'lcm', 'tcd', 'turbo'],
  Sharpness: ['0', '0.0'],
};

function isTaken([key, value]: readonly [string, string], values: ParsedParameters['values']): boolean {
  if (key === 'Sampler') return samplersNamed(values).length > 0 && !value.endsWith(' Karras');
  if (key === 'Schedule type') return isKnownSchedule(value);
  if (key === 'Seed') return parseSeed(value) !== undefined;
  if (key === 'Clip skip') return value === '1' || layersNotCounted(values) < Infinity;
  if (key === 'Denoising strength') return !isEnlarged(values);
  return TAKEN.includes(key) || (NEUTRAL[key]?.includes(value) ?? false);
}

/** Painted small first: the web UI's strength is that of what came after, and the picture began from none. */
function isEnlarged(values: ParsedParameters['values']): boolean {
  return values['Hires upscale'] !== undefined;
}

/** A scale of 1 is no guidance, except where the picture says otherwise. */
function guidanceOf(written: string | undefined, scale: number | undefined): GuidanceMode | undefined {
  const named = GUIDANCE_MODES.find((mode) => mode === written);
  if (named || scale === undefined) return named;
  return scale === 1 ? 'off' : 'full';
}

/**
 * What a clip skip counts that diffusers does not: here the last layer, in Fooocus also the one SDXL never uses. The web UI
 * writes one without heeding it for SDXL, unless a setting that it does not write says so.
 */
function layersNotCounted(values: ParsedParameters['values']): number {
  if (isOurs(values)) return 1;
  return values['Version']?.startsWith('Fooocus') === true ? 2 : Infinity;
}

/** Whether Emulsion painted it. */
function isOurs(values: ParsedParameters['values']): boolean {
  return values['Version']?.startsWith('Emulsion') === true;
}

function readPrecision(text: string): Precision | undefined {
  return PRECISIONS.find((precision) => precision === text);
}

function readCount(text: string | undefined): number | undefined {
  const count = Number(text);
  return Number.isSafeInteger(count) && count > 0 ? count : undefined;
}

function readNumber(text: string | undefined): number | undefined {
  const value = text === undefined || text.trim() === '' ? Number.NaN : Number(text);
  return Number.isFinite(value) && value >= 0 ? value : undefined;
}

function readVariation(values: Readonly<Record<string, string>>): Variation | undefined {
  const seed = parseSeed(values['Variation seed'] ?? '');
  const strength = readShare(values['Variation seed strength']);
  return seed === undefined || strength === undefined ? undefined : { seed, strength };
}

/** Above 0, up to 1. */
function readShare(text: string | undefined): number | undefined {
  const share = Number(text);
  return share > 0 && share <= 1 ? share : undefined;
}
