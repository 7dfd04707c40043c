/**
 * @file The course of memory over a picture, small enough to be drawn at any moment: the width of the picture's work
 * is cut into columns, and each column keeps the moment of it when most was in use.
 */
import type { MemorySample } from '../../engine/protocol/generate.ts';

const COLUMNS = 200;

export type MemoryKind = keyof MemorySample['byKind'];

export interface MemoryPoint {
  /** From 0, below `COLUMNS`. */
  readonly column: number;
  readonly sample: MemorySample;
}

export interface MemoryHistory {
  /** In the order of columns, of which some may be missing. */
  readonly points: readonly MemoryPoint[];
  /** The latest sample. */
  readonly latest: MemorySample;
}

/** The history with a further sample, taken when `fraction` (0…1) of the work was done. */
export function record(
  history: MemoryHistory | undefined,
  fraction: number,
  sample: MemorySample,
): MemoryHistory {
  const points = history?.points ?? [];
  const last = points.at(-1);
  // Work never shrinks, but its estimate may.
  const column = Math.max(last?.column ?? 0, Math.min(COLUMNS - 1, Math.floor(fraction * COLUMNS)));
  if (last?.column !== column) return { points: [...points, { column, sample }], latest: sample };
  if (last.sample.liveBytes > sample.liveBytes) return { points, latest: sample };
  return { points: [...points.slice(0, -1), { column, sample }], latest: sample };
}

/** The scale of the graph: what its top stands for, and whether the budget is within it. */
export function graphScale({ latest }: MemoryHistory): { topBytes: number; hasBudgetLine: boolean } {
  const { peakBytes, budgetBytes } = latest;
  // A budget far above the use would press the graph flat.
  const hasBudgetLine = budgetBytes < 4 * peakBytes;
  return { topBytes: 1.1 * Math.max(peakBytes, hasBudgetLine ? budgetBytes : 0, 1), hasBudgetLine };
}

/** A closed area between two rising curves over the columns, as an SVG path in a square of side 1. */
export function areaPath(
  points: readonly MemoryPoint[],
  low: (point: MemoryPoint) => number,
  high: (point: MemoryPoint) => number,
): string {
  const edge = (value: (point: MemoryPoint) => number): string[] =>
    points.flatMap((point, i) => {
      const left = (points[i - 1]?.column ?? -1) + 1;
      const y = round(1 - value(point));
      return [`${round(left / COLUMNS)} ${y}`, `${round((point.column + 1) / COLUMNS)} ${y}`];
    });
  return points.length === 0 ? '' : `M${[...edge(high), ...edge(low).reverse()].join('L')}Z`;
}

function round(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}
