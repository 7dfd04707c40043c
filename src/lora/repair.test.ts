import { describe, expect, it } from 'vitest';
import { blobFile } from '../weights/blob-file.ts';
import { openWeights } from '../weights/folder-checkpoint.ts';
import { parseF32Safetensors, writeSafetensors, type F32Tensor } from '../weights/safetensors.ts';
import { memorySource, tinyModelFile } from '../weights/test-files.ts';
import { adapt } from './repair.ts';
import type { ScaleRepair } from './verdict.ts';

const UNET = 'unet/diffusion_pytorch_model.safetensors';
const components = [await openWeights(memorySource({ [UNET]: tinyModelFile(UNET) }).source, 'unet')];
const NAME = 'lora_unet_down_blocks_1_attentions_0_transformer_blocks_0_attn1_to_q';
const PATH = 'down_blocks.1.attentions.0.transformer_blocks.0.attn1.to_q';
const SIZE = 64;

/** A matrix whose column (`up`) or row k is large at k alone: the singular values of up × down are `values`. */
function diagonal(values: readonly number[], part: 'up' | 'down'): F32Tensor {
  const rank = values.length;
  const data = new Float32Array(rank * SIZE);
  values.forEach(
    (value, k) => (data[part === 'up' ? k * rank + k : k * SIZE + k] = part === 'up' ? value : 1),
  );
  return { shape: part === 'up' ? [SIZE, rank] : [rank, SIZE], data };
}

function lora(values: readonly number[], alpha: number): Record<string, F32Tensor> {
  return {
    [`${NAME}.lora_down.weight`]: diagonal(values, 'down'),
    [`${NAME}.lora_up.weight`]: diagonal(values, 'up'),
    [`${NAME}.alpha`]: { shape: [], data: Float32Array.of(alpha) },
  };
}

function repaired(tensors: Record<string, F32Tensor>, scale: ScaleRepair = 'folded') {
  const file = blobFile(
    'lora.safetensors',
    new Blob([writeSafetensors(tensors, { ss_network_alpha: '64' })]),
  );
  return adapt(file, { components }, scale);
}

/** scale · up × down at [0, 0]. */
function firstValue(file: Uint8Array): number {
  const tensors = parseF32Safetensors(file, 'repaired');
  const [up, down, alpha] = ['lora_up.weight', 'lora_down.weight', 'alpha'].map((part) =>
    tensors.get(`${NAME}.${part}`),
  );
  if (!up || !down || !alpha) throw new Error('a tensor is missing');
  const rank = up.shape[1] ?? 0;
  let sum = 0;
  for (let k = 0; k < rank; k++) sum += (up.data[k] as number) * (down.data[k * SIZE] as number);
  return (sum * (alpha.data[0] as number)) / rank;
}

describe('adapt', () => {
  it('leaves out what none may touch, and counts it', async () => {
    const other = {
      [`lora_unet_conv_out.lora_down.weight`]: { shape: [1, 32, 3, 3], data: new Float32Array(288) },
    };
    const up = { [`lora_unet_conv_out.lora_up.weight`]: { shape: [4, 1, 1, 1], data: new Float32Array(4) } };
    const { verdict, repairs } = await repaired({ ...lora([1], 1), ...other, ...up });
    expect(repairs).toEqual([{ kind: 'left-out', module: 'conv_out' }]);
    expect([verdict.admitted, verdict.total.modules]).toEqual([true, 1]);
  });

  it('compresses a rank above 8, and tells what is kept', async () => {
    const { verdict, repairs, file } = await repaired(lora([3, ...Array<number>(11).fill(1)], 12));
    expect(repairs).toEqual([
      { kind: 'compressed', module: PATH, rank: 12, keptEnergy: expect.closeTo(16 / 20, 9) as number },
    ]);
    expect(verdict.modules).toMatchObject([{ module: PATH, rank: 8, scale: 1 }]);
    expect(verdict.admitted).toBe(true);
    expect(firstValue(file ?? new Uint8Array())).toBeCloseTo(3, 6);
  });

  it('refuses to compress what is as large in every direction', async () => {
    const { verdict, repairs, file } = await repaired(lora(Array<number>(32).fill(1), 32));
    expect([repairs, file]).toEqual([[], undefined]);
    expect(verdict.admitted).toBe(false);
    expect(verdict.reasons).toEqual([
      { rule: 'rank', module: PATH, value: 32, limit: 8 },
      { rule: 'rank', module: PATH, value: '25 % of its energy in rank 8', limit: '50 %' },
    ]);
  });

  it.each([
    ['folded', 1, 8],
    ['clamped', 0.25, 2],
  ] as const)('has a scale above 1 %s', async (kind, effect, value) => {
    const { verdict, repairs, file } = await repaired(lora([2], 4), kind);
    expect(repairs).toEqual([{ kind, module: PATH, scale: 4, effect }]);
    expect(verdict).toMatchObject({ admitted: true, modules: [{ scale: 1 }] });
    expect(firstValue(file ?? new Uint8Array())).toBeCloseTo(value, 6);
  });

  it('does nothing to what keeps the rules', async () => {
    const { verdict, repairs, file } = await repaired(lora([1, 2], 1));
    expect([verdict.admitted, repairs]).toEqual([true, []]);
    expect(firstValue(file ?? new Uint8Array())).toBeCloseTo(0.5, 6);
  });

  it('does not make numbers of what is none', async () => {
    const { verdict, file } = await repaired(lora([NaN], 1));
    expect(file).toBeUndefined();
    expect(verdict.reasons.map(({ rule }) => rule)).toEqual(['finite']);
  });
});
