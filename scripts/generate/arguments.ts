/**
 * @file The command line of `npm run generate`, read strictly: what is misspelt, malformed, given twice or not
 * built yet is a usage error, never ignored. Nothing here looks at the disk.
 */
import path from 'node:path';
import { MAX_COUNT } from '../../src/engine/limits.ts';
import type { GenerateRequest } from '../../src/engine/protocol/generate.ts';
import type { LoraPolicy } from '../../src/engine/protocol/lora.ts';
import { MARK_LANGUAGES } from '../../src/image/visible-mark.ts';
import { SAMPLERS } from '../../src/latents/sampler-names.ts';
import { COMPONENT_FLAG, readComponents, type ComponentPlaces } from '../headless/components.ts';
import { ENGINE_FLAGS, GUIDANCES, readEngineFlags } from '../headless/engine-flags.ts';
import type { EngineArguments } from '../headless/engine-flags.ts';
import { defined, readChoice, readInteger, readNumber, readWords, UsageError } from '../headless/words.ts';
import { readLoras, type LoraPlace } from './loras.ts';

/** The picture order as far as the command line tells it; model and initial noise are still to be resolved. */
type RequestArguments = Omit<
  GenerateRequest,
  'model' | 'loras' | 'initImage' | 'initNoise' | 'dump' | 'previews'
>;

export interface GenerateCommand extends Omit<EngineArguments, 'engine'> {
  readonly kind: 'generate';
  readonly request: RequestArguments;
  /** Parts of the model from elsewhere. */
  readonly components?: ComponentPlaces;
  readonly loras: readonly LoraPlace[];
  /** Absolute path of the `--init-image` file, and how much of it is to go. */
  readonly initImage?: { readonly file: string; readonly strength: number };
  /** Absolute path of the `--init-noise` file. */
  readonly initNoise?: string;
  /** One per picture, as typed: they are printed as they were given. */
  readonly images: readonly string[];
  /** One per picture, or none. */
  readonly dumps: readonly string[];
  /** Relative file names start here. */
  readonly folder: string;
  readonly json: boolean;
}

export interface ProbeCommand extends Pick<EngineArguments, 'profile'> {
  readonly kind: 'probe';
  readonly json: boolean;
}

export interface HelpCommand {
  readonly kind: 'help';
}

const LORA_POLICIES: readonly LoraPolicy[] = ['strict', 'adapt'];
/** As in AUTOMATIC1111's web UI. */
const DEFAULT_STRENGTH = 0.75;
const MAX_SEED = 2n ** 64n - 1n;
/** Seeds drawn here stay short enough to be typed again. */
const RANDOM_SEEDS = 2 ** 32;

