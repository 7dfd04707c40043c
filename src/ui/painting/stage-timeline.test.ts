import { describe, expect, it } from 'vitest';
import type { StageTime } from '../../engine/protocol/generate.ts';
import { betweenMs, boxes, longestRun, runAt, slowestStages } from './stage-timeline.ts';

function run(stage: string, startMs: number, endMs: number, component = 'unet'): StageTime {
  return { phase: 'denoise', component, stage, startMs, endMs };
}

const TIMELINE = [
  run('conv_in', 10, 20),
  run('mid_block', 20, 50),
  run('conv_in', 60, 85),
  run('conv_in', 90, 99, 'vae'),
];

describe('where the time went', () => {
  it('finds the run of a moment, and the last one in a gap', () => {
    expect([0, 10, 19, 20, 55, 60, 1000].map((ms) => runAt(TIMELINE, ms))).toEqual([0, 0, 0, 1, 1, 2, 3]);
    expect(runAt([], 5)).toBe(0);
  });

  it('finds the longest run', () => {
    expect(longestRun(TIMELINE)).toBe(1);
    expect(longestRun([])).toBe(-1);
  });

  it('adds up the runs of a stage, of each network by itself', () => {
    expect(slowestStages(TIMELINE, 9)).toEqual([
      { name: 'unet conv_in', runs: 2, ms: 35 },
      { name: 'unet mid_block', runs: 1, ms: 30 },
      { name: 'vae conv_in', runs: 1, ms: 9 },
    ]);
    expect(slowestStages(TIMELINE, 1)).toHaveLength(1);
  });

  it('tells what was spent on neither the model nor a stage', () => {
    const ms = { load: 10, encode: 0, denoise: 80, steps: [], decode: 10, total: 100 };
    expect(betweenMs({ ms, timeline: TIMELINE })).toBe(16);
  });

  it('draws a box for each stretch', () => {
    expect(boxes(TIMELINE.slice(0, 2), 100)).toBe('M0.1 0H0.2V1H0.1ZM0.2 0H0.5V1H0.2Z');
    expect(boxes([], 100)).toBe('');
  });
});
