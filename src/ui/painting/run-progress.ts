/** @file How far a picture is: the parts of the work in their order, and how much of each is done. */
import type { Phase, Progress } from '../../engine/protocol/generate.ts';

/** A part of the work; `weight` is its length, about in proportion to the time it takes. */
export interface Segment {
  readonly phase: Phase;
  readonly weight: number;
  /** While denoising: the step, from 1. */
  readonly step?: number;
}

/** The parts of a request's work. */
export function segmentsOf(steps: number): Segment[] {
  return [
    { phase: 'load', weight: 0.5 },
    { phase: 'encode', weight: 0.5 },
    ...Array.from({ length: steps }, (_, i): Segment => ({ phase: 'denoise', weight: 1, step: i + 1 })),
    { phase: 'decode', weight: 1 },
  ];
}

/** How full each segment is, 0…1. */
export function fillSegments(segments: readonly Segment[], progress: Progress | undefined): number[] {
  if (!progress) return segments.map(() => 0);
  const { phase, done, total, steps = 1 } = progress;
  const first = segments.findIndex((segment) => segment.phase === phase);
  const fraction = total === 0 ? 1 : done / total;
  return segments.map((segment, i) => {
    if (segment.phase !== phase) return i < first ? 1 : 0;
    // While denoising `done` counts the stages of all steps of all pictures.
    const inSegment = segment.step === undefined ? fraction : fraction * steps - (segment.step - 1);
    return Math.min(1, Math.max(0, inSegment));
  });
}

/** How much of the whole work is done, 0…1. */
export function fractionDone(segments: readonly Segment[], progress: Progress | undefined): number {
  const fills = fillSegments(segments, progress);
  const total = segments.reduce((sum, { weight }) => sum + weight, 0);
  return segments.reduce((sum, { weight }, i) => sum + weight * (fills[i] ?? 0), 0) / total;
}