const FLAGS = {
  ...ENGINE_FLAGS,
  ...COMPONENT_FLAG,
  prompt: { type: 'string' },
  negative: { type: 'string' },
  seed: { type: 'string' },
  'variation-seed': { type: 'string' },
  'variation-strength': { type: 'string' },
  steps: { type: 'string' },
  width: { type: 'string' },
  height: { type: 'string' },
  count: { type: 'string' },
  sampler: { type: 'string' },
  eta: { type: 'string' },
  guidance: { type: 'string' },
  'guidance-scale': { type: 'string' },
  'guidance-rescale': { type: 'string' },
  'clip-skip': { type: 'string' },
  lora: { type: 'string', multiple: true },
  'lora-policy': { type: 'string' },
  'init-image': { type: 'string' },
  strength: { type: 'string' },
  'init-noise': { type: 'string' },
  'visible-mark': { type: 'string' },
  dump: { type: 'string' },
  out: { type: 'string' },
  json: { type: 'boolean' },
  probe: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

/**
 * Reads the command line.
 * @param argv the words after the program's name
 * @param folder absolute path of the folder that relative names start from
 * @throws UsageError
 */
export function parseArguments(
  argv: readonly string[],
  folder: string,
): GenerateCommand | ProbeCommand | HelpCommand {
  const { values, positionals } = readWords(argv, FLAGS, ['prompt', 'negative']);
  if (values.help) return { kind: 'help' };
  const { engine, ...where } = readEngineFlags(values, folder);
  if (values.probe) {
    const extra = Object.keys(values).find((name) => !['probe', 'profile', 'json'].includes(name));
    if (extra !== undefined || positionals.length > 0) {
      throw new UsageError(`--probe only reports the device, it takes no ${extra ? `--${extra}` : 'prompt'}`);
    }
    return { kind: 'probe', json: values.json ?? false, ...where };
  }

  const count = readInteger('count', values.count) ?? 1;
  if (count > MAX_COUNT) throw new UsageError(`--count takes at most ${MAX_COUNT}`);
  const variation = readVariation(values['variation-seed'], values['variation-strength'], count);
  // A varied seed stays for all pictures.
  const seed = readSeed('seed', values.seed, variation ? 1 : count);
  const out = values.out ?? `emulsion-${seed}.png`;
  if (!/^(\.png)?$/i.test(path.extname(out))) throw new UsageError('--out takes the name of a .png file');
  const dump = values.dump;
  if (dump !== undefined && path.resolve(folder, dump) === path.resolve(folder, out)) {
    throw new UsageError('--out and --dump name the same file');
  }
  const { prompt, loras } = readLoras(values.lora ?? [], readPrompt(values.prompt, positionals));
  const policy = readChoice('lora-policy', values['lora-policy'], LORA_POLICIES);
  if (policy !== undefined && loras.length === 0) throw new UsageError('--lora-policy goes with --lora');
  return {
    kind: 'generate',
    loras,
    request: {
      prompt,
      seed,
      count,
      guidance: readChoice('guidance', values.guidance, GUIDANCES) ?? 'auto',
      ...engine,
      ...defined('variation', variation),
      ...defined('guidanceScale', readNumber('guidance-scale', values['guidance-scale'])),
      ...defined('guidanceRescale', readRescale(values['guidance-rescale'])),
      ...defined('clipSkip', readInteger('clip-skip', values['clip-skip'], 0)),
      ...defined('negative', values.negative),
      ...defined('steps', readInteger('steps', values.steps)),
      ...defined('width', readInteger('width', values.width)),
      ...defined('height', readInteger('height', values.height)),
      ...defined('sampler', readChoice('sampler', values.sampler, SAMPLERS)),
      ...defined('eta', readNumber('eta', values.eta)),
      ...defined('loraPolicy', policy),
      ...defined('visibleMark', readChoice('visible-mark', values['visible-mark'], MARK_LANGUAGES)),
    },
    ...where,
    ...defined('components', readComponents(values.component)),
    ...defined('initImage', readInitImage(values['init-image'], values.strength, folder)),
    ...defined('initNoise', values['init-noise'] && path.resolve(folder, values['init-noise'])),
    images: numberFiles(out, count),
    dumps: dump === undefined ? [] : numberFiles(dump, count),
    folder,
    json: values.json ?? false,
  };
}

function readPrompt(option: string | undefined, positionals: readonly string[]): string {
  const prompts = option === undefined ? positionals : [option, ...positionals];
  const [prompt] = prompts;
  if (prompt === undefined) throw new UsageError('a prompt is needed; "" gives an unconditional picture');
  if (prompts.length > 1)
    throw new UsageError('there is more than one prompt; put quotation marks around it');
  return prompt;
}

function readInitImage(
  file: string | undefined,
  strength: string | undefined,
  folder: string,
): GenerateCommand['initImage'] {
  const share = readNumber('strength', strength);
  if (share !== undefined && (share > 1 || share === 0))
    throw new UsageError('--strength takes a number above 0, up to 1');
  if (file !== undefined) return { file: path.resolve(folder, file), strength: share ?? DEFAULT_STRENGTH };
  if (share !== undefined) throw new UsageError('--strength goes with --init-image');
  return undefined;
}

function readRescale(text: string | undefined): number | undefined {
  const value = readNumber('guidance-rescale', text);
  if (value !== undefined && value > 1) throw new UsageError('--guidance-rescale takes a number from 0 to 1');
  return value;
}

function readVariation(
  seed: string | undefined,
  strength: string | undefined,
  count: number,
): GenerateRequest['variation'] {
  const share = readNumber('variation-strength', strength);
  if (share !== undefined && share > 1)
    throw new UsageError('--variation-strength takes a number from 0 to 1');
  if (share !== undefined) return { seed: readSeed('variation-seed', seed, count), strength: share };
  if (seed !== undefined) throw new UsageError('--variation-seed goes with --variation-strength');
  return undefined;
}

function readSeed(flag: string, text: string | undefined, count: number): bigint {
  if (text === undefined) return BigInt(Math.floor(Math.random() * RANDOM_SEEDS));
  const seed = /^\d{1,20}$/.test(text) ? BigInt(text) : undefined;
  if (seed === undefined || seed + BigInt(count - 1) > MAX_SEED) {
    throw new UsageError(`--${flag} takes whole numbers from 0 to ${MAX_SEED}, for every picture of --count`);
  }
  return seed;
}

/** `apple.png` for one picture, `apple-1.png` … for several. */
function numberFiles(file: string, count: number): string[] {
  if (count === 1) return [file];
  const extension = path.extname(file);
  const stem = file.slice(0, file.length - extension.length);
  return Array.from({ length: count }, (_, index) => `${stem}-${index + 1}${extension}`);
}
