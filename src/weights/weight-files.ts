/**
 * @file Finds the weight files of one component, under the names diffusers and transformers save them: one file, or
 * an index that tells which part holds which tensor. A half-precision variant is taken where there is no plain file,
 * and before it where the files come from another host: float32 is twice the download, and bfloat16 keeps no more of
 * it (decision 0004). Pickled checkpoints (`.bin`) are never looked for.
 */
import { AppError } from '../error.ts';
import type { TensorInfo } from './safetensors-header.ts';
import { readSafetensorsHeader } from './safetensors.ts';
import type { ModelSource, RandomAccessFile } from './source.ts';

/** One file of a component and the tensors the component takes from it. */
export interface WeightFile {
  readonly file: RandomAccessFile;
  /** Offset of the first byte after the file's header. */
  readonly dataBegin: number;
  readonly tensors: ReadonlyMap<string, TensorInfo>;
}

const DIFFUSERS_NAME = 'diffusion_pytorch_model';
const TRANSFORMERS_NAME = 'model';
const VARIANTS = ['fp16', 'bf16'];

/** One file; the second ending is that of a float16 variant. */
const FILE_ENDINGS = ['safetensors', ...VARIANTS.map((variant) => `${variant}.safetensors`)];
/** An index; the second ending again. Of the three spellings with a variant, current diffusers and transformers write the first. */
const INDEX_ENDINGS = [
  'safetensors.index.json',
  ...VARIANTS.flatMap((variant) => [
    `safetensors.index.${variant}.json`,
    `safetensors.${variant}.index.json`,
    `${variant}.safetensors.index.json`,
  ]),
];

/**
 * Opens all weight files of a component and reads their headers.
 * @param folder the component's folder in the model, without slash
 * @returns `undefined` when the component has no weights
 * @throws AppError `weights/not-found` for a missing part, `weights/tensor-missing` for a part without a tensor the
 *   index promises, `weights/header-invalid`
 */
export async function openWeightFiles(
  source: ModelSource,
  folder: string,
  signal?: AbortSignal,
): Promise<WeightFile[] | undefined> {
  const whole = await openFirst(source, folder, FILE_ENDINGS, signal);
  if (whole) return [await openWeightFile(whole, signal)];
  const index = await openFirst(source, folder, INDEX_ENDINGS, signal);
  return index && openParts(source, folder, await readIndex(index, signal), signal);
}

/** The file that should be there when a component has no weights, for messages. */
export function usualWeightFile(folder: string): string {
  return `${folder}/${namesFor(folder)[0]}.safetensors`;
}

/** Text encoders come from transformers, the rest from diffusers; trying the likelier name first spares a request. */
function namesFor(folder: string): [string, string] {
  return folder.startsWith('text_encoder')
    ? [TRANSFORMERS_NAME, DIFFUSERS_NAME]
    : [DIFFUSERS_NAME, TRANSFORMERS_NAME];
}

async function openFirst(
  source: ModelSource,
  folder: string,
  endings: readonly string[],
  signal?: AbortSignal,
) {
  const names = namesFor(folder);
  const usual = endings.flatMap((ending) => names.map((name) => `${name}.${ending}`));
  // Only the likeliest name is tried before, because where there is no such file, that is a request for nothing.
  const likeliest = source.isFar ? [`${names[0]}.${endings[1]}`] : [];
  for (const name of [...likeliest, ...usual]) {
    const file = await source.open(`${folder}/${name}`, signal);
    if (file) return file;
  }
  return undefined;
}

async function openWeightFile(file: RandomAccessFile, signal?: AbortSignal): Promise<WeightFile> {
  const { tensors, dataBegin } = await readSafetensorsHeader(file, signal);
  return { file, tensors, dataBegin };
}

/** The tensors of every part named by an index, in order of the parts' names. */
type Parts = ReadonlyMap<string, readonly string[]>;

async function openParts(
  source: ModelSource,
  folder: string,
  parts: Parts,
  signal?: AbortSignal,
): Promise<WeightFile[]> {
  return Promise.all(
    [...parts].map(async ([name, tensorNames]) => {
      const file = await source.open(`${folder}/${name}`, signal);
      if (!file) throw missing(`${folder}/${name}`);
      const part = await openWeightFile(file, signal);
      const tensors = tensorNames.map((tensor): [string, TensorInfo] => {
        const info = part.tensors.get(tensor);
        if (!info) throw new AppError('weights/tensor-missing', { tensor, component: `${folder}/${name}` });
        return [tensor, info];
      });
      return { ...part, tensors: new Map(tensors) };
    }),
  );
}

async function readIndex(index: RandomAccessFile, signal?: AbortSignal): Promise<Parts> {
  const fail = (reason: string) => new AppError('weights/header-invalid', { file: index.path, reason });
  const text = new TextDecoder().decode(await index.read(0, index.size, signal));
  let map: unknown;
  try {
    map = (JSON.parse(text) as { weight_map?: unknown } | null)?.weight_map;
  } catch (error) {
    throw fail(`it is not valid JSON (${String(error)})`);
  }
  if (typeof map !== 'object' || map === null || Array.isArray(map)) throw fail('it has no weight_map');
  const parts = new Map<string, string[]>();
  for (const [tensor, part] of Object.entries(map)) {
    // Parts lie beside their index; anything else could lead out of the model folder.
    if (typeof part !== 'string' || !/^[^/\\]+\.safetensors$/.test(part)) {
      throw fail(`'${tensor}' is in ${JSON.stringify(part)}, which is not the name of a .safetensors file`);
    }
    parts.set(part, [...(parts.get(part) ?? []), tensor]);
  }
  return new Map([...parts].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function missing(file: string): AppError {
  return new AppError('weights/not-found', { file, status: 404 });
}
