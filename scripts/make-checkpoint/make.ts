/**
 * @file Makes a random SDXL checkpoint: a folder in the diffusers layout, or one file as Stability's code writes it.
 * Values are made as they are written, so memory stays the same whatever the size.
 */
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { clipTokenizerFiles } from '../../src/tokens/clip-vocabulary.ts';
import { clipTensors, openClipTensors } from '../../src/weights/single-file/clip-names.ts';
import {
  ASSUMED_INDEX,
  ASSUMED_SCHEDULER,
  clipConfig,
  unetConfig,
  vaeConfig,
  type DerivedConfig,
} from '../../src/weights/single-file/derived-config.ts';
import { elementCount } from '../../src/weights/shape.ts';
import { pairNames, type MappedTensor, type NamedShape } from '../../src/weights/single-file/tensor-names.ts';
import { DIFFUSERS_UNET, LDM_UNET, unetTensors } from '../../src/weights/single-file/unet-names.ts';
import { DIFFUSERS_VAE, LDM_VAE, vaeTensors } from '../../src/weights/single-file/vae-names.ts';
import { explain } from '../headless/outputs.ts';
import { writeTensorFile, type FileTensor } from '../safetensors-file.ts';
import { SIZES, type ModelStructure, type SizeName } from './sizes.ts';
import { tinyVaeFields, tinyVaeTensors } from './tiny-vae.ts';
import { DTYPES, elements, ValueStream, type DtypeName } from './values.ts';

export interface CheckpointOrder {
  readonly folder: string;
  readonly size: SizeName;
  readonly layout: 'diffusers' | 'single';
  readonly dtype: DtypeName;
  readonly seed: number;
  /** CLIP's `merges.txt`. */
  readonly mergeList: string;
}

/** Even, so that a tensor's values may be made in pieces of it. */
const PIECE_ELEMENTS = 2 ** 21;

interface MadeCheckpoint {
  /** Of the folder or file. */
  readonly path: string;
  /** What its weight files have. */
  readonly bytes: number;
}

/** Where a checkpoint is while it is written: in its folder, so that its files are moved to their places in one step each. */
export function partFolder(folder: string): string {
  return path.join(folder, `.${process.pid}.part`);
}

/**
 * Writes a checkpoint, whole or not at all.
 * @throws AppError `output/unwritable`
 */
export function makeCheckpoint(order: CheckpointOrder): Promise<MadeCheckpoint> {
  const { folder, layout } = order;
  const part = partFolder(folder);
  return explain({ name: folder }, async () => {
    const written: string[] = [];
    try {
      written.push((await mkdir(part, { recursive: true })) ?? part);
      const made = await (layout === 'diffusers' ? makeFolder : makeSingleFile)({ ...order, folder: part });
      for (const name of await filesIn(part)) {
        const file = path.join(folder, name);
        await mkdir(path.dirname(file), { recursive: true });
        await rename(path.join(part, name), file);
        written.push(file);
      }
      await rm(part, { recursive: true });
      return { ...made, path: path.join(folder, path.relative(part, made.path)) };
    } catch (error) {
      await Promise.all(written.map((name) => rm(name, { recursive: true, force: true })));
      throw error;
    }
  });
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => path.relative(folder, path.join(parentPath, name)));
}

/** A component under diffusers' names, and how each tensor lies in a single file. */
interface Component {
  readonly tensors: readonly MappedTensor[];
  readonly prefix: string;
  readonly config: DerivedConfig;
}

