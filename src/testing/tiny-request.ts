/** @file For tests: the least that can be asked of the tiny SDXL model on a GPU. */
import type { GenerateRequest } from '../engine/protocol/generate.ts';
import { FIXTURES } from './reference.ts';

export const TINY_FOLDER = `${FIXTURES}tiny-sdxl/model/`;

export const TINY_REQUEST: GenerateRequest = {
  model: { kind: 'url', url: TINY_FOLDER },
  prompt: 'a red apple',
  seed: 0n,
  steps: 1,
  width: 16,
  height: 16,
  count: 1,
  sampler: 'turbo',
  guidance: 'off',
  vae: 'tiny',
  backend: 'webgpu',
  precision: 'f32',
  dump: false,
  previews: false,
};
