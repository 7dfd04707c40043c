/**
 * @file One `.safetensors` file as a checkpoint: a whole SDXL model as Stability's code, A1111 and ComfyUI write it,
 * or one component of a model alone. Its tensors are read where they lie under the names of the diffusers layout, and
 * the configs it does not carry are derived from them. Files of other kinds are refused for what they are.
 */
import { AppError } from '../../error.ts';
import type { Checkpoint } from '../checkpoint.ts';
import { modelHash } from '../model-hash.ts';
import { readSafetensorsHeader } from '../safetensors.ts';
import { elementCount } from '../shape.ts';
import type { ModelSource, RandomAccessFile } from '../source.ts';
import type { StoredTensor } from '../tensor-reader.ts';
import { createWeightSet } from '../weight-set.ts';
import {
  findComponent,
  NEEDED_COMPONENTS,
  presentComponents,
  type FoundComponent,
  type Tensors,
} from './components.ts';
import { ASSUMED_INDEX, ASSUMED_MANIFEST, ASSUMED_SCHEDULER, type Fields } from './derived-config.ts';
import { foreignKind } from './file-kind.ts';
import { readOverrides, type Overrides } from './overrides.ts';

/** Makes the files of a CLIP tokenizer's folder, by name. */
export type TokenizerMaker = (wanted: {
  /** Ids in the vocabulary. */
  readonly size: number;
  /** Tokens in a text. */
  readonly length: number;
  readonly padding: 'end' | '!';
}) => Promise<Readonly<Record<string, string>>>;

/** A file by its path in a source. */
export interface FilePlace {
  readonly source: ModelSource;
  readonly path: string;
}

/**
 * Opens a whole checkpoint, reading its header and a sidecar (see `overrides.ts`).
 * @throws AppError `model/file-kind`, `model/file-incomplete`, `model/file-layout`, `model/config-invalid`,
 *   `weights/tensor-missing`, `weights/tensor-shape`, `weights/header-invalid`, and what the source throws
 */
export async function singleFileCheckpoint(
  place: FilePlace,
  makeTokenizer: TokenizerMaker,
  signal?: AbortSignal,
): Promise<Checkpoint> {
  const opened = await openFile(place, signal);
  const { tensors, overrides, path } = opened;
  const present = presentComponents(tensors);
  const missing = NEEDED_COMPONENTS.filter((component) => !present.includes(component));
  if (present.length === 0) {
    throw new AppError('model/file-layout', { file: path, reason: 'no tensor in it is named as in SDXL' });
  }
  if (missing.length > 0) throw incomplete(path, present, missing);
  const first = component(opened, 'text_encoder');
  const second = component(opened, 'text_encoder_2');
  const unet = component(opened, 'unet', second.clip?.projection);
  const found = { unet, vae: component(opened, 'vae'), text_encoder: first, text_encoder_2: second };

  const configs = new ConfigTexts(overrides);
  configs.add('model_index.json', 'model_index', {
    known: { _class_name: 'StableDiffusionXLPipeline' },
    assumed: ASSUMED_INDEX,
  });
  for (const [name, { config }] of Object.entries(found)) configs.add(`${name}/config.json`, name, config);
  configs.add('scheduler/scheduler_config.json', 'scheduler', { known: {}, assumed: ASSUMED_SCHEDULER });
  configs.addManifest();
  const tokenizers = new Map([
    ['tokenizer', { clip: first.clip, padding: 'end' }],
    ['tokenizer_2', { clip: second.clip, padding: '!' }],
  ] as const);
  return {
    ...identity(place),
    async text(textPath) {
      const [folder = '', name = ''] = textPath.split('/');
      const tokenizer = tokenizers.get(folder as 'tokenizer');
      if (!tokenizer?.clip) return configs.texts.get(textPath);
      const { vocabulary: size, positions: length } = tokenizer.clip;
      return (await makeTokenizer({ size, length, padding: tokenizer.padding }))[name];
    },
    weights: (name) => Promise.resolve(weightsOf(opened, name, found[name as keyof typeof found])),
    assumptions: configs.assumptions,
  };
}

