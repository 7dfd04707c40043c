/**
 * @file `emulsion.json`, the optional file beside a model that says how it likes to be used. Unknown fields are
 * left alone, so that a manifest written for a later version still works.
 */
import { Config } from '../architecture/config.ts';
import { GUIDANCE_MODES, type GuidanceMode } from '../latents/guidance-modes.ts';
import { SAMPLERS, type SamplerName } from '../latents/sampler-names.ts';
import { readSizes, readStyles } from './manifest-lists.ts';
import type { ExamplePrompts, StyleTemplate } from './protocol/model.ts';

/** Maps latents to RGB 0…1: `factors` has one row per latent channel. */
export interface PreviewFactors {
  readonly factors: readonly (readonly [number, number, number])[];
  readonly bias: readonly [number, number, number];
}

export interface Manifest {
  readonly name: string | undefined;
  readonly licence: string | undefined;
  /** [width, height] in pixels. */
  readonly defaultSize: readonly [number, number] | undefined;
  readonly defaultSteps: number | undefined;
  /** Throws `model/unsupported` when the manifest names a sampler there is none of here. */
  readonly sampler: () => SamplerName | undefined;
  /** Throws `model/unsupported` when the manifest names a way of guidance there is none of here. */
  readonly guidance: () => GuidanceMode | undefined;
  readonly preview: PreviewFactors | undefined;
  readonly examples: ExamplePrompts;
  /** [width, height] in pixels that the model was trained for; empty: any. */
  readonly sizes: readonly (readonly [number, number])[];
  readonly styles: readonly StyleTemplate[] | undefined;
}

export const MANIFEST_FILE = 'emulsion.json';

/** Reads a manifest; throws `model/config-invalid` or `model/unsupported` naming the field. */
export function parseManifest(text: string | undefined): Manifest {
  const config = text === undefined ? new Config(MANIFEST_FILE, {}) : Config.parse(MANIFEST_FILE, text);
  const optional = <T>(name: string, read: (name: string) => T): T | undefined =>
    config.raw(name) === undefined ? undefined : read(name);
  const size = optional('defaultSize', (name) => config.integers(name));
  const [width, height] = size ?? [];
  return {
    name: optional('name', (name) => config.string(name)),
    licence: optional('licence', (name) => config.string(name)),
    defaultSize: width === undefined || height === undefined ? undefined : [width, height],
    defaultSteps: optional('defaultSteps', (name) => config.integer(name)),
    // Refused only when they are asked for: the user may have said something else.
    sampler: () => optional('sampler', (name) => config.choice(name, SAMPLERS)),
    guidance: () => optional('guidance', (name) => config.choice(name, GUIDANCE_MODES)),
    preview: optional('preview', () => previewFactors(config)),
    examples: optional('examples', (name) => examplePrompts(config, name)) ?? {},
    sizes: optional('sizes', (name) => readSizes(config, name)) ?? [],
    styles: optional('styles', (name) => readStyles(config, name)),
  };
}

/** One list for every language, or a list for each. */
function examplePrompts(config: Config, name: string): ExamplePrompts {
  const value = config.raw(name);
  if (typeof value !== 'object' || Array.isArray(value)) return { '*': config.strings(name) };
  const lists = new Config(`${config.file} (${name})`, value as Record<string, unknown>);
  return Object.fromEntries(Object.keys(lists.fields).map((tag) => [tag, lists.strings(tag)]));
}

function previewFactors(config: Config): PreviewFactors {
  const { factors, bias } = config.raw('preview') as Partial<PreviewFactors>;
  const isColour = (value: unknown): boolean =>
    Array.isArray(value) && value.length === 3 && value.every((item) => typeof item === 'number');
  if (!Array.isArray(factors) || !factors.every(isColour) || bias === undefined || !isColour(bias)) {
    config.contradiction(
      'the field "preview" needs "factors" (a list of three numbers per latent channel) and "bias" (three)',
    );
  }
  return { factors: factors as PreviewFactors['factors'], bias };
}
