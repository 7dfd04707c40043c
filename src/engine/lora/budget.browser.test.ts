/** @file The memory that a LoRA takes on a GPU is planned for like everything else. */
import { expect, it } from 'vitest';
import { openWebGpu } from '../../runtime/test-webgpu.ts';
import { FIXTURES } from '../../testing/reference.ts';
import { TINY_FOLDER, TINY_REQUEST } from '../../testing/tiny-request.ts';
import { folderCheckpoint } from '../../weights/folder-checkpoint.ts';
import { httpSource } from '../../weights/http-source.ts';
import { generate } from '../generate.ts';
import { openModel } from '../model.ts';
import { resolveSettings } from '../settings.ts';
import { Workload } from '../workload.ts';
import { ModelLoras } from './model-loras.ts';

it('a picture with LoRAs keeps within the least budget it is said to need', async () => {
  const { backend } = await openWebGpu();
  const checkpoint = folderCheckpoint(httpSource(TINY_FOLDER));
  const model = await openModel(checkpoint);
  const loras = new ModelLoras(model, checkpoint);
  const needed = () => new Workload(model, TINY_REQUEST, resolveSettings(TINY_REQUEST, model)).neededBytes();
  const paint = async (gpuBytes: number) =>
    generate(
      backend,
      model,
      TINY_REQUEST,
      {},
      { budgets: { gpuBytes, ramBytes: 2 ** 28, largestBytes: 2 ** 28 }, loadMs: 0, loras: [] },
    );
  const plain = needed();
  const url = `${FIXTURES}tiny-sdxl/lora_kohya_r8_a4.safetensors`;
  // One is too small beside what a stage computes with; the same several times over is not.
  const stack = Array.from({ length: 12 }, () => ({ lora: { kind: 'url', url }, weight: 0.1 }) as const);
  await loras.use({ loras: stack });
  const withLora = needed();
  expect(withLora).toBeGreaterThan(plain);
  const { gpu } = await paint(withLora);
  expect(gpu?.peakBytes).toBeLessThanOrEqual(withLora);
  expect(gpu?.uploadedBytes).toBe(gpu?.planned.uploadedBytes);
  await expect(paint(withLora - 1)).rejects.toMatchObject({ code: 'request/budget' });
  await loras.use({});
  expect(needed()).toBe(plain);
  await backend.dispose();
});
