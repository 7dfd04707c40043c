import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { blobFile } from '../weights/blob-file.ts';
import { openWeights } from '../weights/folder-checkpoint.ts';
import { writeSafetensors } from '../weights/safetensors.ts';
import { memorySource } from '../weights/test-files.ts';
import { admit } from './admission.ts';
import { ModuleTable } from './module-table.ts';

/** A text encoder whose file has no `text_model.` in front of its names. */
const FILE = 'text_encoder/model.safetensors';
const bytes = new Uint8Array(readFileSync(`e2e/fixtures/odd-sdxl/model/${FILE}`));
const weights = await openWeights(memorySource({ [FILE]: bytes }).source, 'text_encoder');
const PATH = 'text_model.encoder.layers.0.self_attn.q_proj';

describe('a checkpoint without the prefix of text models', () => {
  it('has its modules under every name they go by', () => {
    expect(weights.has(`${PATH}.weight`)).toBe(false);
    const table = new ModuleTable([weights]);
    for (const name of [
      'lora_te1_text_model_encoder_layers_0_self_attn_q_proj',
      'lora_te1_encoder_layers_0_self_attn_q_proj',
      `text_encoder.${PATH}`,
      'text_encoder.encoder.layers.0.self_attn.q_proj',
    ])
      expect(table.find(name)?.path, name).toBe(PATH);
  });

  it('is measured', async () => {
    const [out = 0, inner = 0] = new ModuleTable([weights]).find(`text_encoder.${PATH}`)?.shape ?? [];
    const data = (count: number) => new Float32Array(count).fill(0.1);
    const lora = writeSafetensors({
      [`text_encoder.${PATH}.lora_A.weight`]: { shape: [1, inner], data: data(inner) },
      [`text_encoder.${PATH}.lora_B.weight`]: { shape: [out, 1], data: data(out) },
    });
    const verdict = await admit(blobFile('x.safetensors', new Blob([lora])), { components: [weights] });
    expect([verdict.admitted, verdict.total.modules]).toEqual([true, 1]);
    expect(verdict.total.relative).toBeGreaterThan(0);
  });
});
