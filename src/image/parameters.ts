/**
 * @file The settings of a picture as the `parameters` text of AUTOMATIC1111's web UI, which the field's
 * programs write and read: prompt, negative prompt, then one line of `Key: value` pairs. Key order, quoting and
 * omissions follow its `create_infotext`; reading follows its `parse_generation_parameters`.
 */
import { SAMPLERS, type SamplerName } from '../latents/sampler-names.ts';

/** What goes into the text. `extra` comes after the known keys, in its own order. */
export interface PictureParameters {
  readonly prompt: string;
  /** Omitted from the text when absent or empty. */
  readonly negative?: string;
  readonly steps: number;
  readonly sampler: SamplerName;
  readonly cfgScale: number;
  readonly seed: bigint;
  readonly width: number;
  readonly height: number;
  /** First ten hexadecimal digits of the weights' SHA-256, where known. */
  readonly modelHash?: string;
  readonly model: string;
  /** Another seed, and how far the noise goes towards that one's. */
  readonly variation?: { readonly seed: bigint; readonly strength: number };
  /** Of a picture that began from another one. */
  readonly denoisingStrength?: number;
  /** As diffusers counts; one less than the web UI does, and left out when it is 0. */
  readonly clipSkip?: number;
  readonly version: string;
  readonly extra?: Readonly<Record<string, string>>;
}

/** The text taken apart. A size `WxH` under key `K` is given as `K-1` and `K-2`. */
export interface ParsedParameters {
  readonly prompt: string;
  readonly negative: string;
  /** Empty when the text has no line of settings. */
  readonly values: Readonly<Record<string, string>>;
}

/**
 * Names under which other programs know the samplers. `Turbo` is what Forge calls trailing spacing;
 * Stability's own four steps have no name there.
 */
const DISPLAY_NAMES: Readonly<Record<SamplerName, { sampler: string; schedule?: string }>> = {
  turbo: { sampler: 'Euler a', schedule: 'Turbo' },
  'turbo-sd': { sampler: 'Euler a' },
  'euler-a': { sampler: 'Euler a' },
  euler: { sampler: 'Euler' },
  lcm: { sampler: 'LCM' },
  tcd: { sampler: 'TCD' },
};

/** Names of samplers in Fooocus's JSON. */
const FOOOCUS_NAMES: Readonly<Record<string, string>> = { euler_ancestral: 'euler a' };
/** Other programs choose the schedule themselves. */
const AUTOMATIC = 'Automatic';

const NEGATIVE_PREFIX = 'Negative prompt:';
const PAIR = /\s*([\p{L}\p{N}_][\p{L}\p{N}_ \-/]+):\s*("(?:\\.|[^\\"])+"|[^,]*)(?:,|$)/gu;
const SIZE = /^(\d+)x(\d+)$/;
/** Fewer pairs than this and the last line is taken for prompt text. */
const MIN_PAIRS = 3;

/** A model's name as pictures have it: the web UI takes these two out, because it writes names unquoted. */
export function writtenModelName(name: string): string {
  return name.replace(/[,:]/g, '');
}

/** The `parameters` text of a picture. */
export function formatParameters(parameters: PictureParameters): string {
  const { sampler, schedule } = DISPLAY_NAMES[parameters.sampler];
  const pairs: [key: string, value: string | undefined][] = [
    ['Steps', String(parameters.steps)],
    ['Sampler', sampler],
    ['Schedule type', schedule],
    ['CFG scale', String(parameters.cfgScale)],
    ['Seed', String(parameters.seed)],
    ['Size', `${parameters.width}x${parameters.height}`],
    ['Model hash', parameters.modelHash],
    ['Model', writtenModelName(parameters.model)],
    ['Variation seed', text(parameters.variation?.seed)],
    ['Variation seed strength', text(parameters.variation?.strength)],
    ['Denoising strength', text(parameters.denoisingStrength)],
    ['Clip skip', parameters.clipSkip ? String(parameters.clipSkip + 1) : undefined],
    // Our noise is torch's CPU stream, so another program repeats the picture with this setting.
    ['RNG', 'CPU'],
    ...Object.entries(parameters.extra ?? {}),
    ['Version', parameters.version],
  ];
  const settings = pairs
    .flatMap(([key, value]) => (value === undefined ? [] : [key === value ? key : `${key}: ${quote(value)}`]))
    .join(', ');
  const negative = parameters.negative ? `\n${NEGATIVE_PREFIX} ${parameters.negative}` : '';
  return `${parameters.prompt}${negative}\n${settings}`.trim();
}

