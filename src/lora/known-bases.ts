/**
 * @file Which published model a UNet's LoRA was made for, told by the names and widths of its modules: all of them have to be that
 * model's. Underscores are never taken apart; the modules of each model are written down and looked up, as those of the open one.
 */
import { DIFFUSERS_UNET, unetTensors, type UnetStructure } from '../weights/single-file/unet-names.ts';
import { ModuleTable } from './module-table.ts';

/** A module of a file by the widths of what its factors connect. */
export interface FileModule {
  readonly name: string;
  readonly inner: number | undefined;
  readonly out: number | undefined;
}

/** What of a UNet's structure tells whose it is; the way up mirrors the way down, with one layer more to a block. */
interface KnownBase {
  readonly base: string;
  readonly channels: readonly number[];
  /** Transformer depth of each block on the way down; the middle has the depth of the deepest. */
  readonly depths: readonly number[];
  readonly contextSize: number;
}

/** In what they have in common, SD 1.x and 2.x differ by the width of the text alone. */
const STABLE_DIFFUSION = { channels: [320, 640, 1280, 1280], depths: [1, 1, 1, 0] };
const BASES: readonly KnownBase[] = [
  { base: 'Stable Diffusion 1.x', ...STABLE_DIFFUSION, contextSize: 768 },
  { base: 'Stable Diffusion 2.x', ...STABLE_DIFFUSION, contextSize: 1024 },
  {
    base: 'the refiner of SDXL',
    channels: [384, 768, 1536, 1536],
    depths: [0, 4, 4, 0],
    contextSize: 1280,
  },
  { base: 'SDXL', channels: [320, 640, 1280], depths: [0, 2, 10], contextSize: 2048 },
];
const LAYERS = 2;

let tables: ReadonlyMap<string, ModuleTable> | undefined;

/**
 * The models that a file fits; more than one where it touches nothing that tells them apart.
 * @param modules of its UNet; none: nothing can be said
 */
export function knownBases(modules: readonly FileModule[]): string[] {
  if (modules.length === 0) return [];
  tables ??= new Map(BASES.map((known) => [known.base, tableOf(known)]));
  return [...tables]
    .filter(([, table]) => modules.every((module) => fits(module, table)))
    .map(([base]) => base);
}

/** Whether a module has the widths of the table's; of convolutions it may also be one, which linear layers once were. */
export function fits({ name, inner, out }: FileModule, table: ModuleTable): boolean {
  const module = table.find(name);
  return module !== undefined && module.shape[0] === out && module.shape[1] === inner;
}

function tableOf({ channels, depths, contextSize }: KnownBase): ModuleTable {
  const layers = (count: number) => (depth: number) => Array<number>(count).fill(depth);
  const structure: UnetStructure = {
    ...{ inChannels: 4, outChannels: 4, channels, contextSize },
    down: depths.map(layers(LAYERS)),
    up: depths.toReversed().map(layers(LAYERS + 1)),
    mid: Math.max(...depths),
    embeddingSize: 4 * (channels[0] ?? 0),
    addedSize: 0,
    guidanceSize: undefined,
  };
  const shapes = new Map(unetTensors(structure, DIFFUSERS_UNET).map(({ name, shape }) => [name, shape]));
  return new ModuleTable([
    {
      component: 'unet',
      names: () => [...shapes.keys()],
      has: (name) => shapes.has(name),
      shape: (name) => shapes.get(name) ?? [],
    },
  ]);
}
