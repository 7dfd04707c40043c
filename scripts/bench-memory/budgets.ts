/**
 * @file The GPU budgets that bring about each way of keeping weights. The planner decides what stays by the budget
 * alone, so the least budget with some outcome is a clean measurement of it.
 */
import type { PictureMemory } from '../../src/engine/memory.ts';
import type { Model } from '../../src/engine/model.ts';
import { isAppError } from '../../src/error.ts';
import { planSize, type PlanWish } from '../plan/table.ts';

/**
 * `streamed`: weights are sent for every evaluation. `packed`: all stay as bfloat16 and are widened for every
 * evaluation. `expanded`: all stay as float32, so that nothing is sent and nothing widened.
 */
export type Residence = 'streamed' | 'packed' | 'expanded';

export interface Mode {
  readonly budgetBytes: number;
  /** Stages by what happens to their weights; `ahead` are those sent while the stage before them computes. */
  readonly stages: Readonly<Record<'ahead' | 'packed' | 'expanded' | 'all', number>>;
}

/** Square pictures painted together. */
export interface BenchSize {
  readonly model: Model;
  readonly side: number;
  readonly steps: number;
  readonly count: number;
}

type StagePlans = PictureMemory['stages'];
type StagePlan = StagePlans extends ReadonlyMap<string, infer S> ? S : never;

const MIB = 1024 ** 2;
/** Budgets are found to this many bytes. */
const GRAIN = MIB / 16;
const PLENTY = 2 ** 40;

/** The least budget at which the planner keeps weights so; all pictures in one lot. */
export function modeFor(residence: Residence, size: BenchSize): Mode {
  let [low, high] = [0, planWithin(size, PLENTY)?.plan?.peakBytes ?? PLENTY];
  while (high - low > GRAIN) {
    const middle = (low + high) / 2;
    if (isWanted(planWithin(size, middle), residence, size.count)) high = middle;
    else low = middle;
  }
  const stages = [...(planWithin(size, high)?.plan?.stages.values() ?? [])];
  return {
    budgetBytes: Math.ceil(high),
    stages: {
      ahead: stages.filter(({ ahead, residency }) => ahead && residency === 'streamed').length,
      packed: stages.filter(({ residency }) => residency === 'packed').length,
      expanded: stages.filter(({ residency }) => residency === 'expanded').length,
      all: stages.length,
    },
  };
}

function planWithin(
  { model, side, steps, count }: BenchSize,
  budgetBytes: number,
): PictureMemory | undefined {
  const wish: PlanWish = { budgets: [], sizes: [], steps, count, vae: 'full', largest: PLENTY / MIB };
  try {
    return planSize(model, wish, side, budgetBytes);
  } catch (error) {
    if (isAppError(error) && error.code === 'request/budget') return undefined;
    throw error;
  }
}

function isWanted(memory: PictureMemory | undefined, residence: Residence, count: number): boolean {
  if (!memory?.plan || memory.denoise.together < count || !memory.denoise.keepsText) return false;
  const stays = ({ residency, lasting }: StagePlan): boolean => {
    if (residence === 'expanded') return residency === 'expanded' && lasting;
    return residence === 'streamed' || (residency !== 'streamed' && lasting);
  };
  return [...memory.plan.stages.values()].every(stays);
}
