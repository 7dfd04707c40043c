/**
 * @file Pictures to begin from: from a file to pixels of the size that is painted, and through the VAE's encoder to latents,
 * as diffusers' StableDiffusionXLImg2ImgPipeline makes them.
 */
import { buildVaeEncoder } from '../architecture/vae.ts';
import type { Program } from '../architecture/program.ts';
import { AppError } from '../error.ts';
import type { Backend } from '../runtime/backend.ts';
import { cutTile, Mosaic, tileRows, type Tile } from './decode/tiles.ts';
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

/** Of a picture in tiles of `tile` latents, else in one piece. */
type EncodeSettings = Pick<Settings, 'latentHeight' | 'latentWidth'> & { readonly tile: number | undefined };

/** What encodes a picture, a program for each size of tile; their weights may be missing where a model has no encoder. */
export function encoderPrograms(
  { vae }: Model,
  settings: EncodeSettings,
): readonly { readonly program: Program; readonly runs: number }[] {
  const tiles = tilesOf(settings);
  return [...new Set(tiles.map(sizeKey))].map((key) => {
    const same = tiles.filter((tile) => sizeKey(tile) === key);
    return { program: tileProgram(vae, same[0] as Tile), runs: same.length };
  });
}

function tilesOf({ latentHeight: height, latentWidth: width, tile }: EncodeSettings): Tile[] {
  return tileRows(height, width, tile ?? Math.max(height, width)).flat();
}

const sizeKey = ({ height, width }: Tile): string => `${height} ${width}`;

function tileProgram(vae: Model['vae'], { height, width }: Tile): Program {
  return buildVaeEncoder(vae, { height: height * vae.factor, width: width * vae.factor });
}

/** What the encoder says of a picture: the distribution that its latents are drawn from. */
export interface LatentDistribution {
  /** [C, h, w] */
  readonly mean: Float32Array;
  readonly deviation: Float32Array;
}

/**
 * Encodes pixels [H, W, 3] in −1…1; the latents are in the diffusion's scale. Tiles go over into each other by the rule of
 * diffusers' `AutoencoderKL` with tiling. Throws what {@link evaluateAndRead} does.
 */
export async function encodePicture(
  backend: Backend,
  model: Model,
  settings: EncodeSettings,
  pixels: Float32Array,
  options: EvaluateOptions,
): Promise<LatentDistribution> {
  const { latentChannels } = model.vae;
  const moments = toChannelsFirst(
    await encodeTiles(backend, model, settings, pixels, options),
    2 * latentChannels,
  );
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
}

/** Mean and log variance, [h, w, 2C]. */
async function encodeTiles(
  backend: Backend,
  { vae, streams }: Model,
  settings: EncodeSettings,
  pixels: Float32Array,
  options: EvaluateOptions,
): Promise<Float32Array> {
  const { latentHeight, latentWidth, tile: side } = settings;
  const tiles = tilesOf(settings);
  const mosaic =
    side !== undefined && tiles.length > 1
      ? new Mosaic({ height: latentHeight, width: latentWidth }, side, 1, 2 * vae.latentChannels)
      : undefined;
  const programs = new Map<string, Program>();
  let last: Float32Array = new Float32Array();
  for (const [i, tile] of tiles.entries()) {
    const program = programs.get(sizeKey(tile)) ?? tileProgram(vae, tile);
    programs.set(sizeKey(tile), program);
    const area = scaledTile(tile, vae.factor);
    const cut = cutTile(pixels, latentWidth * vae.factor, vae.imageChannels, area);
    const image = await backend.upload(cut, [1, area.height, area.width, vae.imageChannels]);
    try {
      const [read] = await evaluateAndRead(backend, program, streams.vae, [{ image }], ['moments'], {
        ...options,
        exact: ['moments'],
        onStage: (name, done, total) => options.onStage?.(name, i * total + done, tiles.length * total),
      });
      last = read?.['moments'] ?? last;
      mosaic?.add(tile, last);
    } finally {
      backend.free(image);
    }
  }
  return mosaic?.image ?? last;
}

function scaledTile({ top, left, height, width }: Tile, factor: number): Tile {
  return { top: top * factor, left: left * factor, height: height * factor, width: width * factor };
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
