/**
 * @file How a model would use the GPU's memory, for a list of budgets and sizes, worked out by the planner that the
 * page uses. Only configs, tokenizers and, where they are there, the headers of weight files are read.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { planPictures, type PictureMemory } from '../../src/engine/memory.ts';
import { openModel, type Model } from '../../src/engine/model.ts';
import type { GenerateRequest, VaeMode } from '../../src/engine/protocol/generate.ts';
import { resolveSettings } from '../../src/engine/settings.ts';
import { isAppError } from '../../src/error.ts';
import type { Checkpoint } from '../../src/weights/checkpoint.ts';
import type { WeightSet } from '../../src/weights/weight-set.ts';

const MIB = 1024 ** 2;

/** What the pictures are to be like. */
export interface PlanWish {
  readonly budgets: readonly number[];
  /** Sides of square pictures. */
  readonly sizes: readonly number[];
  readonly steps: number;
  readonly count: number;
  /** Absent: one of one chunk. */
  readonly prompt?: string | undefined;
  /** Absent: what the model says. */
  readonly guidance?: GenerateRequest['guidance'] | undefined;
  readonly vae: VaeMode | undefined;
  /** Side of a tile in latents; absent: chosen. */
  readonly tile?: number | undefined;
  /** The largest tensor the device takes. All memory in MiB. */
  readonly largest: number;
}

/** One budget and size; memory in bytes. */
export interface PlanRow {
  readonly size: number;
  readonly budgetBytes: number;
  /** Absent when it does not fit. */
  readonly plan?: {
    readonly peakBytes: number;
    /** For the first pictures, and for the next ones. */
    readonly uploadedBytes: { readonly first: number; readonly again: number };
    readonly residentBytes: number;
    readonly vae: VaeMode;
    readonly tile: number | null;
    /** Pictures that take their steps together. */
    readonly together: number;
  };
  /** The least budget that would do, where this one does not. */
  readonly neededBytes?: number;
  /** The largest buffer it takes, where the device takes none so large. */
  readonly neededBufferBytes?: number;
}

/** Opens the model of a folder, which need not have its weights. */
export function openOutline(folder: string): Promise<Model> {
  const checkpoint: Checkpoint = {
    id: path.basename(folder),
    label: folder,
    assumptions: [],
    async text(name) {
      try {
        return await readFile(path.join(folder, name), 'utf8');
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
        throw error;
      }
    },
    weights: (component) => Promise.resolve(absentWeights(component)),
  };
  return openModel(checkpoint);
}

/** Passes for the weights of a component as long as nobody reads them. */
function absentWeights(component: string): WeightSet {
  const unread = (): never => {
    throw new Error('a plan reads no weights');
  };
  return {
    component,
    byteLength: 0,
    names: () => [],
    has: () => false,
    place: unread,
    shape: unread,
    check: () => undefined,
    read: unread,
    hash: () => Promise.resolve(undefined),
    rounding: unread,
  };
}

/** Plans every size within every budget. */
export function planTable(model: Model, wish: PlanWish): PlanRow[] {
  return wish.sizes.flatMap((size) => wish.budgets.map((budget) => planRow(model, wish, size, budget * MIB)));
}

/**
 * How a model would paint pictures of a size within a budget. Throws `request/budget`, `request/buffer` and
 * `request/prompt-length`.
 */
export function planSize(model: Model, wish: PlanWish, size: number, budgetBytes: number): PictureMemory {
  const request: GenerateRequest = {
    model: { kind: 'files', files: [] },
    prompt: wish.prompt ?? '',
    seed: 0n,
    steps: wish.steps,
    width: size,
    height: size,
    count: wish.count,
    guidance: wish.guidance ?? 'auto',
    backend: 'webgpu',
    precision: 'f32',
    ...(wish.vae ? { vae: wish.vae } : {}),
    ...(wish.vae === 'tiled' && wish.tile !== undefined ? { vaeTile: wish.tile } : {}),
    dump: false,
    previews: false,
  };
  const budgets = { gpuBytes: budgetBytes, ramBytes: 0, largestBytes: wish.largest * MIB };
  return planPictures(model, request, resolveSettings(request, model), budgets);
}

function planRow(model: Model, wish: PlanWish, size: number, budgetBytes: number): PlanRow {
  try {
    const { plan, decode, denoise } = planSize(model, wish, size, budgetBytes);
    if (!plan) throw new Error('there is no plan for a GPU');
    const { peakBytes, uploadedBytes, residentBytes } = plan;
    const { vae, vaeTile } = decode;
    const { together } = denoise;
    return {
      size,
      budgetBytes,
      plan: { peakBytes, uploadedBytes, residentBytes, vae, tile: vaeTile ?? null, together },
    };
  } catch (error) {
    if (!isAppError(error) || !/^request\/(budget|buffer|prompt-length)$/.test(error.code)) throw error;
    const bytes = (error.detail as { neededMiB: number }).neededMiB * MIB;
    const needed = error.code === 'request/buffer' ? { neededBufferBytes: bytes } : { neededBytes: bytes };
    return { size, budgetBytes, ...needed };
  }
}
