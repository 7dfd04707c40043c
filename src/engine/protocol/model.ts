/** @file What the page and the engine say of models. */
import type { GuidanceMode } from '../../latents/guidance-modes.ts';
import type { SamplerName } from '../../latents/sampler-names.ts';

/** Prompts that show a model at its best, by BCP 47 tag of their language; under `*` for all others. */
export type ExamplePrompts = Readonly<Record<string, readonly string[]>>;

/** The parts of a model that may come from elsewhere than the rest. */
export type ComponentName = 'unet' | 'vae' | 'tiny_vae' | 'text_encoder' | 'text_encoder_2';

/**
 * Where a model is: an absolute address (of a folder, or of one `.safetensors` file), files the user picked (a
 * folder's, or one `.safetensors`), the browser's own store, or a base with some parts from other places.
 */
export type ModelReference =
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'files'; readonly files: readonly File[] }
  | { readonly kind: 'stored'; readonly id: string }
  | {
      readonly kind: 'composed';
      readonly base: ModelReference;
      readonly parts: Readonly<Partial<Record<ComponentName, ModelReference>>>;
    };

/** Words put around a prompt. */
export interface StyleTemplate {
  readonly id: string;
  /** By BCP 47 tag, in English at least. */
  readonly name: Readonly<Record<string, string>> & { readonly en: string };
  /** With `{prompt}` in it, once. */
  readonly prompt: string;
  readonly negative?: string;
  /** Of a group, one style at most makes sense at a time. */
  readonly group?: string;
}

/** How long a text is to a model. */
export interface TokenCount {
  /** Full chunks count whole. */
  readonly tokens: number;
  /** What the chunks of the text hold together. */
  readonly limit: number;
}

/** What a model says of itself, for the page's form. */
export interface ModelDescription {
  readonly id: string;
  readonly name: string;
  readonly licence: string | undefined;
  /** Tells its weights from others', as pictures have it; absent where it could not be made. */
  readonly hash: string | undefined;
  readonly width: number;
  readonly height: number;
  readonly steps: number;
  readonly sampler: SamplerName;
  readonly guidance: GuidanceMode;
  /** What guidance is scaled with where nothing else is asked for. */
  readonly guidanceScale: number;
  /** Whether its UNet takes that as an input. */
  readonly takesGuidanceScale: boolean;
  readonly mostClipSkip: number;
  /** Sizes must be multiples of this many pixels. */
  readonly sizeMultiple: number;
  /** Whether its latents can be shown before they are decoded. */
  readonly hasPreviews: boolean;
  readonly examples: ExamplePrompts;
  /** [width, height] that it was trained for; empty where it does not say. */
  readonly sizes: readonly (readonly [number, number])[];
  /** Those whose words it knows; absent where it does not say. */
  readonly styles: readonly StyleTemplate[] | undefined;
}
