/**
 * @file What the makers of a single file say of it: `__metadata__` inside (`modelspec.*` and the key `emulsion`), and
 * a file `NAME.emulsion.json` or `emulsion.json` beside it. The latter two hold the fields of a manifest, and under
 * the name of a component fields of its config that override what would be derived or assumed.
 */
import { AppError } from '../../error.ts';
import type { SafetensorsHeader } from '../safetensors-header.ts';
import type { ModelSource } from '../source.ts';
import type { Fields } from './derived-config.ts';

const MANIFEST_FILE = 'emulsion.json';
const METADATA_KEY = 'emulsion';

/** All that is said, the sidecar's word over the metadata's. */
export interface Overrides {
  /** Fields of the manifest. */
  readonly manifest: Fields;
  /** Fields of one config: of a component, `scheduler` or `model_index`. */
  config(name: string): Fields;
}

/**
 * Reads metadata and sidecar.
 * @param path of the file, whose folder is that of the sidecar
 * @throws AppError `model/config-invalid` when either is not a JSON object
 */
export async function readOverrides(
  source: ModelSource,
  path: string,
  { metadata, tensors }: SafetensorsHeader,
  signal?: AbortSignal,
): Promise<Overrides> {
  const sidecar = await readSidecar(source, path, signal);
  const inside = parse(`${path} __metadata__.${METADATA_KEY}`, metadata[METADATA_KEY]);
  const marked = markedPrediction(tensors);
  const said = { scheduler: schedulerOf(metadata) };
  const layers = [said, { scheduler: marked }, inside, sidecar.fields];
  return {
    manifest: { ...manifestOf(metadata), ...inside, ...sidecar.fields },
    config(name) {
      const parts = layers.map((layer: Fields) => {
        const part = layer[name] ?? {};
        if (isFields(part)) return part;
        const reason = `the field "${name}" is ${JSON.stringify(part)}, not an object with fields of its config`;
        throw new AppError('model/config-invalid', { file: sidecar.file, reason });
      });
      return Object.assign({}, ...parts) as Fields;
    },
  };
}

async function readSidecar(
  source: ModelSource,
  path: string,
  signal?: AbortSignal,
): Promise<{ file: string; fields: Fields }> {
  const folder = path.slice(0, path.lastIndexOf('/') + 1);
  for (const name of [path.replace(/\.safetensors$/i, `.${MANIFEST_FILE}`), folder + MANIFEST_FILE]) {
    const file = await source.open(name, signal);
    if (!file) continue;
    const text = new TextDecoder().decode(await file.read(0, file.size, signal));
    return { file: name, fields: parse(name, text) };
  }
  return { file: MANIFEST_FILE, fields: {} };
}

function parse(file: string, text: string | undefined): Fields {
  if (text === undefined) return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new AppError('model/config-invalid', { file, reason: 'it is not valid JSON' }, error);
  }
  if (isFields(value)) return value;
  throw new AppError('model/config-invalid', { file, reason: 'it does not hold a JSON object' });
}

/** https://github.com/Stability-AI/ModelSpec, version 1.0.0. */
function manifestOf(metadata: SafetensorsHeader['metadata']): Fields {
  const title = metadata['modelspec.title'];
  const license = metadata['modelspec.license'];
  const [, width, height] = /^(\d+)(?:x(\d+))?$/.exec(metadata['modelspec.resolution'] ?? '') ?? [];
  return {
    ...(title === undefined ? {} : { name: title }),
    ...(license === undefined ? {} : { licence: license }),
    ...(width === undefined ? {} : { defaultSize: [Number(width), Number(height ?? width)] }),
  };
}

function schedulerOf(metadata: SafetensorsHeader['metadata']): Fields {
  const prediction = metadata['modelspec.prediction_type'];
  if (prediction === undefined) return {};
  return { prediction_type: prediction === 'v' ? 'v_prediction' : prediction };
}

/** Trainers mark velocity prediction, and zero signal at the last timestep, with an empty tensor of that name. */
function markedPrediction(tensors: SafetensorsHeader['tensors']): Fields {
  return {
    ...(tensors.has('v_pred') ? { prediction_type: 'v_prediction' } : {}),
    ...(tensors.has('ztsnr') ? { rescale_betas_zero_snr: true } : {}),
  };
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
