import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import * as ort from 'onnxruntime-web';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addedConditioning } from '../../src/engine/conditioning.ts';
import { toChannelsFirst, toChannelsLast } from '../../src/engine/layout.ts';
import { timestepEmbedding } from '../../src/latents/timestep-embedding.ts';
import { relativeL2 } from '../../src/testing/relative-l2.ts';
import { parseF32Safetensors } from '../../src/weights/safetensors.ts';
import { openOutline } from '../plan/table.ts';
import { writeMonoliths } from './monolith-files.ts';

const FIXTURE = fileURLToPath(new URL('../../e2e/fixtures/tiny-sdxl/', import.meta.url));
const MODEL = path.join(FIXTURE, 'model');
const BAR = 1e-4;
/** Two networks are compiled, on busy machines too. */
const TIMEOUT_MS = 60_000;

let target = '';
const recorded = parseF32Safetensors(
  readFileSync(path.join(FIXTURE, 'expected.f32.safetensors')),
  'expected',
);
const expected = (name: string): Float32Array => recorded.get(name)?.data ?? new Float32Array();

beforeAll(async () => {
  target = mkdtempSync(path.join(os.tmpdir(), 'emulsion-monolith-'));
  await writeMonoliths(MODEL, target, { side: 64, steps: 1 });
  ort.env.wasm.numThreads = 1;
}, TIMEOUT_MS);
afterAll(() => rmSync(target, { recursive: true }));

async function run(name: string, feeds: Record<string, ort.Tensor>, output: string): Promise<Float32Array> {
  const file = (ending: string) => new Uint8Array(readFileSync(path.join(target, name + ending)));
  const session = await ort.InferenceSession.create(file('.onnx'), {
    executionProviders: ['wasm'],
    externalData: [{ path: `${name}.bin`, data: file('.bin') }],
  });
  const { [output]: result } = await session.run(feeds);
  await session.release();
  return result?.data as Float32Array;
}

describe('a network in one graph', { timeout: TIMEOUT_MS }, () => {
  it('is the UNet that diffusers evaluated', async () => {
    const model = await openOutline(MODEL);
    const size = { width: 64, height: 64 };
    const feeds = {
      sample: new ort.Tensor(toChannelsLast(expected('unet_in'), 4), [1, 8, 8, 4]),
      timestep: new ort.Tensor(timestepEmbedding(499, 32, model.unet), [1, 32]),
      added: new ort.Tensor(addedConditioning(model, expected('te2_pooled'), size), [1, 80]),
      context: new ort.Tensor(expected('context'), [1, 77, 64]),
    };
    const prediction = await run('unet', feeds, 'prediction');
    expect(relativeL2(toChannelsFirst(prediction, 4), expected('unet_out_t499'))).toBeLessThan(BAR);
  });

  it('is the VAE that diffusers decoded with', async () => {
    const latents = new ort.Tensor(toChannelsLast(expected('vae_z'), 4), [1, 8, 8, 4]);
    const image = await run('vae', { latents }, 'image');
    expect(relativeL2(toChannelsFirst(image, 3), expected('vae_decoded'))).toBeLessThan(BAR);
  });
});