function text(value: number | bigint | undefined): string | undefined {
  return value === undefined ? undefined : String(value);
}

/** Takes a `parameters` text apart. Any text is accepted: without settings it is all prompt. */
export function parseParameters(text: string): ParsedParameters {
  const lines = text.trim().split('\n');
  const pairs = [...(lines.at(-1) ?? '').matchAll(PAIR)];
  const hasSettings = pairs.length >= MIN_PAIRS;
  if (hasSettings) lines.pop();
  const trimmed = lines.map((line) => line.trim());
  const split = trimmed.findIndex((line) => line.startsWith(NEGATIVE_PREFIX));
  const prompt = split < 0 ? trimmed : trimmed.slice(0, split);
  const negative = split < 0 ? [] : trimmed.slice(split).map(withoutNegativePrefix);
  return {
    prompt: joinLines(prompt),
    negative: joinLines(negative),
    values: hasSettings
      ? Object.fromEntries(pairs.flatMap(([, key = '', value = '']) => readPair(key, value)))
      : {},
  };
}

/** The samplers that a picture may have been painted with: all that have its name and its schedule, none where nothing here has. */
export function samplersNamed(values: ParsedParameters['values']): SamplerName[] {
  const written = (values['Sampler'] ?? '').toLowerCase();
  const name = FOOOCUS_NAMES[written] ?? written.replace(/ karras$/, '');
  const schedule = values['Schedule type'] ?? AUTOMATIC;
  const named = SAMPLERS.filter((sampler) => DISPLAY_NAMES[sampler].sampler.toLowerCase() === name);
  const exact = named.filter((sampler) => (DISPLAY_NAMES[sampler].schedule ?? AUTOMATIC) === schedule);
  return exact.length > 0 ? exact : named.filter((sampler) => !DISPLAY_NAMES[sampler].schedule);
}

/** Whether a schedule is one that the samplers here have. */
export function isKnownSchedule(schedule: string): boolean {
  return schedule === AUTOMATIC || SAMPLERS.some((sampler) => DISPLAY_NAMES[sampler].schedule === schedule);
}

function withoutNegativePrefix(line: string): string {
  return line.startsWith(NEGATIVE_PREFIX) ? line.slice(NEGATIVE_PREFIX.length).trim() : line;
}

/** Lines before the first text do not count, as in the web UI. */
function joinLines(lines: readonly string[]): string {
  return lines.join('\n').replace(/^\n+/, '');
}

function readPair(key: string, written: string): [string, string][] {
  if (written === '') return [];
  const value = unquote(written);
  const size = SIZE.exec(value);
  return size === null
    ? [[key, value]]
    : [
        [`${key}-1`, size[1] ?? ''],
        [`${key}-2`, size[2] ?? ''],
      ];
}

/** As the web UI does, and also what begins like a quoted value, which a reader would take for one. */
function quote(value: string): string {
  return /[,:\n]|^"/.test(value) ? JSON.stringify(value) : value;
}

function unquote(value: string): string {
  if (!value.startsWith('"') || !value.endsWith('"')) return value;
  try {
    const parsed: unknown = JSON.parse(value);
    return typeof parsed === 'string' ? parsed : value;
  } catch {
    return value;
  }
}
