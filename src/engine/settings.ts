/**
 * @file Turns a request into complete settings for a model: defaults filled in, sizes and steps checked, guidance
 * decided. Everything that can be refused is refused here, before any work starts.
 */
import { AppError, type PictureName } from '../error.ts';
import { pairedSteps, type GuidanceMode } from '../latents/guidance-modes.ts';
import type { SamplerName } from '../latents/sampler-names.ts';
import { stepsTaken } from '../latents/image-to-image.ts';
import { createSchedule, laterPart, type Schedule } from '../latents/schedule.ts';
import { namedSampler } from '../latents/scheduler-config.ts';
import { findUncomputed } from '../prompt/uncomputed.ts';
import { MAX_COUNT, MAX_SIDE } from './limits.ts';
import type { Model } from './model.ts';
import type { BackendKind, GenerateRequest, Notice, VaeMode, Variation } from './protocol/generate.ts';
import { readPrompts, type NamedText, type Prompts } from './read-prompts.ts';

export interface Settings {
  readonly width: number;
  readonly height: number;
  /** Latent height and width. */
  readonly latentHeight: number;
  readonly latentWidth: number;
  readonly sampler: SamplerName;
  readonly schedule: Schedule;
  /** Those that are taken, and those that were asked for: a picture that begins from another one takes the last of them. */
  readonly steps: number;
  readonly askedSteps: number;
  readonly guidance: GuidanceMode;
  readonly guidanceScale: number;
  /** 0 … 1, φ of `rescaleGuidance`. */
  readonly guidanceRescale: number;
  /** So many steps, from the first on, evaluate the UNet twice. */
  readonly pairedSteps: number;
  /** What is encoded: the prompt, and a negative one where it acts and is not zeros. */
  readonly prompts: Prompts;
  /** How many layers of the text encoders are left out for the prompt, the last one not counted. */
  readonly clipSkip: number;
  readonly seeds: readonly bigint[];
  /** One for each seed, or none at all. */
  readonly variations: readonly Variation[];
  /** How latents become pixels, and the side of a tile in latents where that is tile by tile. */
  readonly vae: VaeMode;
  readonly vaeTile: number | undefined;
}

const DEFAULT_STEPS = 4;
/** Of Turbo pictures, and the scale that `distilled` models have in their weights. */
export const DEFAULT_GUIDANCE_SCALE = 1.5;
/** diffusers' default latent side for models that name none. */
const DEFAULT_LATENT_SIZE = 128;
const SEED_LIMIT = 2n ** 64n;

/** Width and height used when none are asked for. */
export function defaultSize(model: Model): readonly [width: number, height: number] {
  const { manifest, unet, vae } = model;
  if (manifest.defaultSize) return manifest.defaultSize;
  const [height, width] = unet.sampleSize ?? [DEFAULT_LATENT_SIZE, DEFAULT_LATENT_SIZE];
  return [width * vae.factor, height * vae.factor];
}

/** The sampler used when none is asked for. Throws `model/scheduler-unsupported` when the model names one we lack. */
export function defaultSampler(model: Model): SamplerName {
  return model.manifest.sampler() ?? namedSampler(model.scheduler);
}

export function defaultSteps(model: Model): number {
  return model.manifest.defaultSteps ?? DEFAULT_STEPS;
}

export function defaultGuidance(model: Model): GuidanceMode {
  const named = model.manifest.guidance() ?? 'off';
  // A UNet that takes the scale as an input is never without guidance.
  return named === 'off' && model.unet.guidanceEmbeddingSize !== undefined ? 'distilled' : named;
}

/** The most layers of the text encoders that can be left out besides the last. */
export function mostClipSkip({ encoders }: Model): number {
  return Math.min(...encoders.map(({ config }) => config.layers)) - 1;
}

/** What of the request had no effect, or another one than it says. */
export function settingsNotices(
  request: GenerateRequest,
  model: Model,
  settings: Settings,
  backend: BackendKind,
): Notice[] {
  const { guidance, guidanceScale, pairedSteps: paired } = settings;
  const notices: Notice[] = [];
  if (backend === 'wasm' && request.gpuBudgetBytes !== undefined) notices.push({ kind: 'gpu-budget-unused' });
  const found = [request.prompt, paired > 0 ? (request.negative ?? '') : '']
    .map(findUncomputed)
    .find(Boolean);
  if (found !== undefined) notices.push({ kind: 'prompt-editing', found });
  if (paired === 0 && request.negative !== undefined) notices.push({ kind: 'negative-unused' });
  if (!takesScale(guidance, model) && request.guidanceScale !== undefined)
    notices.push({ kind: 'guidance-scale-unused' });
  if (paired === 0 && request.guidanceRescale !== undefined)
    notices.push({ kind: 'guidance-rescale-unused' });
  if (paired > 0 && model.manifest.guidance() === 'distilled')
    notices.push({ kind: 'guidance-twice', mode: guidance });
  if (guidance === 'distilled' && request.guidance === 'off') {
    notices.push({ kind: 'guidance-embedded', scale: guidanceScale });
  }
  return notices;
}

/** Whether guidance can be more or less: not where there is none, nor where it lies in the weights. */
function takesScale(guidance: GuidanceMode, { unet }: Model): boolean {
  return pairedSteps(guidance, 1) > 0 || unet.guidanceEmbeddingSize !== undefined;
}

