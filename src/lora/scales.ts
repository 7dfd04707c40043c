/**
 * @file How strongly a module's up × down is meant to be added: alpha/rank, or alpha/√rank for rank-stabilised LoRAs
 * (Kalajdzievski 2023, https://arxiv.org/abs/2312.03732). Files say alpha in a tensor (kohya), in their metadata
 * (diffusers, kohya) or in a config beside them (PEFT); where none does, the scale is 1, as diffusers and kohya's
 * scripts have it.
 */
import type { Module } from './module-table.ts';

/** What a config says of the scale; PEFT's names. */
interface ScaleConfig {
  readonly lora_alpha?: unknown;
  readonly alpha_pattern?: unknown;
  readonly use_rslora?: unknown;
}

/** Alpha where no tensor holds it, and the scale of a rank. */
export interface Scales {
  /** `undefined`: nothing is said, alpha is the rank. */
  alpha(module: Module): number | undefined;
  scale(module: Module, alpha: number, rank: number): number;
}

const DIFFUSERS_KEY = 'lora_adapter_metadata';

/**
 * @param metadata of the file
 * @param config the text of `adapter_config.json` or `lora_config.json` beside it
 * @throws SyntaxError for text that is not JSON
 */
export function readScales(metadata: Readonly<Record<string, string>>, config: string | undefined): Scales {
  const beside = config === undefined ? {} : asObject(JSON.parse(config));
  const inside = metadata[DIFFUSERS_KEY] === undefined ? {} : asObject(JSON.parse(metadata[DIFFUSERS_KEY]));
  const configOf = ({ component }: Module): ScaleConfig => ({ ...beside, ...withPrefix(inside, component) });
  // "None" is no number.
  const kohya = asAlpha(Number(metadata['ss_network_alpha']) || 0);
  return {
    alpha(module) {
      const { alpha_pattern: patterns, lora_alpha: alpha } = configOf(module);
      return asAlpha(patternValue(asObject(patterns), module.path)) ?? asAlpha(alpha) ?? kohya;
    },
    scale: (module, alpha, rank) =>
      plainScale(alpha, configOf(module).use_rslora === true ? Math.sqrt(rank) : rank),
  };
}

/** alpha/rank. Factors of no rank add nothing, however often. */
export function plainScale(alpha: number, rank: number): number {
  return rank === 0 ? 0 : alpha / rank;
}

/** kohya's scripts take 0 for "not said". NaN is said, and is against the rules. */
export function asAlpha(value: unknown): number | undefined {
  return typeof value === 'number' && value !== 0 ? value : undefined;
}

/** Entries `unet.r`, `unet.lora_alpha`, … of one component. */
function withPrefix(entries: Readonly<Record<string, unknown>>, component: string): ScaleConfig {
  const own = Object.entries(entries).filter(([key]) => key.startsWith(`${component}.`));
  return Object.fromEntries(own.map(([key, value]) => [key.slice(component.length + 1), value]));
}

/** PEFT matches the end of a path; its writers put whole names there, which are not taken for expressions here. */
function patternValue(patterns: Readonly<Record<string, unknown>>, path: string): unknown {
  const found = Object.keys(patterns).find((key) => {
    const name = key.replace(/^\^/, '').replace(/\$$/, '');
    return path === name || path.endsWith(`.${name}`);
  });
  return found === undefined ? undefined : patterns[found];
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
