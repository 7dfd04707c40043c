/**
 * @file Decides how a request uses memory before any work starts: how many pictures go together, whether the text's
 * keys and values stay, how the latents are decoded, and what of the weights stays where. What fits no way is
 * refused with the budget, and the size or the length of the prompt, that would fit.
 */
import { AppError } from '../error.ts';
import { planHost, planRam } from '../stream/plan-ram.ts';
import type { MemoryPlan, StagePlan } from '../stream/plan.ts';
import type { DecodeChoice } from './decode/choices.ts';
import { encoderTables } from './demand.ts';
import type { DenoiseMemory } from './denoise.ts';
import type { Model } from './model.ts';
import type { GenerateRequest } from './protocol/generate.ts';
import type { Settings } from './settings.ts';
import { Workload } from './workload.ts';

/** What may be used. */
export interface Budgets {
  /** Bytes of GPU memory; `null` where nothing runs on a GPU. */
  readonly gpuBytes: number | null;
  /** Bytes that weights may take of the page's memory. */
  readonly ramBytes: number;
  /** The largest single tensor the device takes. */
  readonly largestBytes: number;
}

/** How a request uses memory. */
export interface PictureMemory {
  readonly decode: DecodeChoice;
  /** How the picture that is begun from is encoded, where there is one. */
  readonly encode: DecodeChoice | undefined;
  readonly denoise: DenoiseMemory;
  /** For a GPU. */
  readonly plan: MemoryPlan | null;
  readonly stages: ReadonlyMap<string, StagePlan>;
}

/** Whether a smaller request could be done. */
type Fits = (work: Workload) => boolean;
type Misfit = 'request/budget' | 'request/buffer' | 'request/heap';

const MIB = 1024 ** 2;
/** What pictures that take their steps together may need where there is no GPU. */
const HOST_WORK_BYTES = 768 * MIB;
/** What the heap of ONNX Runtime's WASM build should hold of a decode; a tile that keeps within it is as good. */
export const WANTED_HEAP_BYTES = 1024 * MIB;
/** What it may hold at all: WASM addresses 4 GiB, not all of it in one piece. */
const MOST_HEAP_BYTES = 3072 * MIB;

/**
 * Plans a request. Throws `request/budget`, `request/buffer`, `request/heap`, where a shorter prompt would fit
 * `request/prompt-length`, and what choosing a decoder throws.
 */
export function planPictures(
  model: Model,
  request: GenerateRequest,
  settings: Settings,
  budgets: Budgets,
): PictureMemory {
  const { gpuBytes, ramBytes, largestBytes } = budgets;
  const work = new Workload(model, request, settings);
  const tables = encoderTables(model);
  const refusal = (code: Misfit, neededBytes: number, limitBytes: number, fits: Fits): AppError => {
    const amounts = { neededMiB: Math.ceil(neededBytes / MIB), limitMiB: Math.floor(limitBytes / MIB) };
    const prompt = fittingPrompt(model, request, settings, fits);
    if (prompt) return new AppError('request/prompt-length', { ...prompt, ...amounts });
    const { width, height } = settings;
    const size = fittingSize(model, request, settings, fits);
    return new AppError(code, { width, height, ...amounts, fits: size });
  };
  if (gpuBytes === null) {
    const neededBytes = work.neededHeapBytes();
    const inHeap: Fits = (smaller) => smaller.neededHeapBytes() <= MOST_HEAP_BYTES;
    if (neededBytes > MOST_HEAP_BYTES) throw refusal('request/heap', neededBytes, MOST_HEAP_BYTES, inHeap);
    const decode = work.decodeInHeap(WANTED_HEAP_BYTES);
    const encode = work.encodeInHeap(WANTED_HEAP_BYTES);
    const [best] = work.candidates(decode, encode, HOST_WORK_BYTES);
    const denoise = best?.denoise ?? { together: 1, keepsText: true };
    const stages = planHost(work.phases(decode, encode, denoise), tables, ramBytes);
    return { decode, encode, denoise, plan: null, stages };
  }
  const neededBytes = work.neededBufferBytes();
  const fits: Fits = (smaller) => smaller.fits(gpuBytes, largestBytes);
  if (neededBytes > largestBytes) throw refusal('request/buffer', neededBytes, largestBytes, fits);
  const decode = work.decodeWithin(gpuBytes, largestBytes);
  const encode = work.encodeWithin(gpuBytes, largestBytes);
  const isEncoded = encode !== undefined || !request.initImage;
  const candidates = decode && isEncoded ? work.candidates(decode, encode, gpuBytes) : [];
  const best = candidates.toSorted((a, b) => a.plan.uploadedBytes.first - b.plan.uploadedBytes.first)[0];
  if (!decode || !best) throw refusal('request/budget', work.neededBytes(), gpuBytes, fits);
  const stages = planRam(best.plan.stages, work.phases(decode, encode, best.denoise), tables, ramBytes);
  return { decode, encode, denoise: best.denoise, plan: best.plan, stages };
}

/** The longest prompt that fits, and how long this one is, in tokens; `undefined` where its length is not what matters. */
function fittingPrompt(
  model: Model,
  request: GenerateRequest,
  settings: Settings,
  fits: Fits,
): { readonly tokens: number; readonly fits: number } | undefined {
  const { prompts } = settings;
  const { maxLength, capacity } = model.encoders[0].tokenizer;
  const fitsIn = (windows: number): boolean => {
    const shorter = {
      ...prompts,
      tokens: windows * maxLength,
      windows: prompts.windows.map((list) => list.slice(0, windows * prompts.texts.length)),
    };
    return fits(new Workload(model, request, { ...settings, prompts: shorter }));
  };
  const whole = prompts.tokens / maxLength;
  if (whole === 1 || !fitsIn(1)) return undefined;
  let [fitting, misfitting] = [1, whole];
  while (misfitting - fitting > 1) {
    const middle = Math.floor((fitting + misfitting) / 2);
    if (fitsIn(middle)) fitting = middle;
    else misfitting = middle;
  }
  return { tokens: whole * capacity, fits: fitting * capacity };
}

/** Sizes tried for a message, as shares of what was asked for. */
const SHARES = [0.875, 0.75, 0.625, 0.5, 0.375, 0.25, 0.125];

/** A size of about the same shape that fits, as `512×512`; empty where none of those tried does. */
function fittingSize(model: Model, request: GenerateRequest, settings: Settings, fits: Fits): string {
  const { factor } = model.vae;
  const sides = SHARES.map((share) =>
    [settings.latentWidth, settings.latentHeight].map((side) =>
      Math.max(1, Math.floor((side * share) / 8) * 8),
    ),
  ).find(([latentWidth = 1, latentHeight = 1]) => {
    const [width, height] = [latentWidth * factor, latentHeight * factor];
    return fits(new Workload(model, request, { ...settings, latentWidth, latentHeight, width, height }));
  });
  return sides ? sides.map((side) => side * factor).join('×') : '';
}
