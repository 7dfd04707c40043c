/**
 * @file From latents to pixels, with the VAE's decoder or the tiny one: in one piece, or tile by tile in the memory
 * of one tile. What will run is known beforehand, so that a decode that does not fit is refused before any work.
 */
import { buildTinyVaeDecoder, tinyVaeReach } from '../architecture/tiny-vae.ts';
import { buildVaeDecoder } from '../architecture/vae.ts';
import { AppError } from '../error.ts';
import type { Program } from '../architecture/program.ts';
import type { Backend } from '../runtime/backend.ts';
import type { WeightStream } from '../stream/weight-stream.ts';
import { exactTiles, placeTile, type ExactTile } from './decode/exact-tiles.ts';
import { cutTile, Mosaic, tileRows, type Tile } from './decode/tiles.ts';
import { evaluateAndRead, type EvaluateOptions } from './evaluate.ts';
import { toChannelsLast } from './layout.ts';
import type { Model } from './model.ts';
import type { VaeMode } from './protocol/generate.ts';

/** What a decode depends on; sizes in latents. */
export interface DecodeSettings {
  readonly latentHeight: number;
  readonly latentWidth: number;
  readonly vae: VaeMode;
  /** Side of a tile; `tiled` has one, `tiny` may. */
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
  const { stream, build, tiling } = decoderOf(model, settings);
  const runs = new Map<string, { tile: Tile; count: number }>();
  for (const tile of tiling.tiles) {
    const known = runs.get(sizeKey(tile));
    if (known) known.count++;
    else runs.set(sizeKey(tile), { tile, count: 1 });
  }
  return [...runs.values()].map(({ tile, count }) => ({ stream, program: build(tile), runs: count }));
}

/** Decodes final latents [C, h, w] to [H, W, 3] in −1…1. Throws what {@link evaluateAndRead} does. */
export async function decodeLatents(
  backend: Backend,
  model: Model,
  settings: DecodeSettings,
  latents: Float32Array,
  options: EvaluateOptions,
): Promise<Float32Array> {
  const { stream, build, scaled, tiling } = decoderOf(model, settings);
  const channels = model.vae.latentChannels;
  const unscaled = toChannelsLast(scaled(latents), channels);
  const programs = new Map<string, Program>();
  const { tiles } = tiling;
  const picture = tiling.begin();
  for (const [i, tile] of tiles.entries()) {
    const program = programs.get(sizeKey(tile)) ?? build(tile);
    programs.set(sizeKey(tile), program);
    const input = await backend.upload(cutTile(unscaled, settings.latentWidth, channels, tile), [
      1,
      tile.height,
      tile.width,
      channels,
    ]);
    try {
      const [values] = await evaluateAndRead(backend, program, stream, [{ latents: input }], ['image'], {
        ...options,
        exact: ['image'],
        isPart: tiles.length > 1,
        onStage: (name, done, total) => options.onStage?.(name, i * total + done, tiles.length * total),
      });
      picture.add(i, values?.['image'] ?? new Float32Array());
    } finally {
      backend.free(input);
    }
  }
  return picture.image();
}

const IMAGE_CHANNELS = 3;

/** How a picture is cut, and put together again. */
interface Tiling {
  readonly tiles: readonly Tile[];
  begin(): Assembly;
}

/** A picture [H, W, 3] on its way: the tiles come one after another, their values become its own. */
interface Assembly {
  add(index: number, values: Float32Array): void;
  image(): Float32Array;
}

const sizeKey = ({ height, width }: Tile): string => `${height} ${width}`;

function inOnePiece({ latentHeight: height, latentWidth: width }: DecodeSettings): Tiling {
  return {
    tiles: [{ top: 0, left: 0, height, width }],
    begin: () => {
      let image: Float32Array = new Float32Array();
      return { add: (_index, values) => void (image = values), image: () => image };
    },
  };
}

/** Tiles that go over into each other, for a network that sees a whole picture at once. */
function blended(settings: DecodeSettings, side: number, factor: number): Tiling {
  const { latentHeight: height, latentWidth: width } = settings;
  const tiles = tileRows(height, width, side).flat();
  if (tiles.length === 1) return inOnePiece(settings);
  return {
    tiles,
    begin: () => {
      const mosaic = new Mosaic({ height, width }, side, factor, IMAGE_CHANNELS);
      return { add: (i, values) => mosaic.add(tiles[i] as Tile, values), image: () => mosaic.image };
    },
  };
}

/** Tiles that hold all that what is taken from them depends on. */
function exact(settings: DecodeSettings, side: number, factor: number, reach: number): Tiling {
  const { latentHeight: height, latentWidth: width } = settings;
  const tiles = exactTiles(height, width, side, reach);
  if (tiles.length === 1) return inOnePiece(settings);
  return {
    tiles,
    begin: () => {
      const image = new Float32Array(height * width * factor ** 2 * IMAGE_CHANNELS);
      return {
        add: (i, values) =>
          placeTile(image, width * factor, tiles[i] as ExactTile, values, factor, IMAGE_CHANNELS),
        image: () => image,
      };
    },
  };
}

interface Decoder {
  readonly stream: WeightStream;
  readonly build: (size: { height: number; width: number }) => Program;
  /** Undoes the scaling of latents, as diffusers' SDXL pipeline does before it decodes. */
  readonly scaled: (latents: Float32Array) => Float32Array;
  readonly tiling: Tiling;
}

function decoderOf({ vae, tinyVae, streams }: Model, settings: DecodeSettings): Decoder {
  const { vae: mode, vaeTile: side } = settings;
  if (mode !== 'tiny') {
    if (mode === 'tiled' && side === undefined)
      throw new AppError('engine/internal', { reason: 'tiled decode without a tile' });
    return {
      stream: streams.vae,
      build: (size) => buildVaeDecoder(vae, size),
      scaled: (latents) => unscale(latents, vae),
      tiling:
        side === undefined || mode === 'full' ? inOnePiece(settings) : blended(settings, side, vae.factor),
    };
  }
  if (!tinyVae) throw new AppError('engine/internal', { reason: 'the model has no tiny VAE' });
  const { config, stream } = tinyVae;
  return {
    stream,
    build: (size) => buildTinyVaeDecoder(config, size),
    scaled: (latents) => latents.map((value) => value / config.scalingFactor),
    tiling:
      side === undefined ? inOnePiece(settings) : exact(settings, side, vae.factor, tinyVaeReach(config)),
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
