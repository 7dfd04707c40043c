/** @file A LoRA of the shelf as the engine is given it. */
import type { LoraReference } from '../../engine/protocol/lora.ts';
import type { LoraEntry } from '../../store/lora-entry.ts';

/** The files of an entry, the same for as long as it is the same: the engine knows them again by name, size and time. */
export function loraReference({ name, file, config, addedAt }: LoraEntry): LoraReference {
  const weights = new File([file], `${name}.safetensors`, { lastModified: addedAt });
  const configs = config ? [new File([config.text], config.name, { lastModified: addedAt })] : [];
  return { kind: 'files', files: [weights, ...configs] };
}
