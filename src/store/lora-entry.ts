/** @file A LoRA on the shelf: its file, what the file says of itself, and how it is used. */
import type { LoraRepair, LoraVerdict } from '../lora/verdict.ts';
import type { LoraTrial } from '../lora/trial-report.ts';
import { toPlainError } from '../error.ts';
import { blobFile } from '../weights/blob-file.ts';
import { hashBlob } from '../weights/blob-hash.ts';
import { readSafetensorsHeader } from '../weights/safetensors.ts';

/** A config that came beside the weights. */
export interface LoraConfig {
  readonly name: string;
  readonly text: string;
}

/** What a file says of itself; all of it may be missing. */
interface LoraDescription {
  /** The model it was trained on. */
  readonly base: string | undefined;
  /** Words that call for what it was trained on, the most telling first. */
  readonly triggers: readonly string[];
  /** Names besides that of the file. */
  readonly aliases: readonly string[];
}

/** The figures of the last trial; its pictures are not kept, but for a small one. */
export interface KeptTrial extends Pick<LoraTrial, 'weight' | 'prompt' | 'evaluation' | 'concerns'> {
  /** Of the model it was made with. */
  readonly modelKey: string;
  readonly thumbnail: Blob | undefined;
}

/** Everything about a LoRA but its file. */
export interface LoraFacts extends LoraDescription {
  readonly id: string;
  /** As prompts call it; no two on a shelf have the same. */
  readonly name: string;
  readonly byteLength: number;
  readonly config: LoraConfig | undefined;
  /** SHA-256 of what follows the header. */
  readonly hash: string;
  /** SHA-256 of what says how that is to be read: the header, and the config. */
  readonly labelHash: string;
  /** Both of the file as it came, where it was repaired. */
  readonly originalHash: string | undefined;
  readonly originalLabelHash: string | undefined;
  readonly addedAt: number;
  /** Smaller ones come first. */
  readonly position: number;
  readonly isOn: boolean;
  readonly weight: number;
  readonly repairs: readonly LoraRepair[];
  /** What was found, and beside which model. */
  readonly verdict: { readonly modelKey: string; readonly verdict: LoraVerdict } | undefined;
  readonly trial: KeptTrial | undefined;
}

export interface LoraEntry extends LoraFacts {
  readonly file: Blob;
}

/** Of tags by frequency, as many as people read. */
const MOST_TRIGGERS = 5;

/** The name with a number, unless it is free. */
export function freeName(name: string, taken: ReadonlySet<string>): string {
  let free = name;
  for (let number = 2; taken.has(free); number++) free = `${name}-${number}`;
  return free;
}

/** Reads what identifies a file. Any file is accepted: what is wrong with it is for the verdict to say. */
export async function readLoraFile(
  file: Blob,
  config: LoraConfig | undefined,
): Promise<LoraDescription & Pick<LoraFacts, 'hash' | 'labelHash'>> {
  const { dataBegin, metadata } = await readHeader(file);
  const label = new Blob([file.slice(0, dataBegin), config?.text ?? '']);
  return {
    ...describe(metadata, config),
    hash: await hashBlob(file.slice(dataBegin)),
    labelHash: await hashBlob(label),
  };
}

/** What the metadata of the usual training scripts, and PEFT's config, tell. */
export function describe(
  metadata: Readonly<Record<string, string>>,
  config: LoraConfig | undefined,
): LoraDescription {
  const stated = (...keys: readonly string[]): string[] =>
    keys.map((key) => metadata[key]?.trim() ?? '').filter((text) => text !== '' && text !== 'None');
  const trained = parseObject(config?.text)['base_model_name_or_path'];
  const [base] = stated('ss_sd_model_name', 'ss_base_model_version', 'modelspec.architecture');
  const [phrase] = stated('modelspec.trigger_phrase');
  return {
    base: base ?? (typeof trained === 'string' && trained !== '' ? trained : undefined),
    triggers: phrase === undefined ? frequentTags(metadata['ss_tag_frequency']) : [phrase],
    aliases: [...new Set(stated('ss_output_name', 'modelspec.title'))],
  };
}

/** `{"folder": {"tag": count}}` of kohya's scripts: the tags that most of the training pictures have. */
function frequentTags(text: string | undefined): string[] {
  const counts = new Map<string, number>();
  for (const folder of Object.values(parseObject(text)))
    for (const [tag, count] of Object.entries(folder ?? {}))
      if (typeof count === 'number') counts.set(tag.trim(), (counts.get(tag.trim()) ?? 0) + count);
  return [...counts]
    .filter(([tag]) => tag !== '')
    .sort(([, a], [, b]) => b - a)
    .slice(0, MOST_TRIGGERS)
    .map(([tag]) => tag);
}

function parseObject(text: string | undefined): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text ?? '');
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

async function readHeader(file: Blob) {
  try {
    return await readSafetensorsHeader(blobFile('', file));
  } catch (error) {
    if (toPlainError(error).code !== 'weights/header-invalid') throw error;
    return { dataBegin: 0, metadata: {} };
  }
}
