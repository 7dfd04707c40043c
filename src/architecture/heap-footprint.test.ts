import { describe, expect, it } from 'vitest';
import { heapBytes } from './heap-footprint.ts';
import { SDXL, changed } from './test-configs.ts';
import { parseUnetConfig } from './unet-config.ts';
import { buildUnet } from './unet.ts';
import { buildVaeDecoder, parseVaeConfig } from './vae.ts';
import type { Program } from './program.ts';

const MIB = 1024 ** 2;

/** One operation of a program alone. */
function only(program: Program, name: string): Program {
  const stages = program.stages.map((stage) => ({
    ...stage,
    operations: stage.operations.filter((operation) => operation.name === name),
  }));
  return { ...program, stages };
}

/** What the heap of onnxruntime-web 1.30 grew to when one operation ran in it alone, in MiB, from nothing. */
describe('heapBytes against heaps measured', () => {
  it('a convolution of SDXL’s VAE at 256²: 205', () => {
    const program = buildVaeDecoder(parseVaeConfig(changed(SDXL.vae, {})), { height: 32, width: 32 });
    const estimate = heapBytes(only(program, 'decoder.up_blocks.3.resnets.0.conv1')) / MIB;
    expect(estimate).toBeGreaterThan(205 * 0.85);
    expect(estimate).toBeLessThan(205 * 1.15);
  });

  it('self-attention of SDXL’s UNet at 768²: 323', () => {
    const size = { batch: 1, height: 96, width: 96, tokens: 77 };
    const program = buildUnet(parseUnetConfig(changed(SDXL.unet, {})), size);
    const name = 'down_blocks.1.attentions.0.transformer_blocks.0.attn1';
    const estimate = heapBytes(only(program, name)) / MIB;
    expect(estimate).toBeGreaterThan(323 * 0.85);
    expect(estimate).toBeLessThan(323 * 1.15);
  });
});
