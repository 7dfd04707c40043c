/** @file The arithmetic of where the time of a picture went, stage by stage. */
import type { GenerateResult, StageTime } from '../../engine/protocol/generate.ts';

/** When the stages of a request ran, within the time that all of it took. */
export type StageTimes = Pick<GenerateResult, 'ms' | 'timeline'>;

/** A stage with all its runs, in every step and for every picture. */
export interface StageSum {
  /** Network and stage, `unet mid_block.attentions.0`. */
  readonly name: string;
  readonly runs: number;
  readonly ms: number;
}

/** Network and stage, as failures name them too. */
export function stageName({ component, stage }: Pick<StageTime, 'component' | 'stage'>): string {
  return `${component} ${stage}`;
}

export function runMs({ startMs, endMs }: StageTime): number {
  return endMs - startMs;
}

/** The place of the run that was under way at a moment, or was the last one before it; the first before all. */
export function runAt(timeline: readonly StageTime[], ms: number): number {
  return Math.max(
    0,
    timeline.findLastIndex(({ startMs }) => startMs <= ms),
  );
}

/** The place of the run that took longest; −1 where there is none. */
export function longestRun(timeline: readonly StageTime[]): number {
  const longest = Math.max(...timeline.map(runMs));
  return timeline.findIndex((run) => runMs(run) === longest);
}

/** The stages that took longest in all, the slowest first. */
export function slowestStages(timeline: readonly StageTime[], most: number): StageSum[] {
  const sums = new Map<string, StageSum>();
  for (const run of timeline) {
    const name = stageName(run);
    const { runs, ms } = sums.get(name) ?? { runs: 0, ms: 0 };
    sums.set(name, { name, runs: runs + 1, ms: ms + runMs(run) });
  }
  return [...sums.values()].sort((a, b) => b.ms - a.ms).slice(0, most);
}

/** What was spent neither on opening the model nor in a stage: on tokens, noise, the steps' arithmetic and the file. */
export function betweenMs({ ms, timeline }: StageTimes): number {
  return ms.total - ms.load - timeline.reduce((sum, run) => sum + runMs(run), 0);
}

/** Stretches of time as boxes over the height of an SVG, whose width is `totalMs`. */
export function boxes(stretches: readonly Pick<StageTime, 'startMs' | 'endMs'>[], totalMs: number): string {
  const at = (ms: number): number => Math.round((ms / totalMs) * 1e5) / 1e5;
  return stretches.map(({ startMs, endMs }) => `M${at(startMs)} 0H${at(endMs)}V1H${at(startMs)}Z`).join('');
}
