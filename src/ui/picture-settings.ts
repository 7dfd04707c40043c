/** @file The settings that a finished picture carries, to be taken over from it. */
import type { Variation } from '../engine/protocol/generate.ts';
import { parseParameters } from '../image/parameters.ts';
import { readPngText } from '../image/png.ts';
import { parseLoraHashes } from '../lora/prompt-tags.ts';
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
  /** Ids of the styles whose words are in the prompt. */
  readonly styles: readonly string[];
  readonly loraHashes: ReadonlyMap<string, string>;
}

/**
 * Reads a PNG of Emulsion, AUTOMATIC1111's web UI, and whoever else writes `parameters`; `undefined` without.
 * @throws AppError `image/png-invalid`
 */
export function readPictureSettings(png: Uint8Array): PictureSettings | undefined {
  const { parameters } = readPngText(png);
  if (parameters === undefined) return undefined;
  const { prompt, negative, values } = parseParameters(parameters);
  const [width, height] = [readCount(values['Size-1']), readCount(values['Size-2'])];
  return {
    prompt,
    negative,
    seed: parseSeed(values['Seed'] ?? ''),
    variation: readVariation(values),
    steps: readCount(values['Steps']),
    size: width === undefined || height === undefined ? undefined : { width, height },
    strength: readShare(values['Denoising strength']),
    model: values['Model'],
    styles: (values['Style'] ?? '').split(', ').filter((id) => id !== ''),
    loraHashes: parseLoraHashes(values['Lora hashes'] ?? ''),
  };
}

function readCount(text: string | undefined): number | undefined {
  const count = Number(text);
  return Number.isSafeInteger(count) && count > 0 ? count : undefined;
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
