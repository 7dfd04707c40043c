/**
 * @file From latents to pixels, with the VAE's decoder or the tiny one: in one piece, or tile by tile in the memory
 * of one tile. What will run is known beforehand, so that a decode that does not fit is refused before any work.
 */
import { buildTinyVaeDecoder } from '../architecture/tiny-vae.ts';
import { buildVaeDecoder } from '../architecture/vae.ts';
import { AppError } from '../error.ts';
import type { Program } from '../architecture/program.ts';
import type { Backend } from '../runtime/backend.ts';
import type { WeightStream } from '../stream/weight-stream.ts';
import { cutTile, Mosaic, tileRows, type Tile } from './decode/tiles.ts';
import { execute, type ExecuteOptions } from './execute.ts';
import { toChannelsLast } from './layout.ts';
import type { Model } from './model.ts';
import type { VaeMode } from './protocol.ts';
import { readBack } from './read-back.ts';

/** What a decode depends on; sizes in latents. */
export interface DecodeSettings {
  readonly latentHeight: number;
  readonly latentWidth: number;
  readonly vae: VaeMode;
  /** Side of a tile; what `tiled` needs. */
  readonly vaeTile?: number | undefined;
}

/** One of the programs of a decode. */
export interface DecodeProgram {
  readonly stream: WeightStream;
  readonly program: Program;
  /** How often it runs for one picture. */
  readonly runs: number;
}

/** The programs that decode one picture, one for each size of tile. */
export function decodePrograms(model: Model, settings: DecodeSettings): readonly DecodeProgram[] {
  const { stream, build } = decoderOf(model, settings.vae);
  const runs = new Map<string, { tile: Tile; count: number }>();
  for (const tile of tilesOf(settings).flat()) {
    const known = runs.get(sizeKey(tile));
    if (known) known.count++;
    else runs.set(sizeKey(tile), { tile, count: 1 });
  }
  return [...runs.values()].map(({ tile, count }) => ({ stream, program: build(tile), runs: count }));
}

/** Decodes final latents [C, h, w] to [H, W, 3] in −1…1. Throws `image/not-finite` rather than paint black. */
export async function decodeLatents(
  backend: Backend,
  model: Model,
  settings: DecodeSettings,
  latents: Float32Array,
  options: ExecuteOptions,
): Promise<Float32Array> {
  const { latentHeight: height, latentWidth: width } = settings;
  const { stream, build, scaled } = decoderOf(model, settings.vae);
  const channels = model.vae.latentChannels;
  const unscaled = toChannelsLast(scaled(latents), channels);
  const programs = new Map<string, Program>();
  const tiles = tilesOf(settings).flat();
  const mosaic = new Mosaic({ height, width }, settings.vaeTile ?? 0, model.vae.factor, IMAGE_CHANNELS);
  for (const [i, tile] of tiles.entries()) {
    const program = programs.get(sizeKey(tile)) ?? build(tile);
    programs.set(sizeKey(tile), program);
    const input = backend.upload(cutTile(unscaled, width, channels, tile), [
      1,
      tile.height,
      tile.width,
      channels,
    ]);
    try {
      const [outputs] = await execute(backend, program, stream, [{ latents: input }], {
        ...options,
        onStage: (name, done, total) => options.onStage?.(name, i * total + done, tiles.length * total),
      });
      const values = await readBack(backend, outputs?.['image'], program.component);
      if (tiles.length === 1) return values;
      mosaic.add(tile, values);
    } finally {
      backend.free(input);
    }
  }
  return mosaic.image;
}

const IMAGE_CHANNELS = 3;

function tilesOf({ latentHeight, latentWidth, vae, vaeTile }: DecodeSettings): Tile[][] {
  if (vae !== 'tiled') return [[{ top: 0, left: 0, height: latentHeight, width: latentWidth }]];
  if (vaeTile === undefined) throw new AppError('engine/internal', { reason: 'tiled decode without a tile' });
  return tileRows(latentHeight, latentWidth, vaeTile);
}

const sizeKey = ({ height, width }: Tile): string => `${height} ${width}`;

interface Decoder {
  readonly stream: WeightStream;
  readonly build: (size: { height: number; width: number }) => Program;
  /** Undoes the scaling of latents, as diffusers' SDXL pipeline does before it decodes. */
  readonly scaled: (latents: Float32Array) => Float32Array;
}

function decoderOf(model: Model, mode: VaeMode): Decoder {
  const { vae, tinyVae, streams } = model;
  if (mode !== 'tiny') {
    return {
      stream: streams.vae,
      build: (size) => buildVaeDecoder(vae, size),
      scaled: (latents) => unscale(latents, vae),
    };
  }
  if (!tinyVae) throw new AppError('engine/internal', { reason: 'the model has no tiny VAE' });
  return {
    stream: tinyVae.stream,
    build: (size) => buildTinyVaeDecoder(tinyVae.config, size),
    scaled: (latents) => latents.map((value) => value / tinyVae.config.scalingFactor),
  };
}

/** Mean and deviation count only together. */
function unscale(latents: Float32Array, vae: Model['vae']): Float32Array {
  const { latentsMean: mean, latentsStd: std, scalingFactor } = vae;
  if (!mean || !std) return latents.map((value) => value / scalingFactor);
  const plane = latents.length / vae.latentChannels;
  return latents.map((value, i) => {
    const channel = Math.floor(i / plane);
    return (value * (std[channel] ?? 1)) / scalingFactor + (mean[channel] ?? 0);
  });
}
