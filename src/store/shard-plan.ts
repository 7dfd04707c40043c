/**
 * @file How the tensors of a component are laid out in records. A record is the unit that is fetched, hashed, stored
 * and repaired. The layout depends on the tensors' order and sizes alone, so that equal weights make equal records
 * whatever they came from, and two models with the same encoders store them once.
 */
import { elementCount } from '../weights/shape.ts';

export interface PlannedTensor {
  readonly name: string;
  readonly shape: readonly number[];
}

/** Tensors that are used together. */
export type PlannedStage = readonly PlannedTensor[];

/** Part of a tensor: bytes `begin` (inclusive) to `end` of its values as row-major bfloat16. */
interface Slice {
  readonly tensor: string;
  readonly begin: number;
  readonly end: number;
}

/** What one record holds, back to back and without padding. */
export interface RecordPlan {
  readonly component: string;
  readonly byteLength: number;
  readonly slices: readonly Slice[];
}

/** A record ends with the first stage that brings it to this size. */
const MIN_RECORD_BYTES = 16 * 1024 * 1024;
/** Larger values run browsers out of memory while they are copied. */
const MAX_RECORD_BYTES = 64 * 1024 * 1024;
const BYTES_PER_VALUE = 2;

/** Sizes to plan with; tests make them small. */
export interface RecordSizes {
  readonly min: number;
  readonly max: number;
}

/**
 * Lays the stages of one component out in records of 16 to 64 MiB made of whole stages. Stages that are larger are
 * cut into even parts, between tensors where that is possible. A record is smaller only at a component's end, where
 * what is left fits neither on its own nor into the record before it.
 * @param stages in the order of use
 */
export function planRecords(
  component: string,
  stages: readonly PlannedStage[],
  { min, max }: RecordSizes = { min: MIN_RECORD_BYTES, max: MAX_RECORD_BYTES },
): RecordPlan[] {
  const runs: Run[] = [];
  let open: Run | undefined;
  for (const stage of stages) {
    const bytes = sum(stage.map(tensorBytes));
    if (open && open.bytes < min) open.tensors.push(...stage);
    else runs.push((open = { tensors: [...stage], bytes: 0 }));
    open.bytes += bytes;
  }
  const [beforeLast, last] = runs.slice(-2);
  if (beforeLast && last && last.bytes < min && beforeLast.bytes + last.bytes <= max) {
    beforeLast.tensors.push(...last.tensors);
    beforeLast.bytes += last.bytes;
    runs.pop();
  }
  return runs.flatMap((run) => cutRun(component, run, min, max));
}

/**
 * Groups the numbers of records that have to be made together, because a tensor lies across their border and is
 * read once.
 */
export function connectedRecords(records: readonly RecordPlan[]): number[][] {
  const groups: number[][] = [];
  records.forEach((record, i) => {
    const before = records[i - 1];
    const isTorn =
      before?.component === record.component && before.slices.at(-1)?.tensor === record.slices[0]?.tensor;
    if (isTorn) groups.at(-1)?.push(i);
    else groups.push([i]);
  });
  return groups;
}

/** Size of a tensor as bfloat16. */
export function tensorBytes({ shape }: PlannedTensor): number {
  return BYTES_PER_VALUE * elementCount(shape);
}

interface Run {
  readonly tensors: PlannedTensor[];
  bytes: number;
}

/** Cuts a run into as few records as possible, of about the same size. */
function cutRun(component: string, { tensors, bytes }: Run, min: number, max: number): RecordPlan[] {
  const count = Math.max(1, Math.ceil(bytes / max));
  const borders = [0];
  for (const tensor of tensors) borders.push((borders.at(-1) ?? 0) + tensorBytes(tensor));
  const cuts = [0];
  for (let left = count; left > 1; left--) {
    const begin = cuts.at(-1) ?? 0;
    const ideal = begin + BYTES_PER_VALUE * Math.round((bytes - begin) / left / BYTES_PER_VALUE);
    const isGood = (cut: number) =>
      cut - begin >= min &&
      cut - begin <= max &&
      bytes - cut >= (left - 1) * min &&
      bytes - cut <= (left - 1) * max;
    const nearest = borders
      .filter(isGood)
      .reduce<number | undefined>(
        (best, cut) => (best === undefined || Math.abs(cut - ideal) < Math.abs(best - ideal) ? cut : best),
        undefined,
      );
    cuts.push(nearest ?? ideal);
  }
  return cuts.map((begin, i) => {
    const end = cuts[i + 1] ?? bytes;
    const slices = tensors.flatMap(({ name }, t): Slice[] => {
      const first = borders[t] ?? 0;
      const last = borders[t + 1] ?? first;
      // A tensor without values lies somewhere too, be it at the very end.
      const isLast = i === cuts.length - 1;
      const isInside =
        first === last ? begin <= first && (first < end || isLast) : first < end && last > begin;
      return isInside
        ? [{ tensor: name, begin: Math.max(begin, first) - first, end: Math.min(end, last) - first }]
        : [];
    });
    return { component, byteLength: end - begin, slices };
  });
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
