/** @file LoRAs as prompts name them: found on the shelf, and their tags kept in step with it. */
import { formatLoraTag, takeLoraTags, type LoraTag } from '../../lora/prompt-tags.ts';
import type { LoraEntry } from '../../store/lora-entry.ts';
import { isHashOf } from '../../store/lora-shelf.ts';

const TAG = /\s*<lora:([^<>:]+)(:[^<>]*)?>/gi;
/** Fewer digits of a hash could be anybody's. */
const LEAST_DIGITS = 8;

/** A LoRA of the shelf with the weight that a prompt asks for. */
interface NamedLora {
  readonly id: string;
  readonly weight: number;
}

export interface PromptLoras {
  /** What is left without the tags. */
  readonly prompt: string;
  /** In the order of the tags, each once; the last weight counts. */
  readonly named: readonly NamedLora[];
  /** What the shelf does not have. */
  readonly missing: readonly LoraTag[];
}

/**
 * Looks up what a prompt's tags name.
 * @param hashes of the LoRAs of a picture, by name; they tell more than names do
 */
export function readPromptLoras(
  text: string,
  entries: readonly LoraEntry[],
  hashes: ReadonlyMap<string, string> = new Map(),
): PromptLoras {
  const { prompt, tags } = takeLoraTags(text);
  const named = new Map<string, number>();
  const missing = new Map<string, LoraTag>();
  for (const tag of tags) {
    const entry = findLora(entries, tag.name, hashes.get(tag.name));
    if (entry) named.set(entry.id, tag.weight);
    else missing.set(tag.name, tag);
  }
  return {
    prompt,
    named: [...named].map(([id, weight]) => ({ id, weight })),
    missing: [...missing.values()],
  };
}

/** By its hash, else by its name, else by a name it was trained under; case matters only where it has to. */
function findLora(entries: readonly LoraEntry[], name: string, hash = ''): LoraEntry | undefined {
  const isSame = (other: string): boolean => other.toLowerCase() === name.toLowerCase();
  return (
    entries.find((entry) => hash.length >= LEAST_DIGITS && isHashOf(entry, hash)) ??
    entries.find((entry) => entry.name === name) ??
    entries.find((entry) => isSame(entry.name)) ??
    entries.find((entry) => entry.aliases.some(isSame))
  );
}

/** A prompt with a tag at its end. */
export function withTag(prompt: string, tag: LoraTag): string {
  return [prompt.trimEnd(), formatLoraTag(tag)].filter((part) => part !== '').join(' ');
}

/**
 * A prompt whose tags of a LoRA, whatever they call it, have another weight, or are gone; one without such tags is as it was.
 * @param entries the shelf, with that LoRA
 */
export function changeTag(
  prompt: string,
  entries: readonly LoraEntry[],
  id: string,
  weight: number | undefined,
): string {
  const changed = prompt.replace(TAG, (tag, named: string) => {
    const name = named.trim();
    if (findLora(entries, name)?.id !== id) return tag;
    if (weight === undefined) return '';
    return `${/^\s*/.exec(tag)?.[0] ?? ''}${formatLoraTag({ name, weight })}`;
  });
  // A tag that stood first leaves what parted it from the rest.
  return weight === undefined && changed !== prompt ? changed.replace(/^[\s,]+/, '') : changed;
}
