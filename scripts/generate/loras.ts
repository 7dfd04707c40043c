/** @file The LoRAs of a command line: given as files, weighed there or by tags in the prompt. */
import { loraName } from '../../src/lora/lora-name.ts';
import { takeLoraTags } from '../../src/lora/prompt-tags.ts';
import { UsageError } from '../headless/words.ts';

/** A LoRA as typed. */
export interface LoraPlace {
  /** A file or an address. */
  readonly place: string;
  readonly weight: number;
}

const WEIGHTED = /^(.*\.safetensors):([^/\\]*)$/i;

/**
 * @param words `FILE[:WEIGHT]`, one for each LoRA
 * @param prompt with tags, whose weights go before those of the files that they name
 * @returns the LoRAs, and the prompt without tags
 * @throws UsageError for a weight that is no number, a file given twice, and a tag whose LoRA was not given
 */
export function readLoras(words: readonly string[], prompt: string): { loras: LoraPlace[]; prompt: string } {
  const loras = words.map(readPlace);
  const names = loras.map(({ place }) => loraName(place));
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new UsageError(`--lora names "${twice}" twice`);
  const { prompt: rest, tags } = takeLoraTags(prompt);
  const weights = new Map(tags.map(({ name, weight }) => [name, weight]));
  const stranger = [...weights.keys()].find((name) => !names.includes(name));
  if (stranger !== undefined)
    throw new UsageError(`the prompt asks for the LoRA "${stranger}", but no --lora gives its file`);
  const weighed = loras.map(({ place, weight }) => ({
    place,
    weight: weights.get(loraName(place)) ?? weight,
  }));
  return { loras: weighed, prompt: rest };
}

/** `4 × compressed, 4 × folded` */
export function describeRepairs(repairs: readonly { readonly kind: string }[]): string {
  const kinds = [...new Set(repairs.map(({ kind }) => kind))];
  return kinds.map((kind) => `${repairs.filter((one) => one.kind === kind).length} × ${kind}`).join(', ');
}

function readPlace(word: string): LoraPlace {
  const [, place, text] = WEIGHTED.exec(word) ?? [];
  if (place === undefined || text === undefined) return { place: word, weight: 1 };
  const weight = text.trim() === '' ? NaN : Number(text);
  if (!Number.isFinite(weight))
    throw new UsageError(`--lora takes FILE or FILE:WEIGHT, and "${text}" is no weight`);
  return { place, weight };
}
