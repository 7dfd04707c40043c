/**
 * @file Pictures that are there before the request is done; and a GPU that fails while one is painted: the request fails with
 * it, whatever the GPU went on to answer.
 */
import { beforeAll, expect, it } from 'vitest';
import { createWasmBackend } from '../runtime/wasm-backend.ts';
import { openWebGpu } from '../runtime/test-webgpu.ts';
import { TINY_FOLDER, TINY_REQUEST } from '../testing/tiny-request.ts';
import { folderCheckpoint } from '../weights/folder-checkpoint.ts';
import { httpSource } from '../weights/http-source.ts';
import { generate } from './generate.ts';
import { openModel, type Model } from './model.ts';

const BUDGETS = { gpuBytes: 2 ** 28, ramBytes: 2 ** 28, largestBytes: 2 ** 28 };

let model: Model;
beforeAll(async () => {
  model = await openModel(folderCheckpoint(httpSource(TINY_FOLDER)));
});

it('hands out each picture as soon as it is decoded, and counts the work of all', async () => {
  const backend = await createWasmBackend();
  const early: { seed: bigint; png: Uint8Array; decoded: number }[] = [];
  let decoded = 0;
  let wasEver = 0;
  const result = await generate(
    backend,
    model,
    { ...TINY_REQUEST, count: 2, backend: 'wasm' },
    {
      onProgress: ({ phase, done, total }) => {
        if (phase !== 'decode') return;
        expect(done / total).toBeGreaterThan(decoded);
        decoded = done / total;
        wasEver++;
      },
      onImage: ({ seed, png }, { timesteps }) => {
        expect(timesteps).toEqual([999]);
        early.push({ seed, png, decoded });
      },
    },
    { budgets: BUDGETS, loadMs: 0, loras: [] },
  );
  expect(wasEver).toBeGreaterThan(2);
  expect(early.map(({ seed }) => seed)).toEqual([0n, 1n]);
  expect(early.map((image) => image.decoded)).toEqual([0.5, 1]);
  expect(early.map(({ png }) => png)).toEqual(result.images.map(({ png }) => png));
  await backend.dispose();
});

const lose = (device: GPUDevice): void => {
  device.destroy();
};

/** Binds more than a buffer has; nobody hears of it but who listens to the device. */
function bindTooMuch(device: GPUDevice): void {
  const buffer = device.createBuffer({ size: 64, usage: GPUBufferUsage.STORAGE });
  const entry = { binding: 0, visibility: GPUShaderStage.COMPUTE, buffer: { type: 'storage' } } as const;
  const layout = device.createBindGroupLayout({ entries: [entry] });
  device.createBindGroup({ layout, entries: [{ binding: 0, resource: { buffer, size: 2 ** 20 } }] });
}

function runOutOfMemory(device: GPUDevice): void {
  const error = new GPUOutOfMemoryError('no memory left');
  device.dispatchEvent(new GPUUncapturedErrorEvent('uncapturederror', { error, cancelable: true }));
}

for (const [what, phase, code, fail, tags] of [
  ['is lost', 'encode', 'gpu/device-lost', lose, []],
  ['is lost', 'denoise', 'gpu/device-lost', lose, []],
  // All of a picture is painted before; what is listened to is the same as above, and where, as below.
  ['is lost', 'decode', 'gpu/device-lost', lose, ['slow']],
  ['is given too large a binding', 'denoise', 'runtime/run-failed', bindTooMuch, []],
  ['runs out of memory', 'decode', 'gpu/out-of-memory', runOutOfMemory, []],
] as const)
  it(`a GPU that ${what} while it has to ${phase}`, { tags: [...tags] }, async () => {
    const { backend, device } = await openWebGpu();
    let failed = false;
    const painted = generate(
      backend,
      model,
      TINY_REQUEST,
      {
        onProgress: (progress) => {
          if (failed || progress.phase !== phase) return;
          failed = true;
          fail(device);
        },
      },
      { budgets: BUDGETS, loadMs: 0, loras: [] },
    );
    await expect(painted).rejects.toMatchObject({ code });
    await backend.dispose();
  });
