import { expect, it } from 'vitest';
import { loraName } from './lora-name.ts';

it.each([
  ['ink.safetensors', 'ink'],
  ['loras/ink v2.SAFETENSORS', 'ink v2'],
  ['C:\\loras\\ink.safetensors', 'ink'],
  ['a:b<c>,"d".safetensors', 'a_b_c___d_'],
  ['my-lora/adapter_model.safetensors', 'my-lora'],
  ['my-lora/pytorch_lora_weights.safetensors', 'my-lora'],
  ['adapter_model.safetensors', 'adapter_model'],
  ['https://host/loras/my%20ink.safetensors?download=true', 'my ink'],
  ['https://host/one/adapter_model.safetensors', 'one'],
  ['.safetensors', 'lora'],
])('%s is %s', (path, name) => {
  expect(loraName(path)).toBe(name);
});