/**
 * Opens one component, out of a whole checkpoint or a file that holds it alone.
 * @param name the component's folder in the diffusers layout
 * @throws AppError as {@link singleFileCheckpoint}
 */
export async function singleFileComponent(
  place: FilePlace,
  name: string,
  signal?: AbortSignal,
): Promise<Checkpoint> {
  const opened = await openFile(place, signal);
  const found = component(opened, name);
  const configs = new ConfigTexts(opened.overrides);
  configs.add(`${name}/config.json`, name, found.config);
  return {
    ...identity(place),
    text: (path) => Promise.resolve(configs.texts.get(path)),
    weights: (wanted) => Promise.resolve(wanted === name ? weightsOf(opened, name, found) : undefined),
    assumptions: configs.assumptions,
  };
}

interface OpenedFile {
  readonly path: string;
  readonly file: RandomAccessFile;
  readonly dataBegin: number;
  readonly tensors: Tensors;
  readonly overrides: Overrides;
}

async function openFile({ source, path }: FilePlace, signal?: AbortSignal): Promise<OpenedFile> {
  const file = await source.open(path, signal);
  if (!file) throw new AppError('weights/not-found', { file: path, status: 404 });
  const header = await readSafetensorsHeader(file, signal);
  const kind = foreignKind(header);
  if (kind !== undefined) throw new AppError('model/file-kind', { file: path, kind });
  const overrides = await readOverrides(source, path, header, signal);
  return { path, file, dataBegin: header.dataBegin, tensors: header.tensors, overrides };
}

function component({ tensors, path }: OpenedFile, name: string, pooledSize?: number): FoundComponent {
  const found = findComponent(tensors, name, path, pooledSize);
  if (found) return found;
  throw incomplete(path, presentComponents(tensors), [name]);
}

function incomplete(file: string, present: readonly string[], missing: readonly string[]): AppError {
  return new AppError('model/file-incomplete', {
    file,
    present: present.join(', ') || '–',
    missing: missing.join(', '),
  });
}

function weightsOf({ file, dataBegin, tensors }: OpenedFile, name: string, found?: FoundComponent) {
  if (!found) return undefined;
  const stored = new Map<string, StoredTensor>();
  for (const { name: tensor, shape, source, firstRow, transposed } of found.tensors) {
    const info = tensors.get(source);
    if (!info) continue;
    const rowBytes = (info.end - info.begin) / (info.shape[0] ?? 1);
    const begin = info.begin + (firstRow ?? 0) * rowBytes;
    const bytes = ((info.end - info.begin) / elementCount(info.shape)) * elementCount(shape);
    stored.set(tensor, {
      file,
      dtype: info.dtype,
      shape,
      begin,
      end: begin + bytes,
      ...(transposed === true ? { transposed } : {}),
    });
  }
  return createWeightSet(name, stored, (signal) => modelHash([{ file, dataBegin }], signal));
}

function identity({ source, path }: FilePlace): Pick<Checkpoint, 'id' | 'label'> {
  const name = path.split('/').at(-1) ?? path;
  return { id: name.replace(/\.safetensors$/i, ''), label: `${source.label.replace(/\/+$/, '')}/${path}` };
}

/** The config files a checkpoint would have, and what in them was assumed. */
class ConfigTexts {
  readonly texts = new Map<string, string>();
  readonly assumptions: string[] = [];
  readonly #overrides: Overrides;

  constructor(overrides: Overrides) {
    this.#overrides = overrides;
  }

  add(path: string, name: string, { known, assumed }: { known: Fields; assumed: Fields }): void {
    this.#write(path, name, assumed, { ...known, ...this.#overrides.config(name) });
  }

  addManifest(): void {
    this.#write('emulsion.json', 'manifest', ASSUMED_MANIFEST, this.#overrides.manifest);
  }

  #write(path: string, name: string, assumed: Fields, told: Fields): void {
    this.texts.set(path, JSON.stringify({ ...assumed, ...told }));
    for (const [field, value] of Object.entries(assumed)) {
      if (told[field] === undefined) this.assumptions.push(`${name} ${field} ${textOf(value)}`);
    }
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
