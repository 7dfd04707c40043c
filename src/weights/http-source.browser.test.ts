import { expect, it } from 'vitest';
import { httpSource } from './http-source.ts';
import { openWeights } from './folder-checkpoint.ts';

const MODEL = new URL('/e2e/fixtures/tiny-sdxl/model/', location.href).href;

it('reads ranges of a model on a static server in a browser, as a plain download has them', async () => {
  const path = 'unet/diffusion_pytorch_model.safetensors';
  const file = await httpSource(MODEL).open(path);
  const whole = new Uint8Array(await (await fetch(MODEL + path)).arrayBuffer());
  expect(file?.size).toBe(whole.length);
  expect(await file?.read(1_000_001, 70_000)).toEqual(whole.slice(1_000_001, 1_070_001));
  expect(await file?.read(whole.length - 5, 5)).toEqual(whole.slice(-5));
});

it('opens the weights of a component and takes the start page of the server for a missing file', async () => {
  const weights = await openWeights(httpSource(MODEL), 'text_encoder');
  expect(weights.component).toBe('text_encoder');
  expect(await httpSource(MODEL).open('tiny_vae/model.safetensors')).toBeUndefined();
  await expect(openWeights(httpSource(MODEL), 'transformer')).rejects.toMatchObject({
    code: 'weights/not-found',
  });
});
