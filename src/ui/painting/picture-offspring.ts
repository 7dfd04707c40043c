/** @file Orders for what is made of a finished picture: sisters of it, and the same larger. */
import type { GenerateRequest } from '../../engine/protocol/generate.ts';
import type { Picture } from './generation.ts';
import type { SizeQuestion } from '../settings/size-refusals.ts';
import { MEMORY_SETTINGS, type MemorySettings } from '../settings/memory-settings.ts';
import type { PictureSize } from '../settings/picture-size.ts';

/** How far a sister's noise is from the picture's own: hardly another, and another that is alike. */
export const VARIATIONS = { subtle: 0.1, strong: 0.3 } as const;
export type VariationDegree = keyof typeof VARIATIONS;

export const FACTORS = [1.5, 2] as const;

/** Of the picture that is painted larger, so much may go: enough for detail, too little for another composition. */
const ENLARGING_STRENGTH = 0.5;
/** Of fewer steps, one at most would be taken. */
const ENLARGING_STEPS = 4;

/** What is to be made of a picture. */
export type Offspring =
  | { readonly kind: 'begin' }
  | { readonly kind: 'sister'; readonly degree: VariationDegree }
  | { readonly kind: 'larger'; readonly size: PictureSize };

/** What a picture was made from. */
export interface Parent {
  readonly request: GenerateRequest;
  readonly seed: bigint;
  readonly width: number;
  readonly height: number;
}

/** The choices of the page that hold for every order. The model is the picture's, wherever it has come to be. */
export interface PageChoices {
  readonly model: GenerateRequest['model'];
  readonly memory: MemorySettings;
  readonly backend: GenerateRequest['backend'];
}

/** Whether a model painted a picture: what another one makes would be no sister. */
export function isPaintedBy({ model }: Pick<Picture, 'model'>, { id, name }: Picture['model']): boolean {
  return model.id === id && model.name === name;
}

/** A sister of a picture. @param other drawn anew for every sister */
export function sisterOf(
  parent: Parent,
  degree: VariationDegree,
  other: bigint,
  page: PageChoices,
): GenerateRequest {
  const variation = { seed: other, strength: VARIATIONS[degree] };
  return { ...repeated(parent, page), variation };
}

/** The size of a picture painted larger, which may be too large to paint. */
export function enlargedSize({ width, height }: PictureSize, factor: number, multiple: number): PictureSize {
  const side = (own: number): number => Math.round((own * factor) / multiple) * multiple;
  return { width: side(width), height: side(height) };
}

/** A picture painted again at another size, begun from itself. @param bytes its file */
export function enlargementOf(
  parent: Parent,
  bytes: Uint8Array<ArrayBuffer>,
  { width, height }: PictureSize,
  page: PageChoices,
): GenerateRequest {
  const request = repeated(parent, page);
  return {
    ...request,
    ...{ width, height },
    steps: Math.max(request.steps ?? 0, ENLARGING_STEPS),
    initImage: { bytes, strength: ENLARGING_STRENGTH },
  };
}

/** Whether a picture can be painted larger. @param multiple of the sides that its model can paint */
export function enlargementQuestion(parent: Parent, page: PageChoices, multiple: number): SizeQuestion {
  const sizes = FACTORS.map((factor) => enlargedSize(parent, factor, multiple));
  return { request: enlargementOf(parent, new Uint8Array(), parent, page), sizes };
}

/** One picture like it, on what the page paints on now. */
function repeated(
  { request, seed, width, height }: Parent,
  { model, memory, backend }: PageChoices,
): GenerateRequest {
  return { ...withoutMemory(request), ...memory, model, backend, seed, width, height, count: 1 };
}

function withoutMemory(request: GenerateRequest): GenerateRequest {
  const isOther = ([name]: [string, unknown]): boolean =>
    !MEMORY_SETTINGS.some((setting) => setting === name);
  return Object.fromEntries(Object.entries(request).filter(isOther)) as unknown as GenerateRequest;
}
