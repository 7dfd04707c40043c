/** @file What the tests need to know of a model, read from its own files: they hold for any model. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { catalogEntry, parseCatalog } from '../src/ui/models/catalog.ts';

const PUBLIC = path.resolve(import.meta.dirname, '../public');
const CATALOG_FILE = 'models/catalog.json';

export interface ModelFacts {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly steps: number;
  /** What the sides of a picture have to be multiples of. */
  readonly sizeMultiple: number;
  /** By language. */
  readonly examples: Readonly<Record<string, readonly string[]>>;
}

/** The facts of a model folder with an `emulsion.json`. */
export function readModelFacts(folder: string): ModelFacts {
  const manifest = readJson(path.join(folder, 'emulsion.json')) as {
    name: string;
    defaultSize: [number, number];
    defaultSteps: number;
    examples?: Record<string, string[]>;
  };
  const vae = readJson(path.join(folder, 'vae/config.json')) as { block_out_channels: unknown[] };
  const [width, height] = manifest.defaultSize;
  return {
    name: manifest.name,
    width,
    height,
    steps: manifest.defaultSteps,
    // All blocks of the decoder but the last double the sides.
    sizeMultiple: 2 ** (vae.block_out_channels.length - 1),
    examples: manifest.examples ?? {},
  };
}

/** The facts of the model a visitor starts with. */
export function readEmbeddedModelFacts(): ModelFacts {
  const catalog = parseCatalog(
    readFileSync(path.join(PUBLIC, CATALOG_FILE), 'utf8'),
    `file://${PUBLIC}/${CATALOG_FILE}`,
  );
  return readModelFacts(new URL(catalogEntry(catalog, catalog.defaultId).url).pathname);
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(file, 'utf8'));
}
