/**
 * @file Pictures to begin from: from a file to pixels of the size that is painted, and through the VAE's encoder to latents,
 * as diffusers' StableDiffusionXLImg2ImgPipeline makes them.
 */
import { buildVaeEncoder } from '../architecture/vae.ts';
import type { Program } from '../architecture/program.ts';
import { AppError } from '../error.ts';
import type { Backend } from '../runtime/backend.ts';
import { evaluateAndRead, type EvaluateOptions } from './evaluate.ts';
import { toChannelsFirst } from './layout.ts';
import type { Model } from './model.ts';
import type { Settings } from './settings.ts';

/** Of the log variance, as diffusers' DiagonalGaussianDistribution clamps it. */
const [LEAST_LOG_VARIANCE, MOST_LOG_VARIANCE] = [-30, 20];

/** An opened picture. */
export interface InitPicture {
  readonly width: number;
  readonly height: number;
  /** [height, width, 3] in −1…1, scaled to cover the size and cut at its edges; on white where it is transparent. Once. */
  pixels(width: number, height: number): Float32Array;
}

/** @throws AppError `request/init-image` for what the browser cannot read, and what is smaller than one latent */
export async function openPicture(
  bytes: Uint8Array<ArrayBuffer>,
  { vae: { factor } }: Model,
): Promise<InitPicture> {
  const bitmap = await createImageBitmap(new Blob([bytes]), { premultiplyAlpha: 'none' }).catch(
    (error: unknown) => {
      throw new AppError('request/init-image', { reason: 'the browser cannot read it as a picture' }, error);
    },
  );
  const { width: ownWidth, height: ownHeight } = bitmap;
  if (Math.min(ownWidth, ownHeight) < factor) {
    bitmap.close();
    const reason = `it has ${ownWidth}×${ownHeight} pixels, and the model needs ${factor} in each direction`;
    throw new AppError('request/init-image', { reason });
  }
  return {
    width: ownWidth,
    height: ownHeight,
    pixels(width, height) {
      const pixels = cover(bitmap, width, height);
      bitmap.close();
      return pixels;
    },
  };
}

/** The size of a picture, as far as the model can make it. */
export function sizeLike(
  { width, height }: Pick<InitPicture, 'width' | 'height'>,
  { vae: { factor } }: Model,
): { width: number; height: number } {
  const fitting = (side: number): number => Math.floor(side / factor) * factor;
  return { width: fitting(width), height: fitting(height) };
}

function cover(bitmap: ImageBitmap, width: number, height: number): Float32Array {
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
  if (!context) throw new AppError('request/init-image', { reason: 'the browser gives no canvas' });
  const scale = Math.max(width / bitmap.width, height / bitmap.height);
  const [drawnWidth, drawnHeight] = [bitmap.width * scale, bitmap.height * scale];
  context.fillStyle = 'white';
  context.fillRect(0, 0, width, height);
  context.imageSmoothingQuality = 'high';
  context.drawImage(bitmap, (width - drawnWidth) / 2, (height - drawnHeight) / 2, drawnWidth, drawnHeight);
  const { data } = context.getImageData(0, 0, width, height);
  return Float32Array.from({ length: width * height * 3 }, (_, i) => {
    const value = data[Math.floor(i / 3) * 4 + (i % 3)] ?? 0;
    return (value / 255) * 2 - 1;
  });
}

/** What encodes a picture of this size; its weights may be missing where a model has no encoder. */
export function encoderProgram(
  { vae }: Model,
  { width, height }: Pick<Settings, 'width' | 'height'>,
): Program {
  return buildVaeEncoder(vae, { height, width });
}

/** What the encoder says of a picture: the distribution that its latents are drawn from. */
export interface LatentDistribution {
  /** [C, h, w] */
  readonly mean: Float32Array;
  readonly deviation: Float32Array;
}

/** Encodes pixels [H, W, 3] in −1…1; the latents are in the diffusion's scale. Throws what {@link evaluateAndRead} does. */
export async function encodePicture(
  backend: Backend,
  model: Model,
  settings: Settings,
  pixels: Float32Array,
  options: EvaluateOptions,
): Promise<LatentDistribution> {
  const { width, height } = settings;
  const program = encoderProgram(model, settings);
  const image = backend.upload(pixels, [1, height, width, 3]);
  try {
    const stream = model.streams.vae;
    const read = await evaluateAndRead(backend, program, stream, [{ image }], ['moments'], {
      ...options,
      exact: ['moments'],
    });
    const { latentChannels } = model.vae;
    const moments = toChannelsFirst(read[0]?.['moments'] ?? new Float32Array(), 2 * latentChannels);
    const half = moments.length / 2;
    const { shift, factor } = latentScale(model, half / latentChannels);
    return {
      mean: moments.slice(0, half).map((value, i) => (value - shift(i)) * factor(i)),
      deviation: moments
        .slice(half)
        .map(
          (value, i) =>
            Math.exp(Math.min(MOST_LOG_VARIANCE, Math.max(LEAST_LOG_VARIANCE, value)) / 2) * factor(i),
        ),
    };
  } finally {
    backend.free(image);
  }
}

/** From the VAE's latents to the diffusion's, by channel; mean and deviation count only together. */
function latentScale({ vae }: Model, plane: number) {
  const { latentsMean: mean, latentsStd: std, scalingFactor } = vae;
  const channel = (i: number): number => Math.floor(i / plane);
  return mean && std
    ? {
        shift: (i: number) => mean[channel(i)] ?? 0,
        factor: (i: number) => scalingFactor / (std[channel(i)] ?? 1),
      }
    : { shift: () => 0, factor: () => scalingFactor };
}

/** One picture of the distribution. @param noise unit normal, [C, h, w] */
export function drawLatents({ mean, deviation }: LatentDistribution, noise: Float32Array): Float32Array {
  return mean.map((value, i) => value + (deviation[i] ?? 0) * (noise[i] ?? 0));
}
