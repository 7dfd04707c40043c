/**
 * @file The command line of `npm run generate`, read strictly: what is misspelt, malformed, given twice or not
 * built yet is a usage error, never ignored. Nothing here looks at the disk.
 */
import path from 'node:path';
import { parseArgs } from 'node:util';
import { MAX_COUNT } from '../../src/engine/limits.ts';
import type { BackendChoice, GenerateRequest, Precision } from '../../src/engine/protocol.ts';
import type { SamplerName } from '../../src/latents/schedule.ts';

/** Wrong usage; the message is one sentence. The command ends with exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The picture order as far as the command line tells it; model and initial noise are still to be resolved. */
type RequestArguments = Omit<GenerateRequest, 'model' | 'initNoise' | 'dump' | 'previews'>;

export interface GenerateCommand {
  readonly kind: 'generate';
  readonly request: RequestArguments;
  /** Absent: the embedded model. A folder, a file, an address or an id, as typed. */
  readonly model?: string;
  /** Absolute path of the `--init-noise` file. */
  readonly initNoise?: string;
  /** One per picture, as typed: they are printed as they were given. */
  readonly images: readonly string[];
  /** One per picture, or none. */
  readonly dumps: readonly string[];
  /** Relative file names start here. */
  readonly folder: string;
  readonly json: boolean;
  readonly profile?: string;
}

export interface ProbeCommand {
  readonly kind: 'probe';
  readonly profile?: string;
}

export interface HelpCommand {
  readonly kind: 'help';
}

const SAMPLERS: readonly SamplerName[] = ['turbo', 'turbo-sd', 'euler-a', 'euler'];
const GUIDANCES = ['auto', 'off', 'full'] as const;
const BACKENDS: readonly BackendChoice[] = ['auto', 'webgpu', 'wasm'];
const PRECISIONS: readonly Precision[] = ['f32'];
const VAES = ['full'] as const;

const MAX_SEED = 2n ** 64n - 1n;
/** Seeds drawn here stay short enough to be typed again. */
const RANDOM_SEEDS = 2 ** 32;

const OPTIONS = {
  prompt: { type: 'string' },
  negative: { type: 'string' },
  seed: { type: 'string' },
  steps: { type: 'string' },
  width: { type: 'string' },
  height: { type: 'string' },
  count: { type: 'string' },
  model: { type: 'string' },
  sampler: { type: 'string' },
  guidance: { type: 'string' },
  'guidance-scale': { type: 'string' },
  backend: { type: 'string' },
  precision: { type: 'string' },
  vae: { type: 'string' },
  'init-noise': { type: 'string' },
  dump: { type: 'string' },
  out: { type: 'string' },
  json: { type: 'boolean' },
  probe: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  profile: { type: 'string' },
} as const;

type OptionName = keyof typeof OPTIONS;

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
  const { values, positionals } = readWords(argv);
  if (values.help) return { kind: 'help' };
  const profile = values.profile === undefined ? {} : { profile: path.resolve(folder, values.profile) };
  if (values.probe) {
    const extra = Object.keys(values).find((name) => !['probe', 'profile', 'json'].includes(name));
    if (extra !== undefined || positionals.length > 0) {
      throw new UsageError(`--probe only reports the device, it takes no ${extra ? `--${extra}` : 'prompt'}`);
    }
    return { kind: 'probe', ...profile };
  }

  const count = readInteger('count', values.count) ?? 1;
  if (count > MAX_COUNT) throw new UsageError(`--count takes at most ${MAX_COUNT}`);
  const seed = readSeed(values.seed, count);
  const out = values.out ?? `emulsion-${seed}.png`;
  if (!/^(\.png)?$/i.test(path.extname(out))) throw new UsageError('--out takes the name of a .png file');
  const dump = values.dump;
  if (dump !== undefined && path.resolve(folder, dump) === path.resolve(folder, out)) {
    throw new UsageError('--out and --dump name the same file');
  }
  return {
    kind: 'generate',
    request: {
      prompt: readPrompt(values.prompt, positionals),
      seed,
      count,
      guidance: readChoice('guidance', values.guidance, GUIDANCES) ?? 'auto',
      backend: readChoice('backend', values.backend, BACKENDS) ?? 'auto',
      precision: readChoice('precision', values.precision, PRECISIONS) ?? 'f32',
      ...defined('guidanceScale', readNumber('guidance-scale', values['guidance-scale'])),
      ...defined('negative', values.negative),
      ...defined('steps', readInteger('steps', values.steps)),
      ...defined('width', readInteger('width', values.width)),
      ...defined('height', readInteger('height', values.height)),
      ...defined('sampler', readChoice('sampler', values.sampler, SAMPLERS)),
    },
    ...defined('model', values.model),
    ...defined('initNoise', values['init-noise'] && path.resolve(folder, values['init-noise'])),
    images: numberFiles(out, count),
    dumps: dump === undefined ? [] : numberFiles(dump, count),
    folder,
    json: values.json ?? false,
    ...profile,
  };
}