function components(structure: ModelStructure): Record<string, Component> {
  const { unet, vae, text_encoder: first, text_encoder_2: second } = structure;
  const own = clipTensors(first);
  return {
    unet: {
      tensors: pairNames(unetTensors(unet, DIFFUSERS_UNET), unetTensors(unet, LDM_UNET)),
      prefix: 'model.diffusion_model.',
      config: unetConfig(unet, 'unet', second.projection),
    },
    vae: {
      tensors: pairNames(vaeTensors(vae, DIFFUSERS_VAE), vaeTensors(vae, LDM_VAE)),
      prefix: 'first_stage_model.',
      config: vaeConfig(vae),
    },
    text_encoder: {
      tensors: pairNames(own, own),
      prefix: 'conditioner.embedders.0.transformer.',
      config: clipConfig(first, false),
    },
    text_encoder_2: {
      tensors: openClipTensors(second),
      prefix: 'conditioner.embedders.1.model.',
      config: clipConfig(second, true),
    },
  };
}

async function makeFolder(order: CheckpointOrder): Promise<MadeCheckpoint> {
  const { folder, size, seed, mergeList } = order;
  const structure: ModelStructure = SIZES[size];
  const metadata = { format: 'pt' };
  let bytes = 0;
  const weights = async (component: string, file: string, tensors: readonly NamedShape[]) => {
    const list = byName(tensors).map((tensor) => plainTensor(tensor, component, order));
    bytes += await writeTensorFile(path.join(folder, component, file), list, metadata);
  };
  const texts: Record<string, unknown> = {
    'model_index.json': modelIndex(),
    'emulsion.json': {
      ...manifest(size, seed),
      sampler: 'turbo',
      defaultSize: [structure.defaultSize, structure.defaultSize],
    },
    'scheduler/scheduler_config.json': { ...ASSUMED_SCHEDULER, steps_offset: 1 },
    'tiny_vae/config.json': tinyVaeFields(structure.tinyChannels),
  };
  for (const [component, { tensors, config }] of Object.entries(components(structure))) {
    texts[`${component}/config.json`] = { ...config.known, ...config.assumed };
    const name = component.startsWith('text') ? 'model' : 'diffusion_pytorch_model';
    await weights(component, `${name}.safetensors`, tensors);
  }
  const tiny = tinyVaeTensors(structure.tinyChannels);
  await weights('tiny_vae', 'diffusion_pytorch_model.safetensors', tiny);
  for (const [name, fields] of Object.entries(texts)) {
    await writeText(path.join(folder, name), `${JSON.stringify(fields, null, 2)}\n`);
  }
  for (const [suffix, padding] of [
    ['', 'end'],
    ['_2', '!'],
  ] as const) {
    const { vocabulary, positions } = structure[`text_encoder${suffix}`];
    const files = clipTokenizerFiles(mergeList, { size: vocabulary, length: positions, padding });
    for (const [name, text] of Object.entries(files)) {
      await writeText(path.join(folder, `tokenizer${suffix}`, name), text);
    }
  }
  return { path: folder, bytes };
}

async function makeSingleFile(order: CheckpointOrder): Promise<MadeCheckpoint> {
  const { folder, size, dtype, seed } = order;
  const structure: ModelStructure = SIZES[size];
  const { name, licence } = manifest(size, seed);
  const list = Object.entries(components(structure)).flatMap(([component, { tensors, prefix }]) =>
    [...bySource(tensors)].map(([source, parts]) => sourceTensor(prefix + source, parts, component, order)),
  );
  list.push(...ornaments(structure, dtype));
  const file = path.join(folder, `${fileName(size, dtype)}.safetensors`);
  const bytes = await writeTensorFile(file, byName(list), {
    format: 'pt',
    'modelspec.sai_model_spec': '1.0.0',
    'modelspec.architecture': 'stable-diffusion-xl-v1-base',
    'modelspec.title': name,
    'modelspec.license': licence,
    'modelspec.resolution': `${structure.defaultSize}x${structure.defaultSize}`,
  });
  return { path: file, bytes };
}

function fileName(size: SizeName, dtype: DtypeName): string {
  return `random-sdxl-${size}.${dtype}`;
}

function manifest(size: SizeName, seed: number): { name: string; licence: string } {
  return { name: `Random SDXL, ${size}, seed ${seed}`, licence: 'CC0-1.0' };
}

