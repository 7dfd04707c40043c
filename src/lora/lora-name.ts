/** @file By what name prompts know a LoRA. */

/** What PEFT calls every one of its files, and diffusers every one of its own; their folders tell them apart. */
const USUAL_STEMS = ['adapter_model', 'pytorch_lora_weights'];

/**
 * The name of a file, without what would end a tag or a list.
 * @param path with `/`, or `\\` on Windows, or an address
 */
export function loraName(path: string): string {
  const plain = /^https?:/i.test(path) ? decodePath(new URL(path).pathname) : path;
  const [name = '', folder = ''] = plain.split(/[/\\]/).reverse();
  const stem = name.replace(/\.safetensors$/i, '');
  const telling = USUAL_STEMS.includes(stem) && folder !== '' ? folder : stem;
  return telling.replace(/[<>:,"]/g, '_').trim() || 'lora';
}

function decodePath(path: string): string {
  try {
    return decodeURI(path);
  } catch {
    return path;
  }
}
