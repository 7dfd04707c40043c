/**
 * @file The three sizes of random checkpoints. `full` has the structure of SDXL itself; `mid` keeps its widths, and so
 * its largest tensors, with fewer layers; `tiny` is for tests of seconds.
 */
import type { ClipStructure } from '../../src/weights/single-file/clip-names.ts';
import type { UnetStructure } from '../../src/weights/single-file/unet-names.ts';
import type { VaeStructure } from '../../src/weights/single-file/vae-names.ts';

/** What a model of some size is made of. */
export interface ModelStructure {
  readonly unet: UnetStructure;
  readonly vae: VaeStructure;
  readonly text_encoder: ClipStructure;
  readonly text_encoder_2: ClipStructure;
  /** Channels of the tiny autoencoder. */
  readonly tinyChannels: number;
  /** Pixels of a picture when none are asked for. */
  readonly defaultSize: number;
}

/** A UNet whose second and third block have attention, `depths` transformer layers deep. */
function unet(
  channels: readonly number[],
  [second, third]: readonly [number, number],
  contextSize: number,
  addedSize: number,
): UnetStructure {
  const depths = [0, second, third];
  return {
    inChannels: 4,
    outChannels: 4,
    channels,
    down: depths.map((depth) => [depth, depth]),
    up: depths.toReversed().map((depth) => [depth, depth, depth]),
    mid: third,
    contextSize,
    embeddingSize: 4 * (channels[0] ?? 0),
    addedSize,
    guidanceSize: undefined,
  };
}

function vae(channels: readonly number[]): VaeStructure {
  return {
    latentChannels: 4,
    imageChannels: 3,
    channels,
    layers: 2,
    midAttention: true,
    quantConvolution: true,
    postQuantConvolution: true,
    encoder: true,
  };
}

const CHANNELS = [320, 640, 1280];
const CLIP = { vocabulary: 49_408, positions: 77 };
const CLIP_L = { ...CLIP, size: 768, innerSize: 3072, projection: undefined };
const CLIP_G = { ...CLIP, size: 1280, innerSize: 5120, projection: 1280 };
const TINY_CLIP = { vocabulary: 1000, positions: 77, size: 64, innerSize: 128, layers: 2 };
const SDXL = { vae: vae([128, 256, 512, 512]), tinyChannels: 64, defaultSize: 512 };

export const SIZES = {
  full: {
    ...SDXL,
    unet: unet(CHANNELS, [2, 10], 2048, 2816),
    text_encoder: { ...CLIP_L, layers: 12 },
    text_encoder_2: { ...CLIP_G, layers: 32 },
  },
  mid: {
    ...SDXL,
    unet: unet(CHANNELS, [1, 1], 2048, 2816),
    text_encoder: { ...CLIP_L, layers: 2 },
    text_encoder_2: { ...CLIP_G, layers: 2 },
  },
  tiny: {
    unet: unet([32, 64, 64], [1, 1], 128, 64 + 6 * 32),
    vae: vae([32, 32, 32, 32]),
    text_encoder: { ...TINY_CLIP, projection: undefined },
    text_encoder_2: { ...TINY_CLIP, projection: 64 },
    tinyChannels: 16,
    defaultSize: 64,
  },
} as const satisfies Record<string, ModelStructure>;

export type SizeName = keyof typeof SIZES;
