/** @file Cancelling between stages, and what it leaves behind, on both backends. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildTinyVaeDecoder } from '../architecture/tiny-vae.ts';
import type { Backend } from '../runtime/backend.ts';
import { BACKENDS, FIXTURES } from '../testing/reference.ts';
import { folderCheckpoint } from '../weights/folder-checkpoint.ts';
import { httpSource } from '../weights/http-source.ts';
import { execute } from './execute.ts';
import { openModel, type Model } from './model.ts';

describe.each(BACKENDS)('a program on %s', (_name, open) => {
  let backend: Backend;
  let model: Model;

  beforeAll(async () => {
    backend = await open();
    model = await openModel(folderCheckpoint(httpSource(`${FIXTURES}tiny-sdxl/model/`)));
  });
  afterAll(() => backend.dispose());

  it('stops within one stage of a cancel, frees its memory, and runs again', async () => {
    // The network with the fewest kernels: software WebGPU takes its time for each.
    const { tinyVae } = model;
    if (!tinyVae) throw new Error('the model has no tiny VAE');
    const program = buildTinyVaeDecoder(tinyVae.config, { height: 2, width: 2 });
    const latents = await backend.upload(new Float32Array(16).fill(0.5), [1, 2, 2, 4]);
    const run = (signal?: AbortSignal, onStage?: (name: string) => void) =>
      execute(backend, program, tinyVae.stream, [{ latents }], {
        signal,
        ...(onStage ? { onStage } : {}),
      });
    const finish = async (): Promise<Float32Array> => {
      const [outputs] = await run();
      const image = outputs?.['image'];
      if (!image) throw new Error('no image');
      const values = await backend.download(image);
      backend.free(image);
      await backend.trim();
      return values;
    };
    const first = await finish();
    const before = backend.memory()?.liveBytes;

    const controller = new AbortController();
    const stages: string[] = [];
    const cancelled = run(controller.signal, (name) => {
      stages.push(name);
      if (stages.length === 3) controller.abort();
    });
    await expect(cancelled).rejects.toMatchObject({ code: 'engine/cancelled' });
    expect(stages).toHaveLength(3);
    await backend.trim();
    expect(backend.memory()?.liveBytes).toBe(before);

    expect(await finish()).toEqual(first);
  });
});
