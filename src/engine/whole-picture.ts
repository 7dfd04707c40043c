/** @file How large a picture may be to be decoded in one piece: the usual question to a device, answered for SDXL. */
import { Config } from '../architecture/config.ts';
import { footprint } from '../architecture/footprint.ts';
import { heapBytes } from '../architecture/heap-footprint.ts';
import type { Program } from '../architecture/program.ts';
import { buildVaeDecoder, parseVaeConfig, type VaeConfig } from '../architecture/vae.ts';
import { minimumBytes } from '../stream/plan.ts';
import { vaeConfig } from '../weights/single-file/derived-config.ts';
import { vaePhase } from './demand.ts';
import { WANTED_HEAP_BYTES, type Budgets } from './memory.ts';

/** The autoencoder that SDXL's checkpoints share; a model with another one may do with more or less. */
function sdxlVae(): VaeConfig {
  const { known, assumed } = vaeConfig({
    latentChannels: 4,
    imageChannels: 3,
    channels: [128, 256, 512, 512],
    layers: 2,
    midAttention: true,
    quantConvolution: true,
    postQuantConvolution: true,
    encoder: false,
  });
  return parseVaeConfig(new Config('vae/config.json', { ...known, ...assumed }));
}

/** Latents that sides are tried in steps of: 64 pixels, as people choose them. */
const STEP = 8;
/** Of 4096 pixels; what a device may hold beyond is nothing anyone waits for. */
const MOST = 512;

/**
 * Side in pixels of the largest square picture that SDXL's decoder makes in one piece, by the rules that decide when a
 * picture is painted; 0 where even the smallest does not fit.
 * @param gpu what a GPU may be used for; absent: WASM
 */
export function wholePictureSide(
  gpu?: Pick<Budgets, 'largestBytes'> & { readonly gpuBytes: number },
): number {
  const fits = (program: Program): boolean =>
    gpu
      ? footprint(program).largestBytes <= gpu.largestBytes &&
        minimumBytes([vaePhase([{ program, runs: 1 }], 1)]) <= gpu.gpuBytes
      : heapBytes(program) <= WANTED_HEAP_BYTES;
  const vae = sdxlVae();
  let side = 0;
  for (let next = STEP; next <= MOST; next += STEP) {
    if (!fits(buildVaeDecoder(vae, { height: next, width: next }))) break;
    side = next;
  }
  return side * vae.factor;
}