function readWords(argv: readonly string[]) {
  try {
    const parsed = parseArgs({
      args: [...argv],
      options: OPTIONS,
      allowPositionals: true,
      strict: true,
      tokens: true,
    });
    const names = parsed.tokens.flatMap((token) => (token.kind === 'option' ? [token.name] : []));
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined) throw new UsageError(`--${twice} is given twice`);
    const empty = parsed.tokens.find(
      (token) =>
        token.kind === 'option' && token.value === '' && !['prompt', 'negative'].includes(token.name),
    );
    if (empty?.kind === 'option') throw new UsageError(`--${empty.name} needs a value`);
    readChoice('vae', parsed.values.vae, VAES);
    return parsed;
  } catch (error) {
    if (error instanceof UsageError || !(error instanceof Error)) throw error;
    const dashed = /'[^']*(--[\w-]+)[^']*' argument is ambiguous/.exec(error.message)?.[1];
    if (dashed !== undefined) {
      throw new UsageError(
        `${dashed} is followed by a value with a dash; write ${dashed}=VALUE if that is meant`,
      );
    }
    throw new UsageError(firstSentence(error.message));
  }
}

/** Node's own messages go on for several sentences and lines; the first says what is wrong. */
function firstSentence(message: string): string {
  return (message.split(/\.\s|\n/, 1)[0] ?? message).replace(/\.$/, '');
}

function readPrompt(option: string | undefined, positionals: readonly string[]): string {
  const prompts = option === undefined ? positionals : [option, ...positionals];
  const [prompt] = prompts;
  if (prompt === undefined) throw new UsageError('a prompt is needed; "" gives an unconditional picture');
  if (prompts.length > 1)
    throw new UsageError('there is more than one prompt; put quotation marks around it');
  return prompt;
}

function readSeed(text: string | undefined, count: number): bigint {
  if (text === undefined) return BigInt(Math.floor(Math.random() * RANDOM_SEEDS));
  const seed = /^\d{1,20}$/.test(text) ? BigInt(text) : undefined;
  if (seed === undefined || seed + BigInt(count - 1) > MAX_SEED) {
    throw new UsageError(`--seed takes whole numbers from 0 to ${MAX_SEED}, for every picture of --count`);
  }
  return seed;
}

function readInteger(name: OptionName, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\d+$/.test(text) ? Number(text) : 0;
  if (value < 1 || !Number.isSafeInteger(value))
    throw new UsageError(`--${name} takes a whole number above 0`);
  return value;
}

function readNumber(name: OptionName, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d+(\.\d+)?$/.test(text)) throw new UsageError(`--${name} takes a number, 0 or above`);
  return Number(text);
}

function readChoice<T extends string>(
  name: OptionName,
  text: string | undefined,
  choices: readonly T[],
): T | undefined {
  const choice = choices.find((candidate) => candidate === text);
  if (text !== undefined && choice === undefined) {
    throw new UsageError(`--${name} takes ${choices.join(', ')}; not "${text}"`);
  }
  return choice;
}

/** `apple.png` for one picture, `apple-1.png` … for several. */
function numberFiles(file: string, count: number): string[] {
  if (count === 1) return [file];
  const extension = path.extname(file);
  const stem = file.slice(0, file.length - extension.length);
  return Array.from({ length: count }, (_, index) => `${stem}-${index + 1}${extension}`);
}

function defined<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]: V });
}
