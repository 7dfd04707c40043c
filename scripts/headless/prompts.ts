/**
 * @file Lists of prompts for measurements: JSON, a list of texts or of objects with a `prompt`. The embedded model's own
 * are the held-out prompts of its evaluation, which also say what each has to show.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { UsageError } from './words.ts';

/** One prompt of a list. */
export interface ListedPrompt {
  readonly prompt: string;
  /** Absent: whoever paints it chooses. */
  readonly seed?: number;
  /** What the picture has to show, in the words of `training/scenes.py`; absent where nobody can tell. */
  readonly scene?: Readonly<Record<string, unknown>>;
  readonly language?: string;
}

const HELD_OUT_FILE = path.resolve(import.meta.dirname, '../../training/held-out.json');

/**
 * The prompts of a file; of the embedded model's list where none is named.
 * @throws UsageError
 */
export async function readPrompts(file = HELD_OUT_FILE): Promise<ListedPrompt[]> {
  const text = await readFile(file, 'utf8').catch(() => {
    throw new UsageError(`${file} cannot be read`);
  });
  return parsePrompts(text, path.basename(file));
}

/**
 * Reads a list; further fields of its objects are left alone.
 * @param name of the file, for messages
 * @throws UsageError
 */
export function parsePrompts(text: string, name: string): ListedPrompt[] {
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch {
    throw new UsageError(`${name} is not valid JSON`);
  }
  if (!Array.isArray(list) || list.length === 0) throw new UsageError(`${name} is not a list of prompts`);
  return list.map((entry: unknown, index) => parsePrompt(entry, `prompt ${index + 1} of ${name}`));
}

function parsePrompt(entry: unknown, where: string): ListedPrompt {
  if (typeof entry === 'string') return { prompt: entry };
  if (typeof entry !== 'object' || entry === null)
    throw new UsageError(`${where} is neither a text nor an object`);
  const { prompt, seed, scene, language } = entry as Record<string, unknown>;
  if (typeof prompt !== 'string') throw new UsageError(`${where} has no "prompt"`);
  if (seed !== undefined && !(Number.isSafeInteger(seed) && (seed as number) >= 0))
    throw new UsageError(`"seed" in ${where} takes a whole number from 0 to 2^53-1`);
  if (scene !== undefined && (typeof scene !== 'object' || scene === null))
    throw new UsageError(`"scene" in ${where} is not an object`);
  return {
    prompt,
    ...(seed !== undefined && { seed: seed as number }),
    ...(scene !== undefined && { scene: scene as Record<string, unknown> }),
    ...(typeof language === 'string' && { language }),
  };
}
