/** @file The flags of every command that paints: which model, on what, and within which memory. */
import path from 'node:path';
import { PRECISIONS } from '../../src/engine/precisions.ts';
import type { BackendChoice, GenerateRequest, VaeMode } from '../../src/engine/protocol/generate.ts';
import { GUIDANCE_MODES } from '../../src/latents/guidance-modes.ts';
import { defined, readChoice, readInteger, UsageError } from './words.ts';

export const GUIDANCES = ['auto', ...GUIDANCE_MODES] as const;
const BACKENDS: readonly BackendChoice[] = ['auto', 'webgpu', 'wasm'];
const VAES: readonly VaeMode[] = ['full', 'tiled', 'tiny'];

const MIB = 1024 ** 2;
/** 16 TiB; beyond that a figure is a slip. */
const MAX_MIB = 2 ** 24;

export const ENGINE_FLAGS = {
  model: { type: 'string' },
  backend: { type: 'string' },
  precision: { type: 'string' },
  vae: { type: 'string' },
  'gpu-budget': { type: 'string' },
  'ram-budget': { type: 'string' },
  profile: { type: 'string' },
  'accept-licence': { type: 'boolean' },
} as const;

/** The values of some flags as they are read. */
type FlagValues<T extends Readonly<Record<string, { readonly type: string }>>> = {
  readonly [name in keyof T]?: (T[name]['type'] extends 'boolean' ? boolean : string) | undefined;
};

/** Of commands that paint a series of pictures after a list of prompts. */
export const SERIES_FLAGS = {
  ...ENGINE_FLAGS,
  count: { type: 'string' },
  steps: { type: 'string' },
  'prompts-file': { type: 'string' },
  out: { type: 'string' },
} as const;

export interface EngineArguments {
  /** Absent: the embedded model. A folder, a file, an address or an id, as typed. */
  readonly model?: string;
  /** Absolute path of the browser profile. */
  readonly profile?: string;
  /** Licences that limit what a model may be used for are accepted. */
  readonly acceptsLicence?: boolean;
  readonly engine: Pick<
    GenerateRequest,
    'backend' | 'precision' | 'vae' | 'gpuBudgetBytes' | 'ramBudgetBytes'
  >;
}

/**
 * @param folder absolute path of the folder that relative names start from
 * @throws UsageError
 */
export function readEngineFlags(values: FlagValues<typeof ENGINE_FLAGS>, folder: string): EngineArguments {
  return {
    ...defined('model', values.model),
    ...defined('profile', values.profile && path.resolve(folder, values.profile)),
    ...defined('acceptsLicence', values['accept-licence']),
    engine: {
      backend: readChoice('backend', values.backend, BACKENDS) ?? 'auto',
      precision: readChoice('precision', values.precision, PRECISIONS) ?? 'f32',
      ...defined('vae', readChoice('vae', values.vae, VAES)),
      ...defined('gpuBudgetBytes', readMebibytes('gpu-budget', values['gpu-budget'])),
      ...defined('ramBudgetBytes', readMebibytes('ram-budget', values['ram-budget'])),
    },
  };
}

/** MB are MiB, as everywhere. */
function readMebibytes(name: string, text: string | undefined): number | undefined {
  const value = readInteger(name, text);
  if (value === undefined) return undefined;
  if (value > MAX_MIB) throw new UsageError(`--${name} takes at most ${MAX_MIB} MB`);
  return value * MIB;
}