function modelIndex(): Record<string, unknown> {
  return {
    _class_name: 'StableDiffusionXLPipeline',
    ...ASSUMED_INDEX,
    scheduler: ['diffusers', 'EulerAncestralDiscreteScheduler'],
    text_encoder: ['transformers', 'CLIPTextModel'],
    text_encoder_2: ['transformers', 'CLIPTextModelWithProjection'],
    tokenizer: ['transformers', 'CLIPTokenizer'],
    tokenizer_2: ['transformers', 'CLIPTokenizer'],
    unet: ['diffusers', 'UNet2DConditionModel'],
    vae: ['diffusers', 'AutoencoderKL'],
  };
}

/** What each tensor of a single file is made of. */
function bySource(tensors: readonly MappedTensor[]): Map<string, MappedTensor[]> {
  const sources = new Map<string, MappedTensor[]>();
  for (const tensor of tensors) sources.set(tensor.source, [...(sources.get(tensor.source) ?? []), tensor]);
  return sources;
}

/** In order of their names, as safetensors' own writer has them. */
function byName<T extends { readonly name: string }>(tensors: readonly T[]): T[] {
  return tensors.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function plainTensor({ name, shape }: NamedShape, component: string, order: CheckpointOrder): FileTensor {
  return sourceTensor(name, [{ name, shape, source: name, sourceShape: shape }], component, order);
}

/** A tensor of a file that holds the given ones, one below the other. */
function sourceTensor(
  name: string,
  parts: readonly MappedTensor[],
  component: string,
  { dtype, seed }: CheckpointOrder,
): FileTensor {
  const shape = parts[0]?.sourceShape ?? [];
  return {
    name,
    dtype: DTYPES[dtype],
    shape,
    byteLength: elementCount(shape) * (dtype === 'f32' ? 4 : 2),
    async write(put) {
      for (const part of parts.toSorted((a, b) => (a.firstRow ?? 0) - (b.firstRow ?? 0))) {
        const stream = new ValueStream(seed, `${component}/${part.name}`, part, dtype);
        const count = elementCount(part.shape);
        // A transposed matrix is needed whole; those of SDXL are small.
        const piece = elements(dtype, part.transposed === true ? count : Math.min(count, PIECE_ELEMENTS));
        for (let done = 0; done < count; done += piece.length) {
          const values = piece.subarray(0, Math.min(piece.length, count - done));
          stream.fill(values);
          const written = part.transposed === true ? transpose(values, part.shape) : values;
          await put(new Uint8Array(written.buffer, written.byteOffset, written.byteLength));
        }
      }
    },
  };
}

function transpose<T extends Uint16Array | Float32Array>(
  values: T,
  [rows = 0, columns = 0]: readonly number[],
): T {
  const result = values.slice() as T;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      result[column * rows + row] = values[row * columns + column] as number;
    }
  }
  return result;
}

/** What real checkpoints hold beside their weights. */
function ornaments({ text_encoder: { positions } }: ModelStructure, dtype: DtypeName): FileTensor[] {
  const ids = BigInt64Array.from({ length: positions }, (_, i) => BigInt(i));
  const scale = elements(dtype, 1);
  const make = (name: string, type: string, shape: number[], bytes: Uint8Array): FileTensor => ({
    name,
    dtype: type,
    shape,
    byteLength: bytes.length,
    write: (put) => put(bytes),
  });
  const prefix = 'conditioner.embedders';
  return [
    make(
      `${prefix}.0.transformer.text_model.embeddings.position_ids`,
      'I64',
      [1, positions],
      new Uint8Array(ids.buffer),
    ),
    make(`${prefix}.1.model.logit_scale`, DTYPES[dtype], [], new Uint8Array(scale.buffer)),
  ];
}

async function writeText(file: string, text: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, text);
}
