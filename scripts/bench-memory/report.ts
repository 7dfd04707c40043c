/** @file What a benchmark found, as data and as Markdown. */
import type { Mode } from './budgets.ts';
import type { MonolithRun, OwnRun } from './monolith.ts';
import type { Samples } from './rounds.ts';
import { ratioOf, spreadOf, type Spread } from '../statistics.ts';

const MIB = 1024 ** 2;

/** Two arms to compare, and what that shows. */
export interface Comparison {
  readonly what: string;
  readonly arm: string;
  readonly with: string;
}

export interface ArmReport {
  readonly name: string;
  readonly budgetBytes: number;
  readonly stages: Mode['stages'];
  /** Milliseconds. */
  readonly time: Spread;
  readonly uploadedBytes: number;
  readonly peakBytes: number;
}

export interface BenchReport {
  /** What was painted on what. */
  readonly setting: string;
  readonly arms: readonly ArmReport[];
  readonly ratios: readonly (Comparison & { readonly ratio: Spread })[];
  readonly whole: readonly (OwnRun | MonolithRun)[];
}

/** The figures of some arms painted in the same rounds. */
export function reportArms(measured: Samples, modes: ReadonlyMap<string, Mode>): ArmReport[] {
  return [...measured].flatMap(([name, samples]) => {
    const mode = modes.get(name);
    if (!mode) return [];
    return {
      name,
      ...mode,
      time: spreadOf(samples.map(({ ms }) => ms)),
      uploadedBytes: spreadOf(samples.map(({ uploadedBytes }) => uploadedBytes)).median,
      peakBytes: Math.max(...samples.map(({ peakBytes }) => peakBytes)),
    };
  });
}

export function reportRatios(measured: Samples, comparisons: readonly Comparison[]): BenchReport['ratios'] {
  const times = (name: string): number[] => (measured.get(name) ?? []).map(({ ms }) => ms);
  return comparisons.map((comparison) => ({
    ...comparison,
    ratio: ratioOf(times(comparison.arm), times(comparison.with)),
  }));
}

/** Tables for people. */
export function asMarkdown({ setting, arms, ratios, whole }: BenchReport): string {
  const armRows = arms.map(({ name, budgetBytes, stages, time, uploadedBytes, peakBytes }) => [
    name,
    ...[budgetBytes, peakBytes, uploadedBytes].map(mib),
    `${stages.ahead} / ${stages.packed} / ${stages.expanded} of ${stages.all}`,
    inSpread(time, (ms) => (ms / 1000).toFixed(2)),
  ]);
  const ratioRows = ratios.map(({ what, arm, with: other, ratio }) => [
    what,
    `${arm} : ${other}`,
    inSpread(ratio, (value) => value.toFixed(3)),
  ]);
  return [
    setting,
    table(
      ['weights', 'budget, MB', 'peak, MB', 'sent, MB', 'stages ahead / bf16 / f32', 'seconds (least–most)'],
      armRows,
    ),
    table(['question', 'times of', 'ratio by round (least–most)'], ratioRows),
    ...(whole.length === 0
      ? []
      : [
          table(
            ['in a fresh page', 'first picture, s', 'next, s', 'GPU peak, MB', 'WASM heap, MB'],
            whole.map((run) =>
              'failed' in run
                ? [run.name, run.failed, '', '', '']
                : [
                    run.name,
                    (run.firstMs / 1000).toFixed(2),
                    (run.nextMs / 1000).toFixed(2),
                    run.gpuPeakBytes === null ? '–' : mib(run.gpuPeakBytes),
                    mib(run.wasmHeapBytes),
                  ],
            ),
          ),
        ]),
  ].join('\n\n');
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [heads, heads.map(() => '---'), ...rows];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function inSpread({ median, least, most }: Spread, show: (value: number) => string): string {
  return `${show(median)} (${show(least)}–${show(most)})`;
}

function mib(bytes: number): string {
  return (bytes / MIB).toFixed(bytes < 100 * MIB ? 1 : 0);
}
