/**
 * @file Plans what of the weights stays in the page's memory: what would be read from its source most often, as
 * far as the budget goes when what is on its way has had its part. The kept set is fixed, because in a cycle whatever
 * was used last is needed last.
 */
import type { PlannedPhase, PlannedStage, StagePlan } from './plan.ts';

/** A tensor read on the CPU, once for a picture. */
export interface PlannedTable {
  readonly key: string;
  readonly bytes: number;
}

type StagePlans = ReadonlyMap<string, StagePlan>;

/**
 * Adds to the plan for a GPU what stays in memory besides: nothing that stays on the GPU anyway.
 * @param budgetBytes for what stays and what is on its way to the GPU
 */
export function planRam(
  stages: StagePlans,
  phases: readonly PlannedPhase[],
  tables: readonly PlannedTable[],
  budgetBytes: number,
): StagePlans {
  const candidates = readers(phases, tables).map(({ key, bytes, reads }) => {
    const { residency = 'streamed', lasting = false } = stages.get(key) ?? {};
    return { key, bytes, reads: residency === 'streamed' ? reads : lasting ? 0 : 1 };
  });
  const { chosen } = choose(candidates, budgetBytes - arrivingBytes(phases, tables));
  const kept = new Set(chosen.map(({ key }) => key));
  const plans = new Map(stages);
  for (const { key } of tables) plans.set(key, STREAMED);
  for (const [key, plan] of plans) plans.set(key, { ...plan, kept: kept.has(key) });
  return plans;
}

/**
 * The plan where memory is all there is: weights stay as they were read and, as far as the budget goes after that,
 * already widened.
 * @param budgetBytes for what stays, what is on its way and what is widened for the stage in use
 */
export function planHost(
  phases: readonly PlannedPhase[],
  tables: readonly PlannedTable[],
  budgetBytes: number,
): StagePlans {
  const expandedBytes = new Map(stagesOf(phases).map((stage) => [stage.key, stage.expandedBytes]));
  const inUse = Math.max(0, ...expandedBytes.values());
  const candidates = readers(phases, tables);
  const { chosen, left } = choose(candidates, budgetBytes - inUse - arrivingBytes(phases, tables));
  const widened = choose(
    chosen
      .filter(({ key }) => expandedBytes.has(key))
      .map((reader) => ({ ...reader, bytes: (expandedBytes.get(reader.key) ?? 0) - reader.bytes })),
    left,
  ).chosen;
  const [kept, expanded] = [chosen, widened].map((list) => new Set(list.map(({ key }) => key)));
  return new Map(
    candidates.map(({ key }) => [
      key,
      {
        ...STREAMED,
        residency: expanded?.has(key) ? 'expanded' : kept?.has(key) ? 'packed' : 'streamed',
        lasting: true,
        ahead: true,
        kept: kept?.has(key) === true && !expandedBytes.has(key),
      },
    ]),
  );
}

const STREAMED: StagePlan = {
  residency: 'streamed',
  lasting: false,
  ahead: false,
  workBytes: 0,
  kept: false,
};

function stagesOf(phases: readonly PlannedPhase[]): PlannedStage[] {
  return phases.flat().flatMap(({ stages }) => stages);
}

/** The most that is on its way at one moment: one stage's weights, or a table, from their source to their use. */
function arrivingBytes(phases: readonly PlannedPhase[], tables: readonly PlannedTable[]): number {
  const stages = stagesOf(phases).map(({ uploadBytes }) => uploadBytes);
  return Math.max(0, ...stages, ...tables.map(({ bytes }) => bytes));
}

interface Reader {
  readonly key: string;
  readonly bytes: number;
  /** For one picture. */
  readonly reads: number;
}

function readers(phases: readonly PlannedPhase[], tables: readonly PlannedTable[]): Reader[] {
  const found = new Map<string, Reader>();
  for (const { runs, stages } of phases.flat()) {
    for (const { key, uploadBytes } of stages) {
      const reads = (found.get(key)?.reads ?? 0) + runs;
      found.set(key, { key, bytes: uploadBytes, reads });
    }
  }
  return [...found.values(), ...tables.map(({ key, bytes }) => ({ key, bytes, reads: 1 }))];
}

/** The most often read first, then the largest, as far as the bytes go. */
function choose(candidates: readonly Reader[], bytes: number): { chosen: Reader[]; left: number } {
  let left = bytes;
  const chosen = candidates
    .filter(({ reads }) => reads > 0)
    .toSorted((a, b) => b.reads - a.reads || b.bytes - a.bytes)
    .filter((candidate) => {
      if (candidate.bytes > left) return false;
      left -= candidate.bytes;
      return true;
    });
  return { chosen, left };
}