/** Throws `request/…` for what cannot be done and `model/…` for what this model cannot. */
export function resolveSettings(request: GenerateRequest, model: Model): Settings {
  const [defaultWidth, defaultHeight] = defaultSize(model);
  const width = request.width ?? defaultWidth;
  const height = request.height ?? defaultHeight;
  checkSize(width, height, model.vae.factor);
  const askedSteps = request.steps ?? defaultSteps(model);
  checkRange('steps', askedSteps, 1, Number.MAX_SAFE_INTEGER);
  const steps = request.initImage ? stepsFrom(askedSteps, request.initImage.strength) : askedSteps;
  checkRange('count', request.count, 1, MAX_COUNT);
  const sampler = request.sampler ?? defaultSampler(model);
  const guidance = resolveGuidance(request, model);
  const { guidanceScale: scale = DEFAULT_GUIDANCE_SCALE, guidanceRescale = 0, clipSkip = 0 } = request;
  if (!Number.isFinite(scale)) invalid('guidance scale', scale, 'a number');
  if (!(guidanceRescale >= 0 && guidanceRescale <= 1)) invalid('guidance rescale', guidanceRescale, '0–1');
  checkRange('clip skip', clipSkip, 0, mostClipSkip(model));
  const paired = pairedSteps(guidance, steps);
  return {
    width,
    height,
    latentHeight: height / model.vae.factor,
    latentWidth: width / model.vae.factor,
    sampler,
    schedule: laterPart(
      createSchedule(sampler, model.scheduler, askedSteps, request.eta),
      askedSteps - steps,
    ),
    steps,
    askedSteps,
    guidance,
    guidanceScale: takesScale(guidance, model) ? scale : DEFAULT_GUIDANCE_SCALE,
    guidanceRescale,
    pairedSteps: paired,
    prompts: readPrompts(model, encodedTexts(request, model, paired > 0)),
    clipSkip,
    ...seedsOf(request),
    vae: request.vae ?? 'full',
    vaeTile: request.vaeTile,
  };
}

/**
 * A UNet that takes the scale as an input (`time_cond_proj_dim`) is guided by that alone; others are distilled only if
 * their manifest says so.
 */
function resolveGuidance(request: GenerateRequest, model: Model): GuidanceMode {
  const guidance = request.guidance === 'auto' ? defaultGuidance(model) : request.guidance;
  if (model.unet.guidanceEmbeddingSize === undefined) {
    if (request.guidance === 'distilled' && model.manifest.guidance() !== 'distilled') {
      const expected =
        'off, first-step, full or onetime-negative, because this model has no guidance inside (neither ' +
        'time_cond_proj_dim nor a manifest that says so)';
      invalid('guidance', guidance, expected);
    }
    return guidance;
  }
  if (guidance !== 'off' && guidance !== 'distilled') {
    invalid('guidance', guidance, 'auto, because this UNet takes the scale as an input (time_cond_proj_dim)');
  }
  return 'distilled';
}

/** How many steps a strength leaves, by the rule of diffusers' image-to-image pipelines. */
function stepsFrom(steps: number, strength: number): number {
  const left = stepsTaken(steps, strength);
  if (!(strength > 0 && strength <= 1) || left < 1)
    invalid(
      'strength',
      strength,
      `${Number((1 / steps).toFixed(3))} to 1, so that a step of ${steps} is taken`,
    );
  return left;
}

/** An absent negative prompt is the empty text, unless the model takes it for zeros. */
function encodedTexts({ prompt, negative }: GenerateRequest, model: Model, isPaired: boolean): NamedText[] {
  const isEncoded = isPaired && (negative !== undefined || !model.zerosForAbsentNegative);
  return [
    { which: 'prompt', text: prompt },
    ...(isEncoded ? [{ which: 'negative', text: negative ?? '' } as const] : []),
  ];
}

/** Of every picture, the seed and what it is varied with. A strength of 0 varies nothing. */
function seedsOf({ seed, count, variation }: GenerateRequest): Pick<Settings, 'seeds' | 'variations'> {
  if (!variation) return { seeds: seedsFrom('seed', seed, count), variations: [] };
  const { strength } = variation;
  if (!(strength >= 0 && strength <= 1)) invalid('variation strength', strength, '0–1');
  const others = seedsFrom('variation seed', variation.seed, count);
  if (strength === 0) return { seeds: seedsFrom('seed', seed, count), variations: [] };
  const [own = seed] = seedsFrom('seed', seed, 1);
  return {
    seeds: others.map(() => own),
    variations: others.map((other) => ({ seed: other, strength })),
  };
}

/** What failures call a picture of an order, counted from 0. */
export function pictureName(
  { seeds, variations }: Pick<Settings, 'seeds' | 'variations'>,
  index: number,
): PictureName {
  const [seed = 0n, variation] = [seeds[index], variations[index]];
  const variationSeed = variation ? String(variation.seed) : null;
  return { seed: String(seed), variationSeed, number: index + 1, count: seeds.length };
}

function seedsFrom(field: string, first: bigint, count: number): bigint[] {
  const last = first + BigInt(count - 1);
  if (first < 0n || last >= SEED_LIMIT)
    invalid(field, first.toString(), `0 to ${(SEED_LIMIT - 1n).toString()}`);
  return Array.from({ length: count }, (_, i) => first + BigInt(i));
}

function checkSize(width: number, height: number, multiple: number): void {
  for (const [field, size] of Object.entries({ width, height })) {
    if (!Number.isSafeInteger(size) || size <= 0 || size % multiple !== 0) {
      throw new AppError('request/size', { width, height, multiple });
    }
    checkRange(field, size, multiple, MAX_SIDE);
  }
}

function checkRange(field: string, value: number, low: number, high: number): void {
  if (!Number.isSafeInteger(value) || value < low || value > high)
    invalid(field, value, `a whole number from ${low} to ${high}`);
}

function invalid(field: string, value: number | string, expected: string): never {
  throw new AppError('request/invalid', { field, value: String(value), expected });
}
